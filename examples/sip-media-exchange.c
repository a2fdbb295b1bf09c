/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What follows from a description that has come: whether it can be used, whether it asks
 * for a new association (RFC 8842), who is the client (RFC 5763), and what to answer.
 */
#include "sip-media-call-private.h"

#include <string.h>

/* Who means to call has, by then, also where the first ClientHello was lost. */
#define DOUBT_MS 2000

/*
 * Both sides' descriptions, before they take effect.
 *
 * @path: (nullable): the new one, where there is one
 * @is_new: a new association; without a new @path, on the ports that there are
 * @role: ours, if it is new
 */
typedef struct
{
  SipDescription *local;
  SipDescription *remote;
  SipPath *path;
  gboolean is_new;
  TegataRole role;
} Exchange;

static void
exchange_clear (Exchange *self)
{
  sip_description_free (self->local);
  sip_description_free (self->remote);
  sip_path_free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

/* ---- what came ---- */

static TegataAssociationParams
params_of (const SipDescription *description, const char *transport)
{
  return (TegataAssociationParams){
    .fingerprints = (TegataFingerprint *const *) description->fingerprints->pdata,
    .n_fingerprints = description->fingerprints->len,
    .setup = description->setup,
    .tls_id = description->tls_id,
    .transport = transport,
  };
}

static char *
transport_of (const SipDescription *description)
{
  return g_strdup_printf ("%s %u", description->host, description->port);
}

static gboolean
is_changed (const SipDescription *before, const SipDescription *after, TegataRole role)
{
  g_autofree char *transport_before = transport_of (before);
  g_autofree char *transport_after = transport_of (after);
  TegataAssociationParams params_before = params_of (before, transport_before);
  TegataAssociationParams params_after = params_of (after, transport_after);

  return tegata_sdp_is_new_association (&params_before, &params_after, role, FALSE);
}

/* RFC 8842 section 3.1; and where there is no association that could be kept. */
static gboolean
needs_association (const SipCall *self,
                   const SipDescription *local,
                   const SipDescription *remote)
{
  TegataRole remote_role
      = self->role == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;

  return self->path == NULL || sip_path_get_state (self->path) > TEGATA_STATE_CONNECTED
         || is_changed (self->remote, remote, remote_role)
         || (local != NULL && is_changed (self->local, local, self->role));
}

static gboolean
is_same_family (const char *a, const char *b)
{
  return (strchr (a, ':') == NULL) == (strchr (b, ':') == NULL);
}

/* A hold of the old style has no address: the one of before is still the peer's. */
static gboolean
complete_address (const SipCall *self, SipDescription *remote, GError **error)
{
  if (remote->is_unreachable && self->remote == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the address 0.0.0.0 holds a call, and cannot begin one: expected one "
                 "where audio can be sent to");
    return FALSE;
  }
  if (remote->is_unreachable)
  {
    remote->host = g_strdup (self->remote->host);
    remote->port = self->remote->port;
    g_free (remote->rtcp_host);
    remote->rtcp_host = g_strdup (self->remote->rtcp_host);
    remote->rtcp_port = self->remote->rtcp_port;
  }
  if (!is_same_family (remote->host, self->options->place.host)
      || !is_same_family (remote->rtcp_host, self->options->place.host))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "found %s as where the audio goes: expected an address of the family "
                 "of ours, %s (--host)",
                 remote->host, self->options->place.host);
    return FALSE;
  }
  return TRUE;
}

static SipDescription *
read_description (const SipCall *self, const char *text, gsize len, GError **error)
{
  g_autoptr (SipDescription) remote = sip_description_new_from_text (text, len, error);
  g_autoptr (GArray) formats = NULL;

  if (remote == NULL || !complete_address (self, remote, error))
  {
    return NULL;
  }
  formats = sip_formats_in_common (remote->formats, self->options->formats);
  if (formats->len == 0)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the description has no codec that we have, too. What we have is named "
                 "by --codec");
    return NULL;
  }
  g_array_unref (remote->formats);
  remote->formats = g_steal_pointer (&formats);
  return g_steal_pointer (&remote);
}

/* ---- what it does ---- */

static void
tell_exchange (SipCall *self, gboolean is_new)
{
  const SipFormat *format = &g_array_index (self->remote->formats, SipFormat, 0);
  gboolean multiplexes = sip_path_get_port (self->path, TRUE) == NULL;

  sip_call_tell (self, "association", "%s", is_new ? "new" : "kept");
  sip_call_tell (self, "role", "%s",
                 self->role == TEGATA_ROLE_CLIENT ? "client" : "server");
  sip_call_tell (self, "media", "%s",
                 sip_direction_to_string (self->local->direction
                                          & sip_description_mirror (self->remote)));
  sip_call_tell (self, "codec", "%s, payload type %u", format->rtpmap,
                 format->payload_type);
  for (guint i = 0; i < self->remote->formats->len; i++)
  {
    format = &g_array_index (self->remote->formats, SipFormat, i);
    if (sip_format_is_events (format))
    {
      sip_call_tell (self, "digits", "%s, payload type %u", format->rtpmap,
                     format->payload_type);
    }
  }
  sip_call_tell (self, "rtcp", "%s", multiplexes ? "multiplexed" : "a port of its own");
}

