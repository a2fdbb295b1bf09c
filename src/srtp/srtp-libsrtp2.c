/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-backend.h"

#include <openssl/crypto.h>
#include <srtp2/srtp.h>
#include <string.h>

/*
 * The backend on libsrtp2, whose process-wide state other users of the library (such as
 * GStreamer's plugin) share: it is initialised, and never shut down; its event handler is
 * not ours to set.
 */

#define REPLAY_WINDOW 1024

/* Some builds of libsrtp2 hold a GCM packet's header in a buffer of this size, and find
 * out only after the sequence number has been used up. */
#define MAX_GCM_HEADER_LEN 2048

/* From here on a stream's counter is looked at before each packet. None gets here by
 * itself: that takes 2^32 packets at the very least. */
#define HIGH_ROC 0x80000000u

typedef struct
{
  const TegataSrtpProfileInfo *info;
  srtp_t srtp;
  guint8 key[TEGATA_SRTP_MAX_KEY_LEN];
  GHashTable *pending_rocs; /* SSRC to a counter that was set for its next packet */
  gboolean has_high_roc;    /* one was set to HIGH_ROC or more */
} Session;

static const struct
{
  TegataSrtpProfile profile;
  void (*set_rtp) (srtp_crypto_policy_t *policy);
  void (*set_rtcp) (srtp_crypto_policy_t *policy);
} policies[] = {
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, srtp_crypto_policy_set_rtp_default,
    srtp_crypto_policy_set_rtcp_default },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
    srtp_crypto_policy_set_rtcp_default },
  { TEGATA_SRTP_AEAD_AES_128_GCM, srtp_crypto_policy_set_aes_gcm_128_16_auth,
    srtp_crypto_policy_set_aes_gcm_128_16_auth },
  { TEGATA_SRTP_AEAD_AES_256_GCM, srtp_crypto_policy_set_aes_gcm_256_16_auth,
    srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

/* Lengths were checked before, so a cipher that fails can only have refused the tag:
 * which of the two a build reports depends on its crypto library. */
static const struct
{
  srtp_err_status_t status;
  TegataSrtpOutcome outcome;
} outcomes[] = {
  { srtp_err_status_ok, TEGATA_SRTP_OK },
  { srtp_err_status_replay_fail, TEGATA_SRTP_REPLAYED },
  { srtp_err_status_replay_old, TEGATA_SRTP_TOO_OLD },
  { srtp_err_status_pkt_idx_old, TEGATA_SRTP_TOO_OLD },
  { srtp_err_status_auth_fail, TEGATA_SRTP_AUTH_FAILED },
  { srtp_err_status_cipher_fail, TEGATA_SRTP_AUTH_FAILED },
  { srtp_err_status_no_ctx, TEGATA_SRTP_NO_KEYS },
  { srtp_err_status_key_expired, TEGATA_SRTP_KEY_EXPIRED },
};

static TegataSrtpOutcome
outcome_of (srtp_err_status_t status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
  {
    if (outcomes[i].status == status)
    {
      return outcomes[i].outcome;
    }
  }
  return TEGATA_SRTP_MALFORMED;
}

/* srtp_init() once in the process, whichever thread comes first. Where somebody else has
 * called it before, as GStreamer's srtp plugin does, it says bad_param, since its debug
 * module is there already: all that we need was there before that. */
static srtp_err_status_t
init_library (void)
{
  static gsize once = 0;
  static srtp_err_status_t status;

  if (g_once_init_enter (&once))
  {
    status = srtp_init ();
    if (status == srtp_err_status_bad_param)
    {
      status = srtp_err_status_ok;
    }
    g_once_init_leave (&once, 1);
  }
  return status;
}

/* A failure is told by new_session(). */
static void
prepare (void)
{
  init_library ();
}

/* The policy points at the session's key, so it may not outlive it. */
static void
fill_policy (Session *self, srtp_policy_t *policy, srtp_ssrc_type_t type, guint32 ssrc)
{
  memset (policy, 0, sizeof *policy);
  for (gsize i = 0; i < G_N_ELEMENTS (policies); i++)
  {
    if (policies[i].profile == self->info->profile)
    {
      policies[i].set_rtp (&policy->rtp);
      policies[i].set_rtcp (&policy->rtcp);
    }
  }
  policy->ssrc.type = type;
  policy->ssrc.value = ssrc;
  policy->key = self->key;
  policy->window_size = REPLAY_WINDOW;
  /* A sequence number that is sent again, maybe with other content, would use a nonce
   * twice, which breaks GCM altogether. */
  policy->allow_repeat_tx = 0;
}

static void
free_session (gpointer session)
{
  Session *self = session;

  if (self->srtp != NULL)
  {
    srtp_dealloc (self->srtp);
  }
  g_hash_table_unref (self->pending_rocs);
  OPENSSL_cleanse (self->key, sizeof self->key);
  g_free (self);
}

static gpointer
new_session (const TegataSrtpProfileInfo *info,
             TegataSrtpDirection direction,
             const guint8 *key,
             GError **error)
{
  gboolean is_outbound = direction == TEGATA_SRTP_OUTBOUND;
  Session *self = g_new0 (Session, 1);
  srtp_policy_t policy;
  srtp_err_status_t status;

  self->info = info;
  self->pending_rocs = g_hash_table_new (NULL, NULL);
  memcpy (self->key, key, info->cipher_key_len + info->salt_len);
  fill_policy (self, &policy, is_outbound ? ssrc_any_outbound : ssrc_any_inbound, 0);

  status = init_library ();
  if (status == srtp_err_status_ok)
  {
    status = srtp_create (&self->srtp, &policy);
  }
  if (status != srtp_err_status_ok)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_SRTP,
                 "libsrtp2 made no session for %s: status %d", info->name, (int) status);
    free_session (self);
    return NULL;
  }
  return self;
}

