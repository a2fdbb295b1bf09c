/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/verifier.h"

#include <tegata/tegata.h>

#define ONE "sha-256 01:" REST
#define OTHER "sha-256 02:" REST
#define REST                                                                             \
  "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:" \
  "AB:AB:AB"

static TegataFingerprint *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  TegataFingerprint *self
      = tegata_fingerprint_parse (text, TEGATA_FINGERPRINT_DEFAULT, &error);

  g_assert_no_error (error);
  return self;
}

/* As a description has them that repeats its line in each section. */
static void
test_each_is_named_once (void)
{
  g_autoptr (TegataFingerprint) one = parse (ONE);
  g_autoptr (TegataFingerprint) other = parse (OTHER);
  g_autoptr (TegataFingerprint) again = parse (ONE);
  TegataFingerprint *all[] = { one, one, other, again, other };
  TegataVerifier self = { NULL, NULL };
  g_autofree char *text = NULL;

  tegata_verifier_set_fingerprints (&self, all, G_N_ELEMENTS (all));
  text = tegata_verifier_describe (&self);
  g_assert_cmpstr (text, ==, "expected " ONE " or " OTHER ", found no certificate");
  tegata_verifier_clear (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/verifier/names-each-expected-fingerprint-once",
                   test_each_is_named_once);
  return g_test_run ();
}