/* The peer has another address, and says by its a=tls-id that it keeps the association.
 */
static void
follow (SipCall *self, const SipDescription *remote)
{
  g_autofree char *before = transport_of (self->remote);
  g_autofree char *after = transport_of (remote);

  if (!g_str_equal (before, after) && !sip_path_move (self->path, remote))
  {
    sip_call_tell (self, "notice",
                   "the peer is at %s port %u now, and its association is not: it called "
                   "from elsewhere. Have it ask for a new one if it is not heard",
                   remote->host, remote->port);
  }
}

static void
prepare_path (SipCall *self, Exchange *exchange)
{
  if (exchange->path != NULL)
  {
    g_clear_pointer (&self->path, sip_path_free);
    self->path = g_steal_pointer (&exchange->path);
  }
  else if (exchange->is_new)
  {
    sip_path_hang_up (self->path);
  }
  else
  {
    follow (self, exchange->remote);
  }
  if (exchange->local->rtcp_mux && exchange->remote->rtcp_mux)
  {
    sip_path_multiplex (self->path);
  }
}

/* Whoever is half way through a handshake may be a stranger: so it is looked at again. */
static gboolean
on_nobody_called (gpointer user_data)
{
  SipCall *self = user_data;
  TegataState state = sip_path_get_state (self->path);

  if (state < TEGATA_STATE_CONNECTED && sip_path_was_called (self->path))
  {
    return G_SOURCE_CONTINUE;
  }
  self->doubt_source = 0;
  if (state < TEGATA_STATE_CONNECTED)
  {
    sip_call_tell (
        self, "notice",
        "both sides said a=setup:active, and the peer does not call: so we do");
    self->role = TEGATA_ROLE_CLIENT;
    sip_call_tell (self, "role", "client");
    sip_path_begin (self->path, self->role, self->remote);
    sip_call_tell_state (self);
  }
  return G_SOURCE_REMOVE;
}

/* An answer of active to an offer of active may be meant: its author calls at once. Or it
 * is but a fixed text, and its author took the offer at its word and waits: baresip 1.0.
 */
static void
doubt_role (SipCall *self)
{
  if (sip_path_get_state (self->path) <= TEGATA_STATE_CONNECTED
      && self->local->setup == TEGATA_SETUP_ACTIVE
      && self->remote->setup == TEGATA_SETUP_ACTIVE && self->role == TEGATA_ROLE_SERVER)
  {
    self->doubt_source = g_timeout_add (DOUBT_MS, on_nobody_called, self);
  }
}

static gboolean
on_deadline (gpointer user_data)
{
  SipCall *self = user_data;

  self->deadline_source = 0;
  sip_path_give_up (self->path, self->options->timeout_s);
  sip_call_tell_state (self);
  return G_SOURCE_REMOVE;
}

/* It takes effect. Held media may come from within: by then, all is in its place. */
static void
settle (SipCall *self, Exchange *exchange)
{
  gboolean is_new = exchange->is_new;

  plain_side_set_transports (self->plain, NULL, NULL);
  if (exchange->remote->has_ice && (self->remote == NULL || !self->remote->has_ice))
  {
    sip_call_tell (self, "notice",
                   "the peer has ICE, which is not used here: media goes straight to %s "
                   "port %u, as its c= and m= lines have it",
                   exchange->remote->host, exchange->remote->port);
  }
  prepare_path (self, exchange);
  g_clear_pointer (&self->local, sip_description_free);
  g_clear_pointer (&self->remote, sip_description_free);
  self->local = g_steal_pointer (&exchange->local);
  self->remote = g_steal_pointer (&exchange->remote);
  if (is_new)
  {
    g_clear_handle_id (&self->doubt_source, g_source_remove);
    g_clear_handle_id (&self->deadline_source, g_source_remove);
    /* A client's transport has the same deadline of its own. */
    self->deadline_source
        = g_timeout_add_seconds (self->options->timeout_s, on_deadline, self);
    self->role = exchange->role;
    self->told_state = TEGATA_STATE_NEW;
  }
  tell_exchange (self, is_new);
  if (is_new)
  {
    sip_call_tell_state (self);
    sip_path_begin (self->path, self->role, self->remote);
    doubt_role (self);
  }
  else
  {
    sip_path_expect (self->path, self->remote);
  }
  sip_call_tell_state (self);
  sip_call_route_media (self);
}