static gboolean
find_pending_roc (Session *self, guint32 ssrc, guint32 *roc)
{
  gpointer value;

  if (!g_hash_table_lookup_extended (self->pending_rocs, GUINT_TO_POINTER (ssrc), NULL,
                                     &value))
  {
    return FALSE;
  }
  *roc = GPOINTER_TO_UINT (value);
  return TRUE;
}

static gboolean
get_roc (gpointer session, guint32 ssrc, guint32 *roc)
{
  Session *self = session;
  uint32_t value;

  /* libsrtp2 tells the counter of the last packet, not what was set since. */
  if (find_pending_roc (self, ssrc, roc))
  {
    return TRUE;
  }
  if (srtp_get_stream_roc (self->srtp, ssrc, &value) != srtp_err_status_ok)
  {
    return FALSE;
  }
  *roc = value;
  return TRUE;
}

static gboolean
add_stream (Session *self, guint32 ssrc)
{
  srtp_policy_t policy;

  fill_policy (self, &policy, ssrc_specific, ssrc);
  return srtp_add_stream (self->srtp, &policy) == srtp_err_status_ok;
}

/* libsrtp2 takes 0 for "nothing was set", and one that is equal to the stream's own would
 * stay set for good and stop its next roll-over: both are what it has anyway. A counter
 * behind the stream's it would never reach, and nobody should: packets with these indices
 * were sent or accepted. */
static gboolean
set_roc (gpointer session, guint32 ssrc, guint32 roc)
{
  Session *self = session;
  uint32_t current = 0;

  if (srtp_get_stream_roc (self->srtp, ssrc, &current) != srtp_err_status_ok
      && !add_stream (self, ssrc))
  {
    return FALSE;
  }
  if (roc < current)
  {
    return FALSE;
  }

  if (roc == current)
  {
    g_hash_table_remove (self->pending_rocs, GUINT_TO_POINTER (ssrc));
    return srtp_set_stream_roc (self->srtp, ssrc, 0) == srtp_err_status_ok;
  }
  g_hash_table_insert (self->pending_rocs, GUINT_TO_POINTER (ssrc),
                       GUINT_TO_POINTER (roc));
  self->has_high_roc = self->has_high_roc || roc >= HIGH_ROC;
  return srtp_set_stream_roc (self->srtp, ssrc, roc) == srtp_err_status_ok;
}

