/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-private.h"

#include "base/bytes.h"
#include "srtp/srtp-backend.h"

/* No datagram is longer, and AES-CM's key stream for one packet is (RFC 3711 section
 * 4.1.1). */
#define MAX_PACKET_LEN 65535

#define SRTCP_INDEX_LEN 4       /* RFC 3711 section 3.4 */
#define SRTCP_E_BIT 0x80000000u /* the packet is encrypted */
#define SRTCP_MIN_HEADER_LEN 8  /* what stays readable */

/* RTP, or RTCP. Written by the thread that owns the object, read by any. */
typedef struct
{
  guint64 outcomes[TEGATA_N_SRTP_OUTCOMES];
  guint64 bytes;
  guint64 lifetime; /* packets that may be OK */
} Flow;

struct _TegataSrtp
{
  const TegataSrtpBackend *backend;
  const TegataSrtpProfileInfo *info;
  gpointer session;
  TegataSrtpDirection direction;
  Flow rtp;
  Flow rtcp;
};

static const char *const outcome_names[TEGATA_N_SRTP_OUTCOMES] = {
  [TEGATA_SRTP_OK] = "ok",
  [TEGATA_SRTP_REPLAYED] = "replayed",
  [TEGATA_SRTP_TOO_OLD] = "behind the replay window",
  [TEGATA_SRTP_AUTH_FAILED] = "authentication failed",
  [TEGATA_SRTP_MALFORMED] = "malformed",
  [TEGATA_SRTP_NO_KEYS] = "no keys",
  [TEGATA_SRTP_KEY_EXPIRED] = "the key's lifetime is over",
  [TEGATA_SRTP_NO_SPACE] = "the output buffer is too small",
  [TEGATA_SRTP_TOO_MANY_STREAMS] = "too many streams",
};

const char *
tegata_srtp_outcome_to_string (TegataSrtpOutcome outcome)
{
  g_return_val_if_fail ((guint) outcome < TEGATA_N_SRTP_OUTCOMES, "unknown");

  return outcome_names[outcome];
}

static guint64
read_count (const guint64 *count)
{
  return __atomic_load_n (count, __ATOMIC_RELAXED);
}

/* There is one writer, so no read-modify-write is needed: only whole stores. */
static void
add_count (guint64 *count, guint64 n)
{
  __atomic_store_n (count, read_count (count) + n, __ATOMIC_RELAXED);
}

static gboolean
is_expired (const Flow *flow)
{
  return read_count (&flow->outcomes[TEGATA_SRTP_OK]) >= flow->lifetime;
}

static TegataSrtpOutcome
count_packet (Flow *flow, TegataSrtpOutcome outcome, gsize protected_len)
{
  add_count (&flow->outcomes[outcome], 1);
  if (outcome == TEGATA_SRTP_OK)
  {
    add_count (&flow->bytes, protected_len);
  }
  return outcome;
}

/* In this order: noise is noise also when the key is used up, and a caller whose buffer
 * is too small learns first that the packet would not have gone anyway. */
static TegataSrtpOutcome
check_packet (const Flow *flow, gboolean is_well_formed, gboolean has_room)
{
  if (!is_well_formed)
  {
    return TEGATA_SRTP_MALFORMED;
  }
  if (is_expired (flow))
  {
    return TEGATA_SRTP_KEY_EXPIRED;
  }
  return has_room ? TEGATA_SRTP_OK : TEGATA_SRTP_NO_SPACE;
}

void
tegata_srtp_prepare (void)
{
  tegata_srtp_libsrtp2.prepare ();
}

TegataSrtp *
tegata_srtp_new (TegataSrtpProfile profile,
                 TegataSrtpDirection direction,
                 const guint8 *key,
                 gsize key_len,
                 GError **error)
{
  return tegata_srtp_new_on (&tegata_srtp_libsrtp2, profile, direction, key, key_len,
                             error);
}