static gboolean
take_answer (SipCall *self, Exchange *exchange, GError **error)
{
  SipPath *path = self->offer_path != NULL ? self->offer_path : self->path;
  gboolean multiplexes = exchange->remote->rtcp_mux && self->offer->rtcp_mux;

  if (exchange->remote->setup == TEGATA_SETUP_ACTPASS)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                 "both sides offered: a=setup:actpass is no answer. Answer the peer by "
                 "491, or \"cancel\" our offer and give the peer's once more");
    return FALSE;
  }
  exchange->is_new = self->offer_path != NULL
                     || needs_association (self, self->offer, exchange->remote);
  if (exchange->is_new
      && !tegata_sdp_negotiate_role (self->offer->setup, exchange->remote->setup, TRUE,
                                     &exchange->role, error))
  {
    return FALSE;
  }
  if (!multiplexes && sip_path_get_port (path, TRUE) == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
                 "the answer takes a=rtcp-mux back, and RTCP has no port by now: "
                 "expected it to be repeated, or \"transfer\" to begin anew");
    return FALSE;
  }
  self->wish = self->offer->direction;
  exchange->local = g_steal_pointer (&self->offer);
  exchange->path = g_steal_pointer (&self->offer_path);
  settle (self, exchange);
  return TRUE;
}

static SipDescription *
make_answer (SipCall *self, const Exchange *exchange, gboolean multiplexes)
{
  const SipDescription *offer = exchange->remote;
  SipDescription *answer
      = sip_call_describe (self, exchange->path != NULL ? exchange->path : self->path);
  TegataSetup preferred = self->options->setup == TEGATA_SETUP_PASSIVE
                              ? TEGATA_SETUP_PASSIVE
                              : TEGATA_SETUP_ACTIVE;

  if (!exchange->is_new)
  {
    preferred
        = self->role == TEGATA_ROLE_CLIENT ? TEGATA_SETUP_ACTIVE : TEGATA_SETUP_PASSIVE;
  }
  answer->setup = tegata_sdp_answer_setup (offer->setup, preferred);
  answer->direction = sip_description_mirror (offer) & self->wish;
  answer->rtcp_mux = multiplexes;
  answer->has_feedback = offer->has_feedback;
  g_array_append_vals (answer->formats, offer->formats->data, offer->formats->len);
  sip_description_copy_refused (answer, offer);
  if (multiplexes)
  {
    answer->rtcp_port = 0;
  }
  if (offer->tls_id == NULL)
  {
    /* RFC 8842 section 5.3: only who offers it is answered by it. */
    g_clear_pointer (&answer->tls_id, g_free);
  }
  return answer;
}

static gboolean
take_offer (SipCall *self, Exchange *exchange, GError **error)
{
  gboolean multiplexes = self->options->multiplexes && exchange->remote->rtcp_mux;

  exchange->is_new = needs_association (self, NULL, exchange->remote)
                     || multiplexes != (sip_path_get_port (self->path, TRUE) == NULL);
  if (exchange->is_new)
  {
    exchange->path = sip_path_new (&self->shared, &self->options->place, error);
    if (exchange->path == NULL)
    {
      return FALSE;
    }
  }
  exchange->local = make_answer (self, exchange, multiplexes);
  if (exchange->is_new
      && !tegata_sdp_negotiate_role (exchange->local->setup, exchange->remote->setup,
                                     FALSE, &exchange->role, error))
  {
    return FALSE;
  }
  /* Here it can still be refused. */
  if (exchange->is_new && exchange->role == TEGATA_ROLE_SERVER
      && !sip_path_listen (exchange->path, error))
  {
    return FALSE;
  }
  sip_call_send (self, "answer", exchange->local);
  settle (self, exchange);
  return TRUE;
}

/* A 200 that is sent again, a file that is copied again: an answer has no answer. */
static gboolean
is_old_answer (const SipCall *self, GBytes *text)
{
  return self->offer == NULL && self->answer != NULL
         && g_bytes_equal (self->answer, text);
}

gboolean
sip_call_take (SipCall *self, const char *text, gsize len, GError **error)
{
  g_auto (Exchange) exchange = { .is_new = FALSE };
  g_autoptr (GBytes) bytes = g_bytes_new (text, len);

  if (is_old_answer (self, bytes))
  {
    return TRUE;
  }
  exchange.remote = read_description (self, text, len, error);
  if (exchange.remote == NULL)
  {
    return FALSE;
  }
  if (self->offer == NULL)
  {
    return take_offer (self, &exchange, error);
  }
  if (!take_answer (self, &exchange, error))
  {
    return FALSE;
  }
  g_clear_pointer (&self->answer, g_bytes_unref);
  self->answer = g_steal_pointer (&bytes);
  return TRUE;
}