/* After the next packet of the stream, which used what was set. libsrtp2 forgets it by
 * itself only where the packet's index is far from the last one. */
static void
settle_roc (Session *self, guint32 ssrc)
{
  if (g_hash_table_size (self->pending_rocs) > 0
      && g_hash_table_remove (self->pending_rocs, GUINT_TO_POINTER (ssrc)))
  {
    srtp_set_stream_roc (self->srtp, ssrc, 0);
  }
}

/* The last counter is not used at all: libsrtp2 would roll over to 0 after it, and so use
 * every index once more (RFC 3711 section 3.3.1 wants another key there). */
static gboolean
is_used_up (Session *self, guint32 ssrc)
{
  guint32 roc;

  return self->has_high_roc && get_roc (self, ssrc, &roc) && roc == G_MAXUINT32;
}

static TegataSrtpOutcome
transform_rtp (Session *self,
               srtp_err_status_t (*transform) (srtp_t, void *, int *),
               const TegataRtpHeader *header,
               const guint8 *in,
               gsize in_len,
               guint8 *out,
               gsize *out_len)
{
  int len = (int) in_len;
  TegataSrtpOutcome outcome;

  if (tegata_srtp_is_gcm (self->info) && header->header_len > MAX_GCM_HEADER_LEN)
  {
    return TEGATA_SRTP_MALFORMED;
  }
  if (is_used_up (self, header->ssrc))
  {
    return TEGATA_SRTP_KEY_EXPIRED;
  }

  if (out != in)
  {
    memcpy (out, in, in_len);
  }
  outcome = outcome_of (transform (self->srtp, out, &len));
  if (outcome == TEGATA_SRTP_OK)
  {
    settle_roc (self, header->ssrc);
    *out_len = (gsize) len;
  }
  return outcome;
}

static TegataSrtpOutcome
transform_rtcp (Session *self,
                srtp_err_status_t (*transform) (srtp_t, void *, int *),
                const guint8 *in,
                gsize in_len,
                guint8 *out,
                gsize *out_len)
{
  int len = (int) in_len;
  TegataSrtpOutcome outcome;

  if (out != in)
  {
    memcpy (out, in, in_len);
  }
  outcome = outcome_of (transform (self->srtp, out, &len));
  if (outcome == TEGATA_SRTP_OK)
  {
    *out_len = (gsize) len;
  }
  return outcome;
}

static TegataSrtpOutcome
protect_rtp (gpointer session,
             const TegataRtpHeader *header,
             const guint8 *in,
             gsize in_len,
             guint8 *out,
             gsize *out_len)
{
  return transform_rtp (session, srtp_protect, header, in, in_len, out, out_len);
}

static TegataSrtpOutcome
unprotect_rtp (gpointer session,
               const TegataRtpHeader *header,
               const guint8 *in,
               gsize in_len,
               guint8 *out,
               gsize *out_len)
{
  return transform_rtp (session, srtp_unprotect, header, in, in_len, out, out_len);
}

static TegataSrtpOutcome
protect_rtcp (gpointer session,
              G_GNUC_UNUSED const TegataRtcpHeader *header,
              const guint8 *in,
              gsize in_len,
              guint8 *out,
              gsize *out_len)
{
  return transform_rtcp (session, srtp_protect_rtcp, in, in_len, out, out_len);
}

static TegataSrtpOutcome
unprotect_rtcp (gpointer session,
                G_GNUC_UNUSED const TegataRtcpHeader *header,
                const guint8 *in,
                gsize in_len,
                guint8 *out,
                gsize *out_len)
{
  return transform_rtcp (session, srtp_unprotect_rtcp, in, in_len, out, out_len);
}

const TegataSrtpBackend tegata_srtp_libsrtp2 = {
  .name = "libsrtp2",
  .prepare = prepare,
  .new_session = new_session,
  .free_session = free_session,
  .protect_rtp = protect_rtp,
  .protect_rtcp = protect_rtcp,
  .unprotect_rtp = unprotect_rtp,
  .unprotect_rtcp = unprotect_rtcp,
  .get_roc = get_roc,
  .set_roc = set_roc,
};
