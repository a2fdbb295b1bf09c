/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session/session-private.h"

#include <string.h>

/* RTCDtlsTransportState (W3C webrtc, section 5.5) has no word for a handshake that waits
 * for signalling: to the application it is still connecting. */
static const char *
describe_state (TegataState state)
{
  if (state == TEGATA_STATE_AWAITING_FINGERPRINT)
  {
    state = TEGATA_STATE_CONNECTING;
  }
  return tegata_state_to_string (state);
}

static const char *
describe_role (TegataRole role)
{
  return role == TEGATA_ROLE_CLIENT ? "client" : "server";
}

/* As on the wire, four hexadecimal digits (W3C webrtc-stats, tlsVersion). */
static const char *
describe_version (TegataVersion version)
{
  switch (version)
  {
  case TEGATA_VERSION_DTLS_1_0:
    return "FEFF";
  case TEGATA_VERSION_DTLS_1_2:
    return "FEFD";
  case TEGATA_VERSION_DTLS_1_3:
    return "FEFC";
  case TEGATA_VERSION_NONE:
  default:
    return NULL;
  }
}

static void
add_dtls (TegataSession *self, TegataSessionStats *stats)
{
  stats->dtls_role = describe_role (tegata_dtls_get_role (self->dtls));
  stats->tls_version = describe_version (tegata_dtls_get_version (self->dtls));
  stats->dtls_cipher = tegata_dtls_get_cipher (self->dtls);
  stats->srtp_cipher
      = tegata_srtp_profile_to_string (tegata_dtls_get_srtp_profile (self->dtls));
  tegata_dtls_get_stats (self->dtls, &stats->dtls);
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    stats->refused[i] += stats->dtls.refused[i];
  }
}

static void
add_media (TegataSession *self, TegataSessionStats *stats)
{
  TegataSrtp *outbound = g_atomic_pointer_get (&self->outbound);

  if (self->inbound != NULL)
  {
    tegata_srtp_get_stats (self->inbound, &stats->inbound);
  }
  if (outbound != NULL)
  {
    tegata_srtp_get_stats (outbound, &stats->outbound);
  }
  stats->packets_sent
      += stats->outbound.rtp[TEGATA_SRTP_OK] + stats->outbound.rtcp[TEGATA_SRTP_OK];
  stats->bytes_sent += stats->outbound.rtp_bytes + stats->outbound.rtcp_bytes;

  stats->inbound.rtp[TEGATA_SRTP_NO_KEYS] += self->unreadable.rtp;
  stats->inbound.rtcp[TEGATA_SRTP_NO_KEYS] += self->unreadable.rtcp;
  stats->outbound.rtp[TEGATA_SRTP_NO_KEYS]
      += (gsize) g_atomic_pointer_get (&self->unsent_rtp);
  stats->outbound.rtcp[TEGATA_SRTP_NO_KEYS]
      += (gsize) g_atomic_pointer_get (&self->unsent_rtcp);
}

void
tegata_session_get_stats (TegataSession *self, TegataSessionStats *stats)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (stats != NULL);

  memset (stats, 0, sizeof *stats);
  stats->dtls_state = describe_state (tegata_session_get_state (self));
  stats->dtls_role = "unknown";
  stats->dtls.unauthenticated_alert = -1;
  stats->packets_sent = self->dtls_packets_sent;
  stats->bytes_sent = self->dtls_bytes_sent;
  stats->packets_received = self->packets_received;
  stats->bytes_received = self->bytes_received;
  stats->held_media = self->held_media;
  stats->held_hellos = self->held_hellos;
  memcpy (stats->refused, self->refused, sizeof stats->refused);

  if (self->dtls != NULL)
  {
    add_dtls (self, stats);
  }
  add_media (self, stats);
}
