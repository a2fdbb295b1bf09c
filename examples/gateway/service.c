/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service.h"

#include "door.h"
#include "problem.h"
#include "reply.h"

static gboolean
has_content_type (SoupServerMessage *message, const char *wanted, const char *header)
{
  const char *type = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);
  g_autofree char *text = NULL;

  if (type != NULL && g_ascii_strcasecmp (type, wanted) == 0)
  {
    return TRUE;
  }
  text = g_strdup_printf ("found Content-Type: %s: expected %s",
                          type != NULL ? type : "nothing", wanted);
  gateway_reply_add_header (message, header, wanted);
  gateway_reply_text (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, text);
  return FALSE;
}

static GBytes *
dup_body (SoupServerMessage *message)
{
  return soup_message_body_flatten (soup_server_message_get_request_body (message));
}

/* ---- endpoints ---- */

void
gateway_service_get (SoupServerMessage *message)
{
  gateway_reply (message, SOUP_STATUS_OK, GATEWAY_SDP, "");
}

typedef struct
{
  SoupServerMessage *message;
  GatewayService service;
  char *stun;
  gboolean is_alone; /* there is no connection any more */
} Waiter;

static void
on_alone (SoupServerMessage *message G_GNUC_UNUSED, gpointer waiter)
{
  ((Waiter *) waiter)->is_alone = TRUE;
}

static void
write_created (const Waiter *waiter, const GatewaySession *session)
{
  SoupServerMessage *message = waiter->message;
  g_autofree char *location = g_strdup_printf (
      "/%s/%s", waiter->service == GATEWAY_WATCH ? "whep" : "whip", session->id);

  gateway_reply_add_header (message, "Location", location);
  gateway_reply_add_header (message, "ETag", gateway_peer_get_etag (session->peer));
  gateway_reply_add_header (message, "Accept-Patch", GATEWAY_FRAGMENT);
  if (waiter->stun != NULL)
  {
    g_autofree char *link
        = g_strdup_printf ("<stun:%s>; rel=\"ice-server\"", waiter->stun);

    gateway_reply_add_header (message, "Link", link);
  }
  gateway_reply (message, SOUP_STATUS_CREATED, GATEWAY_SDP,
                 gateway_peer_get_answer (session->peer));
}

static Waiter *
new_waiter (SoupServerMessage *message, GatewayService service, const char *stun)
{
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->message = g_object_ref (message);
  waiter->service = service;
  waiter->stun = g_strdup (stun);
  g_signal_connect (message, "disconnected", G_CALLBACK (on_alone), waiter);
  g_signal_connect (message, "finished", G_CALLBACK (on_alone), waiter);
  return waiter;
}

static void
free_waiter (Waiter *waiter)
{
  g_signal_handlers_disconnect_by_data (waiter->message, waiter);
  g_object_unref (waiter->message);
  g_free (waiter->stun);
  g_free (waiter);
}

static void
on_answered (GatewaySession *session, gpointer user_data)
{
  Waiter *waiter = user_data;
  gboolean has_left = waiter->is_alone || gateway_door_has_left (waiter->message);

  if (session != NULL && !has_left)
  {
    write_created (waiter, session);
  }
  else
  {
    gateway_reply_text (waiter->message, SOUP_STATUS_SERVICE_UNAVAILABLE,
                        "the session ended before it began");
  }
  if (!waiter->is_alone)
  {
    soup_server_message_unpause (waiter->message);
  }
  free_waiter (waiter);
  /* The last thing: its name is known to nobody. */
  if (session != NULL && has_left)
  {
    gateway_peer_end (session->peer, "it did not wait for the answer");
  }
}

