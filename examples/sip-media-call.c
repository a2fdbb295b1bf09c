/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-call-private.h"

#include "addresses.h"

void
sip_call_tell (SipCall *self, const char *key, const char *format, ...)
{
  g_autofree char *value = NULL;
  va_list arguments;

  va_start (arguments, format);
  value = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->callbacks.event (key, value, self->user_data);
}

/* ---- media ---- */

void
sip_call_route_media (SipCall *self)
{
  TegataTransport *rtp = NULL;
  TegataTransport *rtcp = NULL;

  if (self->path != NULL && !self->remote->is_unreachable)
  {
    SipPort *port = sip_path_get_port (self->path, TRUE);

    rtp = sip_port_get_transport (sip_path_get_port (self->path, FALSE));
    rtcp = port != NULL ? sip_port_get_transport (port) : rtp;
    /* Who holds a call still reports: RFC 3264 section 5.1. */
    if ((self->local->direction & sip_description_mirror (self->remote) & SIP_SENDS) == 0)
    {
      rtp = NULL;
    }
  }
  plain_side_set_transports (self->plain, rtp, rtcp);
}

/* Offered is received at once (RFC 3264 section 5.1); what is no longer offered still is,
 * until the answer is there. */
static gboolean
receives_media (SipCall *self)
{
  return (self->local->direction & SIP_RECEIVES) != 0
         || (self->offer != NULL && (self->offer->direction & SIP_RECEIVES) != 0);
}

static void
on_media (TegataPacket *packets, guint n_packets, gpointer user_data)
{
  SipCall *self = user_data;
  gboolean receives = receives_media (self);

  for (guint i = 0; i < n_packets; i++)
  {
    if (receives || packets[i].is_rtcp)
    {
      plain_side_deliver (self->plain, &packets[i], 1);
    }
  }
}

/* ---- state ---- */

static const char *
state_name (TegataState state)
{
  switch (state)
  {
  case TEGATA_STATE_CONNECTED:
    return "connected";
  case TEGATA_STATE_CLOSED:
    return "closed";
  case TEGATA_STATE_FAILED:
    return "failed";
  default:
    return "connecting";
  }
}

static void
tell_secured (SipCall *self, const char *what, SipPort *port)
{
  TegataTransport *transport = port != NULL ? sip_port_get_transport (port) : NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *version = NULL, *cipher = NULL, *profile = NULL, *peer = NULL;
  g_autofree char *where = NULL;

  if (transport == NULL)
  {
    return;
  }
  g_object_get (transport, "dtls-version", &version, "dtls-cipher", &cipher,
                "srtp-profile", &profile, "peer-fingerprint", &peer, NULL);
  address = tegata_transport_dup_peer_address (transport);
  where = address != NULL ? address_to_string (address) : g_strdup ("somewhere");
  sip_call_tell (self, "secured", "%s with %s, %s, %s, %s", what, where, version, cipher,
                 profile != NULL ? profile : "no SRTP profile, so no media");
  sip_call_tell (self, "peer", "%s", peer);
}

static void
tell_error (SipCall *self, SipPort *port)
{
  const GError *error = port != NULL ? sip_port_get_error (port) : NULL;

  if (error != NULL)
  {
    sip_call_tell (self, "error", "%s", error->message);
  }
}

void
sip_call_tell_state (SipCall *self)
{
  TegataState state = sip_path_get_state (self->path);
  SipPort *rtp = sip_path_get_port (self->path, FALSE);
  SipPort *rtcp = sip_path_get_port (self->path, TRUE);

  if (g_str_equal (state_name (state), state_name (self->told_state))
      && self->told_state != TEGATA_STATE_NEW)
  {
    return;
  }
  if (state == TEGATA_STATE_CLOSED && self->offer != NULL)
  {
    /* Who answers by a new association closes the old one before the answer is here. */
    return;
  }
  self->told_state = state;
  if (state == TEGATA_STATE_CONNECTED)
  {
    tell_secured (self, rtcp != NULL ? "RTP" : "RTP and RTCP", rtp);
    tell_secured (self, "RTCP", rtcp);
  }
  tell_error (self, rtp);
  tell_error (self, rtcp);
  sip_call_tell (self, "state", "%s", state_name (state));
}

static void
on_changed (SipPort *port, gpointer user_data)
{
  SipCall *self = user_data;

  if (self->path != NULL
      && (port == sip_path_get_port (self->path, FALSE)
          || port == sip_path_get_port (self->path, TRUE)))
  {
    sip_call_route_media (self);
    sip_call_tell_state (self);
  }
}

static void
on_notice (const char *sentence, gpointer user_data)
{
  sip_call_tell (user_data, "notice", "%s", sentence);
}

static const SipPortCallbacks port_callbacks = {
  .changed = on_changed,
  .media = on_media,
  .notice = on_notice,
};

TegataState
sip_call_get_state (SipCall *self)
{
  return self->path != NULL ? sip_path_get_state (self->path) : TEGATA_STATE_NEW;
}

/* ---- offers ---- */

gboolean
sip_call_is_offering (SipCall *self)
{
  return self->offer != NULL;
}

