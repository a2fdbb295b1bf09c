/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <tegata/dtls.h>

static void
test_states (void)
{
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_NEW), ==, "new");
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_CONNECTING), ==, "connecting");
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_AWAITING_FINGERPRINT), ==,
                   "awaiting-fingerprint");
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_CONNECTED), ==, "connected");
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_CLOSED), ==, "closed");
  g_assert_cmpstr (tegata_state_to_string (TEGATA_STATE_FAILED), ==, "failed");
}

static void
test_alerts (void)
{
  g_assert_cmpstr (tegata_alert_to_string (0), ==, "close_notify");
  g_assert_cmpstr (tegata_alert_to_string (42), ==, "bad_certificate");
  g_assert_cmpstr (tegata_alert_to_string (255), ==, "unknown");
  g_assert_cmpstr (tegata_alert_to_string (-1), ==, "unknown");
}

static void
test_refusals (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    const char *name = tegata_refusal_to_string ((TegataRefusal) i);

    g_assert_nonnull (name);
    g_assert_true (g_hash_table_add (seen, (gpointer) name));
  }
  g_assert_cmpstr (tegata_refusal_to_string (TEGATA_REFUSED_SOURCE), ==, "source");
  g_assert_cmpstr (tegata_refusal_to_string (TEGATA_REFUSED_ENDED), ==, "ended");
}

static void
test_keys (void)
{
  TegataSrtpKeys keys;
  TegataSrtpKeys zero;

  memset (&keys, 0x77, sizeof keys);
  memset (&zero, 0, sizeof zero);
  tegata_srtp_keys_clear (&keys);
  g_assert_cmpmem (&keys, sizeof keys, &zero, sizeof zero);
}

static void
test_address_equality (void)
{
  TegataAddress a, b;

  memset (&a, 0xaa, sizeof a);
  tegata_address_init (&a, "\1\2\3", 3);
  tegata_address_init (&b, "\1\2\3", 3);
  g_assert_true (tegata_address_equal (&a, &b));
  g_assert_cmpuint (tegata_address_hash (&a), ==, tegata_address_hash (&b));

  /* bytes beyond the length say nothing */
  b.bytes[3] = 9;
  g_assert_true (tegata_address_equal (&a, &b));
  g_assert_cmpuint (tegata_address_hash (&a), ==, tegata_address_hash (&b));

  b.len = 4;
  g_assert_false (tegata_address_equal (&a, &b));
  tegata_address_init (&b, "\1\2\4", 3);
  g_assert_false (tegata_address_equal (&a, &b));
  tegata_address_init (&b, NULL, 0);
  g_assert_false (tegata_address_equal (&a, &b));
}

static void
test_address_longest (void)
{
  guint8 bytes[TEGATA_ADDRESS_MAX_LEN + 1] = { 0 };
  TegataAddress a, b;

  tegata_address_init (&a, bytes, TEGATA_ADDRESS_MAX_LEN);
  bytes[TEGATA_ADDRESS_MAX_LEN - 1] = 1;
  tegata_address_init (&b, bytes, TEGATA_ADDRESS_MAX_LEN);
  g_assert_cmpuint (b.len, ==, TEGATA_ADDRESS_MAX_LEN);
  g_assert_false (tegata_address_equal (&a, &b));

  g_test_expect_message ("tegata", G_LOG_LEVEL_CRITICAL, "*TEGATA_ADDRESS_MAX_LEN*");
  tegata_address_init (&a, bytes, sizeof bytes);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/names/alerts/have-their-registered-names", test_alerts);
  g_test_add_func ("/names/state/each-has-its-own", test_states);
  g_test_add_func ("/names/refusal/each-has-its-own", test_refusals);
  g_test_add_func ("/names/keys/are-wiped", test_keys);
  g_test_add_func ("/address/equal-by-its-used-bytes", test_address_equality);
  g_test_add_func ("/address/of-the-greatest-length", test_address_longest);

  return g_test_run ();
}
