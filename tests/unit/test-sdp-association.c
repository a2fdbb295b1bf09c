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

/* All by a side that is the client, but the one that said passive before. */
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
  { "same role after actpass",
    { "A", ACTPASS, "t1", "x" },
    { "A", ACTIVE, "t1", "x" },
    FALSE,
    FALSE },
  { "other role after actpass",
    { "A", ACTPASS, "t1", "x" },
    { "A", PASSIVE, "t1", "x" },
    TRUE,
    TRUE },
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
    TRUE,
    TRUE },
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
is_new_association (const Side *before,
                    const Side *after,
                    TegataRole role,
                    gboolean with_ice)
{
  g_autoptr (GPtrArray) before_fingerprints = fingerprints_of (before);
  g_autoptr (GPtrArray) after_fingerprints = fingerprints_of (after);
  TegataAssociationParams before_params
      = { (TegataFingerprint *const *) before_fingerprints->pdata,
          before_fingerprints->len, before->setup, before->tls_id, before->transport };
  TegataAssociationParams after_params
      = { (TegataFingerprint *const *) after_fingerprints->pdata, after_fingerprints->len,
          after->setup, after->tls_id, after->transport };

  return tegata_sdp_is_new_association (&before_params, &after_params, role, with_ice);
}

static void
makes_a_new_association_only_where_asked_to (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
  {
    const Side *before = &changes[i].before;
    const Side *after = &changes[i].after;
    TegataRole role = before->setup == PASSIVE ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;

    g_test_message ("%s", changes[i].what);
    g_assert_cmpint (is_new_association (before, after, role, FALSE), ==,
                     changes[i].is_new_without_ice);
    g_assert_cmpint (is_new_association (before, after, role, TRUE), ==,
                     changes[i].is_new_with_ice);
  }
}

/* A row what a side said before, a column what it says now (none, active, passive,
 * actpass, holdconn): + where it asks for the other role. Who said active and is the
 * server nevertheless had an answer of active, and likewise with passive. */
static const char *const role_changes[][5] = {
  [TEGATA_ROLE_CLIENT] = {
    [TEGATA_SETUP_NONE] = "--+--",
    [TEGATA_SETUP_ACTIVE] = "--+--",
    [TEGATA_SETUP_PASSIVE] = "-----",
    [TEGATA_SETUP_ACTPASS] = "--+--",
    [TEGATA_SETUP_HOLDCONN] = "--+--",
  },
  [TEGATA_ROLE_SERVER] = {
    [TEGATA_SETUP_NONE] = "-+---",
    [TEGATA_SETUP_ACTIVE] = "-----",
    [TEGATA_SETUP_PASSIVE] = "-+---",
    [TEGATA_SETUP_ACTPASS] = "-+---",
    [TEGATA_SETUP_HOLDCONN] = "-+---",
  },
};

static void
compares_with_the_role_at_hand (void)
{
  for (int role = TEGATA_ROLE_CLIENT; role <= TEGATA_ROLE_SERVER; role++)
  {
    for (int before = TEGATA_SETUP_NONE; before <= TEGATA_SETUP_HOLDCONN; before++)
    {
      for (int after = TEGATA_SETUP_NONE; after <= TEGATA_SETUP_HOLDCONN; after++)
      {
        Side said = { "A", (TegataSetup) before, "t1", "x" };
        Side says = { "A", (TegataSetup) after, "t1", "x" };

        g_test_message ("role %d, setup %d after %d", role, after, before);
        g_assert_cmpint (is_new_association (&said, &says, (TegataRole) role, FALSE), ==,
                         role_changes[role][before][after] == '+');
      }
    }
  }
}

/* The role of side 0 or 1 after an exchange. */
static TegataRole
role_of (int side, const TegataSetup *setups, int offerer)
{
  g_autoptr (GError) error = NULL;
  TegataRole role = TEGATA_ROLE_CLIENT;

  tegata_sdp_negotiate_role (setups[side], setups[!side], side == offerer, &role, &error);
  g_assert_no_error (error);
  return role;
}

/* Whether either description, of @side and of its peer, asks for a new association, as
 * @side sees it. */
static gboolean
either_is_new (int side,
               const TegataSetup *before,
               TegataRole role,
               const TegataSetup *after)
{
  TegataRole peer_role
      = role == TEGATA_ROLE_CLIENT ? TEGATA_ROLE_SERVER : TEGATA_ROLE_CLIENT;
  gboolean is_new = FALSE;

  for (int i = 0; i < 2; i++)
  {
    Side said = { "A", before[i], "t1", "x" };
    Side says = { "A", after[i], "t1", "x" };

    is_new |= is_new_association (&said, &says, i == side ? role : peer_role, TRUE);
  }
  return is_new;
}

/* Two exchanges, each an offer of actpass by side 0 or 1 and an answer that is fixed. */
static void
sees_roles_swapped_by_the_answer_on_both_sides (void)
{
  for (int bits = 0; bits < 16; bits++)
  {
    int first_offerer = bits & 1, second_offerer = bits >> 1 & 1;
    TegataSetup before[2], after[2];

    before[first_offerer] = after[second_offerer] = ACTPASS;
    before[!first_offerer] = (bits & 4) != 0 ? ACTIVE : PASSIVE;
    after[!second_offerer] = (bits & 8) != 0 ? ACTIVE : PASSIVE;
    for (int side = 0; side < 2; side++)
    {
      TegataRole role = role_of (side, before, first_offerer);

      g_test_message ("exchanges %d, side %d", bits, side);
      g_assert_cmpint (either_is_new (side, before, role, after), ==,
                       role != role_of (side, after, second_offerer));
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sdp/association/is-new-only-where-asked-for",
                   makes_a_new_association_only_where_asked_to);
  g_test_add_func ("/sdp/association/compares-with-the-role-at-hand",
                   compares_with_the_role_at_hand);
  g_test_add_func ("/sdp/association/sees-roles-swapped-by-the-answer-on-both-sides",
                   sees_roles_swapped_by_the_answer_on_both_sides);
  return g_test_run ();
}
