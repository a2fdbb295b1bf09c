/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/sdp.h>

#define A_BYTES                                                                          \
  "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:"                                     \
  "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA"
#define A_BYTES_IN_LOWER_CASE                                                            \
  "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:"                                     \
  "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa"
#define B_BYTES                                                                          \
  "BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:"                                     \
  "BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB:BB"

/* One side's description. Fingerprints: a letter each, A: sha-256 of A_BYTES, B of
 * B_BYTES, a: as A but read from lower case. */
typedef struct
{
  const char *fingerprints;
  TegataSetup setup;
  const char *tls_id;
  const char *transport;
} Side;

#define ACTIVE TEGATA_SETUP_ACTIVE
#define PASSIVE TEGATA_SETUP_PASSIVE
#define ACTPASS TEGATA_SETUP_ACTPASS
#define HOLDCONN TEGATA_SETUP_HOLDCONN
#define NONE TEGATA_SETUP_NONE

static const struct
{
  const char *what;
  Side before, after;
  gboolean is_new_without_ice, is_new_with_ice;
} changes[] = {
  /* nothing that matters changes */
  { "repeated", { "A", ACTIVE, "t1", "x" }, { "A", ACTIVE, "t1", "x" }, FALSE, FALSE },
  { "repeated, legacy",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTIVE, NULL, "x" },
    FALSE,
    FALSE },
  { "case", { "A", ACTIVE, NULL, "x" }, { "a", ACTIVE, NULL, "x" }, FALSE, FALSE },
  { "order", { "AB", ACTIVE, NULL, "x" }, { "BA", ACTIVE, NULL, "x" }, FALSE, FALSE },
  { "repetition",
    { "AB", ACTIVE, NULL, "x" },
    { "ABBa", ACTIVE, NULL, "x" },
    FALSE,
    FALSE },

  /* roles */
  { "actpass after active",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTPASS, NULL, "x" },
    FALSE,
    FALSE },
  { "actpass after passive",
    { "A", PASSIVE, "t1", "x" },
    { "A", ACTPASS, "t1", "x" },
    FALSE,
    FALSE },
  { "fixed role after actpass",
    { "A", ACTPASS, NULL, "x" },
    { "A", PASSIVE, NULL, "x" },
    FALSE,
    FALSE },
  { "no setup after active",
    { "A", ACTIVE, NULL, "x" },
    { "A", NONE, NULL, "x" },
    FALSE,
    FALSE },
  { "active after no setup",
    { "A", NONE, NULL, "x" },
    { "A", ACTIVE, NULL, "x" },
    FALSE,
    FALSE },
  { "role swap, legacy",
    { "A", ACTIVE, NULL, "x" },
    { "A", PASSIVE, NULL, "x" },
    TRUE,
    TRUE },
  { "role swap, same tls-id",
    { "A", PASSIVE, "t1", "x" },
    { "A", ACTIVE, "t1", "x" },
    TRUE,
    TRUE },

  /* hold and resume */
  { "hold by holdconn",
    { "A", ACTIVE, NULL, "x" },
    { "A", HOLDCONN, NULL, "x" },
    FALSE,
    FALSE },
  { "hold without fingerprints",
    { "A", ACTIVE, "t1", "x" },
    { "", HOLDCONN, NULL, NULL },
    FALSE,
    FALSE },
  { "resume", { "A", HOLDCONN, NULL, "x" }, { "A", ACTIVE, NULL, "x" }, FALSE, FALSE },
  { "resume with another role",
    { "A", HOLDCONN, NULL, "x" },
    { "A", PASSIVE, NULL, "x" },
    FALSE,
    FALSE },
  { "hold with another fingerprint",
    { "A", ACTIVE, NULL, "x" },
    { "B", HOLDCONN, NULL, "x" },
    TRUE,
    TRUE },
  { "resume by somebody else",
    { "A", HOLDCONN, NULL, "x" },
    { "B", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },
  { "resume from who knows whom",
    { "", HOLDCONN, NULL, "x" },
    { "A", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },

  /* fingerprints */
  { "fingerprint, legacy",
    { "A", ACTIVE, NULL, "x" },
    { "B", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },
  { "fingerprint, same tls-id",
    { "A", ACTIVE, "t1", "x" },
    { "B", ACTIVE, "t1", "x" },
    TRUE,
    TRUE },
  { "fingerprint added",
    { "A", ACTIVE, NULL, "x" },
    { "AB", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },
  { "fingerprint removed",
    { "AB", ACTIVE, NULL, "x" },
    { "A", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },
  { "all fingerprints removed",
    { "A", ACTIVE, NULL, "x" },
    { "", ACTIVE, NULL, "x" },
    TRUE,
    TRUE },

  /* tls-id */
  { "tls-id", { "A", ACTIVE, "t1", "x" }, { "A", ACTIVE, "t2", "x" }, TRUE, TRUE },
  { "tls-id in another case",
    { "A", ACTIVE, "t1", "x" },
    { "A", ACTIVE, "T1", "x" },
    TRUE,
    TRUE },
  { "tls-id with actpass",
    { "A", ACTIVE, "t1", "x" },
    { "A", ACTPASS, "t2", "x" },
    TRUE,
    TRUE },
  { "tls-id appears",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTPASS, "t1", "x" },
    FALSE,
    FALSE },
  { "tls-id disappears",
    { "A", ACTPASS, "t1", "x" },
    { "A", ACTIVE, NULL, "x" },
    FALSE,
    FALSE },
  { "tls-id appears at another address",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTIVE, "t1", "y" },
    TRUE,
    FALSE },
  { "tls-id disappears at another address",
    { "A", ACTIVE, "t1", "x" },
    { "A", ACTIVE, NULL, "y" },
    TRUE,
    FALSE },
  { "tls-id appears with another fingerprint",
    { "A", ACTIVE, NULL, "x" },
    { "B", ACTIVE, "t1", "x" },
    TRUE,
    TRUE },

  /* transport: with ICE, an ICE restart */
  { "transport, legacy",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTIVE, NULL, "y" },
    TRUE,
    FALSE },
  { "transport, same tls-id",
    { "A", ACTIVE, "t1", "x" },
    { "A", ACTIVE, "t1", "y" },
    FALSE,
    FALSE },
  { "transport and tls-id",
    { "A", ACTIVE, "t1", "x" },
    { "A", ACTIVE, "t2", "y" },
    TRUE,
    TRUE },
  { "transport and actpass",
    { "A", PASSIVE, "t1", "x" },
    { "A", ACTPASS, "t1", "y" },
    FALSE,
    FALSE },
  { "transport not told",
    { "A", ACTIVE, NULL, "x" },
    { "A", ACTIVE, NULL, NULL },
    FALSE,
    FALSE },
  { "transport told at last",
    { "A", ACTIVE, NULL, NULL },
    { "A", ACTIVE, NULL, "x" },
    FALSE,
    FALSE },
};

static GPtrArray *
fingerprints_of (const Side *self)
{
  g_autoptr (GPtrArray) fingerprints
      = g_ptr_array_new_with_free_func ((GDestroyNotify) tegata_fingerprint_unref);

  for (const char *letter = self->fingerprints; *letter != '\0'; letter++)
  {
    const char *text = *letter == 'A' ? "sha-256 " A_BYTES : "sha-256 " B_BYTES;
    TegataFingerprint *fingerprint;

    text = *letter == 'a' ? "sha-256 " A_BYTES_IN_LOWER_CASE : text;
    fingerprint = tegata_fingerprint_parse (text, TEGATA_FINGERPRINT_DEFAULT, NULL);
    g_assert_nonnull (fingerprint);
    g_ptr_array_add (fingerprints, fingerprint);
  }
  return g_steal_pointer (&fingerprints);
}

static gboolean
is_new_association (const Side *before, const Side *after, gboolean with_ice)
{
  g_autoptr (GPtrArray) before_fingerprints = fingerprints_of (before);
  g_autoptr (GPtrArray) after_fingerprints = fingerprints_of (after);
  TegataAssociationParams before_params
      = { (TegataFingerprint *const *) before_fingerprints->pdata,
          before_fingerprints->len, before->setup, before->tls_id, before->transport };
  TegataAssociationParams after_params
      = { (TegataFingerprint *const *) after_fingerprints->pdata, after_fingerprints->len,
          after->setup, after->tls_id, after->transport };

  return tegata_sdp_is_new_association (&before_params, &after_params, with_ice);
}

static void
makes_a_new_association_only_where_asked_to (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
  {
    g_test_message ("%s", changes[i].what);
    g_assert_cmpint (is_new_association (&changes[i].before, &changes[i].after, FALSE),
                     ==, changes[i].is_new_without_ice);
    g_assert_cmpint (is_new_association (&changes[i].before, &changes[i].after, TRUE), ==,
                     changes[i].is_new_with_ice);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sdp/association/is-new-only-where-asked-for",
                   makes_a_new_association_only_where_asked_to);
  return g_test_run ();
}