SipDescription *
sip_call_describe (SipCall *self, SipPath *path)
{
  SipPort *rtcp = sip_path_get_port (path, TRUE);
  SipDescription *local = sip_description_new ();

  local->session_id = self->session_id;
  local->host = g_strdup (self->options->place.host);
  local->port = sip_port_get_number (sip_path_get_port (path, FALSE));
  local->rtcp_host = g_strdup (local->host);
  local->rtcp_port = rtcp != NULL ? sip_port_get_number (rtcp) : 0;
  local->tls_id = g_strdup (sip_path_get_tls_id (path));
  g_ptr_array_add (
      local->fingerprints,
      tegata_fingerprint_new_for_certificate (
          tegata_context_get_certificate (self->shared.context), TEGATA_HASH_SHA256));
  return local;
}

void
sip_call_send (SipCall *self, const char *kind, SipDescription *local)
{
  g_autofree char *text = NULL;

  local->version = self->version;
  text = sip_description_to_text (local);
  if (g_strcmp0 (text, self->told_text) != 0)
  {
    /* RFC 3264 section 8: what is the same has the same version. */
    local->version = ++self->version;
    g_free (self->told_text);
    self->told_text = sip_description_to_text (local);
  }
  self->callbacks.description (kind, self->told_text, self->user_data);
}

static SipDirection
offered_direction (SipCall *self, SipOfferKind kind)
{
  switch (kind)
  {
  case SIP_OFFER_HOLD:
    return SIP_SENDS; /* RFC 3264 section 8.4 */
  case SIP_OFFER_RESUME:
  case SIP_OFFER_TRANSFER:
    return SIP_SENDRECV;
  default:
    return self->wish;
  }
}

/* Who keeps an association leaves the role open, so that the answer can keep it too (RFC
 * 8842 section 5.5). */
static SipDescription *
make_offer (SipCall *self, SipOfferKind kind, SipPath *fresh)
{
  SipDescription *offer = sip_call_describe (self, fresh != NULL ? fresh : self->path);

  offer->direction = offered_direction (self, kind);
  offer->setup = fresh != NULL ? self->options->setup : TEGATA_SETUP_ACTPASS;
  offer->has_feedback
      = self->local != NULL ? self->local->has_feedback : self->options->has_feedback;
  offer->rtcp_mux = self->options->multiplexes
                    && (fresh != NULL || sip_path_get_port (self->path, TRUE) == NULL);
  g_array_append_vals (offer->formats, self->options->formats->data,
                       self->options->formats->len);
  if (self->remote != NULL)
  {
    sip_description_copy_refused (offer, self->remote);
  }
  return offer;
}

static gboolean
may_offer (SipCall *self, SipOfferKind kind, GError **error)
{
  if (self->offer != NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "there is an offer without an answer: give the answer, or \"cancel\"");
    return FALSE;
  }
  if (self->path == NULL && kind != SIP_OFFER_AS_IT_IS)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "there is no call yet: begin it by \"offer\", or give the peer's offer");
    return FALSE;
  }
  return TRUE;
}

gboolean
sip_call_offer (SipCall *self, SipOfferKind kind, GError **error)
{
  g_autoptr (SipPath) fresh = NULL;

  if (!may_offer (self, kind, error))
  {
    return FALSE;
  }
  if (self->path == NULL || kind == SIP_OFFER_TRANSFER
      || sip_path_get_state (self->path) > TEGATA_STATE_CONNECTED)
  {
    /* The peer may call before its answer is here, whatever role it answers. */
    fresh = sip_path_new (&self->shared, &self->options->place, error);
    if (fresh == NULL || !sip_path_listen (fresh, error))
    {
      return FALSE;
    }
  }
  else
  {
    sip_path_expect (self->path, NULL);
  }
  self->offer = make_offer (self, kind, fresh);
  self->offer_path = g_steal_pointer (&fresh);
  sip_call_send (self, "offer", self->offer);
  return TRUE;
}

gboolean
sip_call_cancel (SipCall *self, GError **error)
{
  if (self->offer == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "there is no offer to cancel");
    return FALSE;
  }
  g_clear_pointer (&self->offer, sip_description_free);
  g_clear_pointer (&self->offer_path, sip_path_free);
  sip_call_tell (self, "notice", "the offer is withdrawn: %s",
                 self->path != NULL ? "the call goes on as it was" : "there is no call");
  if (self->path != NULL)
  {
    sip_path_expect (self->path, self->remote);
    sip_call_tell_state (self);
  }
  return TRUE;
}

SipCall *
sip_call_new (const SipCallOptions *options,
              TegataContext *context,
              TegataLoop *loop,
              PlainSide *plain,
              const SipCallCallbacks *callbacks,
              gpointer user_data)
{
  SipCall *self = g_new0 (SipCall, 1);

  self->options = options;
  self->plain = plain;
  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->shared = (SipPortShared){ tegata_context_ref (context), tegata_loop_ref (loop),
                                  &port_callbacks, self };
  self->wish = SIP_SENDRECV;
  self->session_id = g_random_int ();
  return self;
}

void
sip_call_free (SipCall *self)
{
  if (self == NULL)
  {
    return;
  }
  plain_side_set_transports (self->plain, NULL, NULL);
  g_clear_handle_id (&self->doubt_source, g_source_remove);
  g_clear_handle_id (&self->deadline_source, g_source_remove);
  g_clear_pointer (&self->offer, sip_description_free);
  g_clear_pointer (&self->offer_path, sip_path_free);
  g_clear_pointer (&self->path, sip_path_free);
  g_clear_pointer (&self->local, sip_description_free);
  g_clear_pointer (&self->remote, sip_description_free);
  g_free (self->told_text);
  g_clear_pointer (&self->answer, g_bytes_unref);
  tegata_context_unref (self->shared.context);
  tegata_loop_unref (self->shared.loop);
  g_free (self);
}
