/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/dtls.h>

#include <openssl/crypto.h>

/* The small values of the public header: their names, and how they are wiped. */

const char *
tegata_state_to_string (TegataState state)
{
  static const char *const names[] = {
    [TEGATA_STATE_NEW] = "new",
    [TEGATA_STATE_CONNECTING] = "connecting",
    [TEGATA_STATE_AWAITING_FINGERPRINT] = "awaiting-fingerprint",
    [TEGATA_STATE_CONNECTED] = "connected",
    [TEGATA_STATE_CLOSED] = "closed",
    [TEGATA_STATE_FAILED] = "failed",
  };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (names), "unknown");

  return names[state];
}

const char *
tegata_refusal_to_string (TegataRefusal refusal)
{
  static const char *const names[] = {
    [TEGATA_REFUSED_UNKNOWN] = "unknown",   [TEGATA_REFUSED_SOURCE] = "source",
    [TEGATA_REFUSED_RECORD] = "record",     [TEGATA_REFUSED_HANDSHAKE] = "handshake",
    [TEGATA_REFUSED_ALERT] = "alert",       [TEGATA_REFUSED_COOKIE] = "cookie",
    [TEGATA_REFUSED_HELLO] = "hello",       [TEGATA_REFUSED_DATA] = "data",
    [TEGATA_REFUSED_OVERFLOW] = "overflow", [TEGATA_REFUSED_ENDED] = "ended",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == TEGATA_N_REFUSALS);
  g_return_val_if_fail ((guint) refusal < G_N_ELEMENTS (names), "unknown");

  return names[refusal];
}

void
tegata_srtp_keys_clear (TegataSrtpKeys *keys)
{
  g_return_if_fail (keys != NULL);

  OPENSSL_cleanse (keys, sizeof *keys);
}
