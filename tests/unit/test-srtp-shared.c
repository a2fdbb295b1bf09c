/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/srtp-pair.h"

#include <srtp2/srtp.h>

/*
 * libsrtp2 has one state for the whole process, and others use it: GStreamer's srtp
 * plugin makes it ready too, and may be the first. In Debian's 2.5.0, built on NSS,
 * srtp_init() then says that a parameter is bad, to all who come after.
 */

static void
works_where_another_was_first (gconstpointer data)
{
  TegataSrtpProfile profile = (TegataSrtpProfile) GPOINTER_TO_INT (data);
  g_autoptr (TegataSrtp) sender = srtp_pair_new_half (profile, TEGATA_SRTP_OUTBOUND);
  g_autoptr (TegataSrtp) receiver = srtp_pair_new_half (profile, TEGATA_SRTP_INBOUND);
  g_autoptr (GByteArray) plain = srtp_pair_rtp (0x5eed0001u, 1, 100);
  g_autoptr (GByteArray) packet = srtp_pair_protect_rtp (sender, plain);
  gsize len = 0;

  srtp_assert_outcome (tegata_srtp_unprotect_rtp (receiver, packet->data, packet->len,
                                                  packet->data, packet->len, &len),
                       TEGATA_SRTP_OK);
  g_assert_cmpmem (packet->data, len, plain->data, plain->len);
}

int
main (int argc, char **argv)
{
  static const TegataSrtpProfile profiles[]
      = { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, TEGATA_SRTP_AES128_CM_HMAC_SHA1_32,
          TEGATA_SRTP_AEAD_AES_128_GCM, TEGATA_SRTP_AEAD_AES_256_GCM };

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (srtp_init (), ==, srtp_err_status_ok);

  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    const char *name = tegata_srtp_profile_to_string (profiles[i]);
    g_autofree char *path
        = g_strdup_printf ("/srtp/works-where-another-made-libsrtp2-ready/%s", name);

    g_test_add_data_func (path, GINT_TO_POINTER (profiles[i]),
                          works_where_another_was_first);
  }
  return g_test_run ();
}