TegataSrtp *
tegata_srtp_new_on (const TegataSrtpBackend *backend,
                    TegataSrtpProfile profile,
                    TegataSrtpDirection direction,
                    const guint8 *key,
                    gsize key_len,
                    GError **error)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);
  TegataSrtp *self;
  gpointer session;

  g_return_val_if_fail (key != NULL || key_len == 0, NULL);

  if (info == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "0x%04x is no SRTP profile: expected 1, 2, 7 or 8 (RFC 5764, RFC 7714)",
                 (guint) profile);
    return NULL;
  }
  if (key_len != tegata_srtp_profile_get_key_len (profile))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the master key and salt are %" G_GSIZE_FORMAT
                 " bytes: %s takes %" G_GSIZE_FORMAT,
                 key_len, info->name, tegata_srtp_profile_get_key_len (profile));
    return NULL;
  }

  session = backend->new_session (info, direction, key, error);
  if (session == NULL)
  {
    return NULL;
  }

  self = g_new0 (TegataSrtp, 1);
  self->backend = backend;
  self->info = info;
  self->session = session;
  self->direction = direction;
  tegata_srtp_set_lifetime (self, TEGATA_SRTP_MAX_RTP_PACKETS,
                            TEGATA_SRTP_MAX_RTCP_PACKETS);
  return self;
}

void
tegata_srtp_free (TegataSrtp *self)
{
  if (self == NULL)
  {
    return;
  }
  self->backend->free_session (self->session);
  g_free (self);
}

void
tegata_srtp_set_lifetime (TegataSrtp *self,
                          guint64 max_rtp_packets,
                          guint64 max_rtcp_packets)
{
  g_return_if_fail (self != NULL);

  self->rtp.lifetime = max_rtp_packets;
  self->rtcp.lifetime = max_rtcp_packets;
}

TegataSrtpOutcome
tegata_srtp_protect_rtp (TegataSrtp *self,
                         const guint8 *in,
                         gsize in_len,
                         guint8 *out,
                         gsize out_size,
                         gsize *out_len)
{
  TegataSrtpOutcome outcome;
  TegataRtpHeader header;
  gsize protected_len;

  g_return_val_if_fail (self != NULL && self->direction == TEGATA_SRTP_OUTBOUND,
                        TEGATA_SRTP_MALFORMED);
  g_return_val_if_fail (in != NULL && out != NULL && out_len != NULL,
                        TEGATA_SRTP_MALFORMED);

  protected_len = in_len + self->info->rtp_tag_len;
  outcome = check_packet (&self->rtp,
                          protected_len <= MAX_PACKET_LEN
                              && tegata_rtp_header_parse (&header, in, in_len),
                          out_size >= protected_len);
  if (outcome == TEGATA_SRTP_OK)
  {
    outcome
        = self->backend->protect_rtp (self->session, &header, in, in_len, out, out_len);
  }
  return count_packet (&self->rtp, outcome, protected_len);
}

TegataSrtpOutcome
tegata_srtp_protect_rtcp (TegataSrtp *self,
                          const guint8 *in,
                          gsize in_len,
                          guint8 *out,
                          gsize out_size,
                          gsize *out_len)
{
  TegataSrtpOutcome outcome;
  TegataRtcpHeader header;
  gsize protected_len;

  g_return_val_if_fail (self != NULL && self->direction == TEGATA_SRTP_OUTBOUND,
                        TEGATA_SRTP_MALFORMED);
  g_return_val_if_fail (in != NULL && out != NULL && out_len != NULL,
                        TEGATA_SRTP_MALFORMED);

  protected_len = in_len + self->info->rtcp_tag_len + SRTCP_INDEX_LEN;
  outcome = check_packet (&self->rtcp,
                          protected_len <= MAX_PACKET_LEN
                              && tegata_rtcp_header_parse (&header, in, in_len),
                          out_size >= protected_len);
  if (outcome == TEGATA_SRTP_OK)
  {
    outcome
        = self->backend->protect_rtcp (self->session, &header, in, in_len, out, out_len);
  }
  return count_packet (&self->rtcp, outcome, protected_len);
}

/* Whether the header is sound and the tag is all there. */
static gboolean
is_srtp (TegataSrtp *self, TegataRtpHeader *header, const guint8 *in, gsize in_len)
{
  return in_len <= MAX_PACKET_LEN
         && tegata_rtp_header_parse_protected (header, in, in_len)
         && header->payload_len >= self->info->rtp_tag_len;
}