/* Returns: (transfer full): what is taken of it chosen; or NULL */
static GatewayOffer *
read_offer (GatewaySessions *sessions,
            GatewayService service,
            GBytes *body,
            GError **error)
{
  GatewayFeed *feed = gateway_sessions_get_feed (sessions);
  GatewayFormat formats[GATEWAY_N_KINDS];
  g_autoptr (GatewayOffer) offer = gateway_offer_new_from_text (
      g_bytes_get_data (body, NULL), g_bytes_get_size (body), error);

  for (guint kind = 0; kind < GATEWAY_N_KINDS; kind++)
  {
    formats[kind] = gateway_feed_get_format (feed, (GatewayKind) kind);
  }
  if (offer == NULL || !gateway_offer_choose (offer, service, formats, error))
  {
    return NULL;
  }
  return g_steal_pointer (&offer);
}

void
gateway_service_post (GatewaySessions *sessions,
                      GatewayService service,
                      const char *stun,
                      SoupServerMessage *message)
{
  g_autoptr (GBytes) body = dup_body (message);
  g_autoptr (GError) problem = NULL;
  GatewayOffer *offer;
  Waiter *waiter;

  if (!has_content_type (message, GATEWAY_SDP, "Accept-Post"))
  {
    return;
  }
  offer = gateway_sessions_may_add (sessions, service, &problem)
              ? read_offer (sessions, service, body, &problem)
              : NULL;
  if (offer == NULL)
  {
    gateway_reply_problem (message, problem);
    return;
  }
  waiter = new_waiter (message, service, stun);
  if (!gateway_sessions_add (sessions, service, offer, on_answered, waiter, &problem))
  {
    gateway_reply_problem (message, problem);
    free_waiter (waiter);
    return;
  }
  soup_server_message_pause (message);
}

/* ---- sessions ---- */

void
gateway_session_get (GatewaySession *session G_GNUC_UNUSED, SoupServerMessage *message)
{
  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
}

void
gateway_session_delete (GatewaySession *session, SoupServerMessage *message)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  gateway_peer_end (session->peer, "it ended its session (DELETE)");
}

/* RFC 9110 section 13.1.1; the example of RFC 9725 has quotes around the asterisk. */
static gboolean
etag_matches (const char *if_match, const char *etag)
{
  GSList *tags = soup_header_parse_list (if_match);
  gboolean matches = FALSE;

  for (GSList *tag = tags; tag != NULL; tag = tag->next)
  {
    matches = matches || g_str_equal (tag->data, etag) || g_str_equal (tag->data, "*")
              || g_str_equal (tag->data, "\"*\"");
  }
  soup_header_free_list (tags);
  return matches;
}

static gboolean
check_precondition (GatewaySession *session, SoupServerMessage *message)
{
  const char *etag = gateway_peer_get_etag (session->peer);
  const char *if_match = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "If-Match");

  if (if_match == NULL)
  {
    gateway_reply_text (message, 428,
                        "found no If-Match: expected the ETag of the ICE session or, to "
                        "restart ICE, * (RFC 9725 section 4.3.1)");
    return FALSE;
  }
  if (!etag_matches (if_match, etag))
  {
    gateway_reply_text (message, SOUP_STATUS_PRECONDITION_FAILED,
                        "If-Match has the ETag of another ICE session than this one");
    return FALSE;
  }
  return TRUE;
}

void
gateway_session_patch (GatewaySession *session, SoupServerMessage *message)
{
  g_autoptr (GBytes) body = dup_body (message);
  g_autoptr (GError) problem = NULL;
  g_auto (GatewayIceText) remote;
  g_autofree char *fragment = NULL;

  gateway_ice_text_init (&remote);
  if (!has_content_type (message, GATEWAY_FRAGMENT, "Accept-Patch")
      || !check_precondition (session, message))
  {
    return;
  }
  if (!gateway_ice_text_read_fragment (&remote, g_bytes_get_data (body, NULL),
                                       g_bytes_get_size (body), &problem)
      || !gateway_peer_patch (session->peer, &remote, &fragment, &problem))
  {
    gateway_reply_problem (message, problem);
  }
  else if (fragment == NULL)
  {
    soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
  }
  else
  {
    gateway_reply_add_header (message, "ETag", gateway_peer_get_etag (session->peer));
    gateway_reply (message, SOUP_STATUS_OK, GATEWAY_FRAGMENT, fragment);
  }
}