TegataSrtpOutcome
tegata_srtp_unprotect_rtp (TegataSrtp *self,
                           const guint8 *in,
                           gsize in_len,
                           guint8 *out,
                           gsize out_size,
                           gsize *out_len)
{
  TegataSrtpOutcome outcome;
  TegataRtpHeader header;

  g_return_val_if_fail (self != NULL && self->direction == TEGATA_SRTP_INBOUND,
                        TEGATA_SRTP_MALFORMED);
  g_return_val_if_fail ((in != NULL || in_len == 0) && out != NULL && out_len != NULL,
                        TEGATA_SRTP_MALFORMED);

  outcome = check_packet (&self->rtp, is_srtp (self, &header, in, in_len),
                          out_size >= in_len);
  if (outcome == TEGATA_SRTP_OK)
  {
    outcome
        = self->backend->unprotect_rtp (self->session, &header, in, in_len, out, out_len);
  }
  return count_packet (&self->rtp, outcome, in_len);
}

/* Likewise for SRTCP, which must also say that it is encrypted: every profile that is
 * negotiated here encrypts it, so a packet in the clear is none of the peer's. (With
 * libsrtp2 2.5 on NSS one of about 2048 bytes, forged, ends GCM's SRTCP for good.) The
 * word with the E bit stands before the tag in CM (RFC 3711 section 3.4), after it in GCM
 * (RFC 7714 section 9.2). */
static gboolean
is_srtcp (TegataSrtp *self, TegataRtcpHeader *header, const guint8 *in, gsize in_len)
{
  gsize tag_len = self->info->rtcp_tag_len;
  gsize after_word = tegata_srtp_is_gcm (self->info) ? 0 : tag_len;
  const guint8 *before;
  TegataReader reader;
  guint32 word;

  if (in_len > MAX_PACKET_LEN || in_len < SRTCP_MIN_HEADER_LEN + tag_len + SRTCP_INDEX_LEN
      || !tegata_rtcp_header_parse_protected (header, in, in_len))
  {
    return FALSE;
  }

  tegata_reader_init (&reader, in, in_len);
  return tegata_reader_bytes (&reader, in_len - after_word - SRTCP_INDEX_LEN, &before)
         && tegata_reader_u32 (&reader, &word) && (word & SRTCP_E_BIT) != 0;
}

TegataSrtpOutcome
tegata_srtp_unprotect_rtcp (TegataSrtp *self,
                            const guint8 *in,
                            gsize in_len,
                            guint8 *out,
                            gsize out_size,
                            gsize *out_len)
{
  TegataSrtpOutcome outcome;
  TegataRtcpHeader header;

  g_return_val_if_fail (self != NULL && self->direction == TEGATA_SRTP_INBOUND,
                        TEGATA_SRTP_MALFORMED);
  g_return_val_if_fail ((in != NULL || in_len == 0) && out != NULL && out_len != NULL,
                        TEGATA_SRTP_MALFORMED);

  outcome = check_packet (&self->rtcp, is_srtcp (self, &header, in, in_len),
                          out_size >= in_len);
  if (outcome == TEGATA_SRTP_OK)
  {
    outcome = self->backend->unprotect_rtcp (self->session, &header, in, in_len, out,
                                             out_len);
  }
  return count_packet (&self->rtcp, outcome, in_len);
}

gboolean
tegata_srtp_get_roc (TegataSrtp *self, guint32 ssrc, guint32 *roc)
{
  g_return_val_if_fail (self != NULL && roc != NULL, FALSE);

  return self->backend->get_roc (self->session, ssrc, roc);
}

gboolean
tegata_srtp_set_roc (TegataSrtp *self, guint32 ssrc, guint32 roc)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->backend->set_roc (self->session, ssrc, roc);
}

TegataSrtpProfile
tegata_srtp_get_profile (TegataSrtp *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_SRTP_PROFILE_NONE);

  return self->info->profile;
}

void
tegata_srtp_get_stats (TegataSrtp *self, TegataSrtpStats *stats)
{
  g_return_if_fail (self != NULL && stats != NULL);

  for (guint i = 0; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    stats->rtp[i] = read_count (&self->rtp.outcomes[i]);
    stats->rtcp[i] = read_count (&self->rtcp.outcomes[i]);
  }
  stats->rtp_bytes = read_count (&self->rtp.bytes);
  stats->rtcp_bytes = read_count (&self->rtcp.bytes);
}
