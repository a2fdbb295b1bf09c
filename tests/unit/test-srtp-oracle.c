/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/seeds.h"
#include "support/srtp-pair.h"

#include <string.h>

/*
 * Our own SRTP against libsrtp2, packet by packet: what is sent is the same byte for
 * byte, and what is received has the same outcome, whatever is lost, late, repeated or
 * altered.
 */

#define N_PACKETS 2500 /* of a seed and a profile: with 100 seeds 10^6 in all */
#define N_SOURCES 4
#define N_HELD 1200 /* more than the window, so that packets come behind it, too */
#define MAX_PAYLOAD_LEN 1500

typedef struct
{
  GByteArray *bytes;
  gboolean is_rtcp;
} Packet;

typedef struct
{
  GRand *rand;
  SrtpPair *native;
  SrtpPair *oracle;
  guint16 sequences[N_SOURCES];
  Packet held[N_HELD];
  guint64 n_by_outcome[TEGATA_N_SRTP_OUTCOMES];
} World;

static SrtpPair *
new_pair (TegataSrtpProfile profile, const TegataSrtpBackend *backend)
{
  SrtpPair *pair = g_new0 (SrtpPair, 1);
  gsize key_len = tegata_srtp_profile_get_key_len (profile);

  pair->sender = tegata_srtp_new_on (backend, profile, TEGATA_SRTP_OUTBOUND,
                                     srtp_pair_key, key_len, NULL);
  pair->receiver = tegata_srtp_new_on (backend, profile, TEGATA_SRTP_INBOUND,
                                       srtp_pair_key, key_len, NULL);
  g_assert_nonnull (pair->sender);
  g_assert_nonnull (pair->receiver);
  return pair;
}

static World *
world_new (TegataSrtpProfile profile, guint32 seed)
{
  World *world = g_new0 (World, 1);

  world->rand = g_rand_new_with_seed (seed);
  world->native = new_pair (profile, &tegata_srtp_native);
  world->oracle = new_pair (profile, &tegata_srtp_libsrtp2);
  for (guint i = 0; i < N_SOURCES; i++)
  {
    world->sequences[i] = (guint16) g_rand_int (world->rand);
  }
  return world;
}

static void
world_free (World *world)
{
  for (guint i = 0; i < N_HELD; i++)
  {
    g_clear_pointer (&world->held[i].bytes, g_byte_array_unref);
  }
  srtp_pair_free (world->native);
  srtp_pair_free (world->oracle);
  g_rand_free (world->rand);
  g_free (world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* One time in @n. */
static gboolean
happens (World *world, guint n)
{
  return g_rand_int_range (world->rand, 0, (gint32) n) == 0;
}

static guint
below (World *world, guint n)
{
  return (guint) g_rand_int_range (world->rand, 0, (gint32) n);
}

static void
append_random (World *world, GByteArray *packet, guint len)
{
  for (guint i = 0; i < len; i++)
  {
    guint8 byte = (guint8) below (world, 256);

    g_byte_array_append (packet, &byte, 1);
  }
}

static guint32
ssrc_of (guint source)
{
  return 0x8badf00du + source * 0x01010101u;
}

static void
put_ssrc (GByteArray *packet, guint at, guint source)
{
  guint32 ssrc = GUINT32_TO_BE (ssrc_of (source));

  memcpy (packet->data + at, &ssrc, sizeof ssrc);
}

/* Mostly the next; now and then a gap, up to half the range, or one from before. */
static guint16
next_sequence (World *world, guint source)
{
  guint16 sequence = ++world->sequences[source];

  if (happens (world, 20))
  {
    sequence = world->sequences[source] += (guint16) below (world, 200);
  }
  if (happens (world, 100))
  {
    sequence = world->sequences[source] += (guint16) below (world, 0x7000);
  }
  return happens (world, 10) ? (guint16) (sequence - below (world, 1100)) : sequence;
}

/* CSRCs, a header extension, padding: each, or not. */
static GByteArray *
new_rtp (World *world, guint source)
{
  GByteArray *packet = g_byte_array_new ();
  guint n_csrcs = happens (world, 3) ? below (world, 16) : 0;
  guint payload_len = below (world, MAX_PAYLOAD_LEN + 1);
  guint16 sequence = next_sequence (world, source);

  append_random (world, packet, 12 + 4 * n_csrcs);
  packet->data[0] = (guint8) (0x80 | n_csrcs);
  packet->data[2] = (guint8) (sequence >> 8);
  packet->data[3] = (guint8) sequence;
  put_ssrc (packet, 8, source);
  if (happens (world, 3))
  {
    guint n_words = below (world, 20);
    guint at = packet->len;

    append_random (world, packet, 4 + 4 * n_words);
    packet->data[0] |= 0x10;
    packet->data[at + 2] = 0;
    packet->data[at + 3] = (guint8) n_words;
  }
  append_random (world, packet, payload_len);
  if (payload_len > 0 && happens (world, 4))
  {
    packet->data[0] |= 0x20;
    packet->data[packet->len - 1] = (guint8) (1 + below (world, MIN (payload_len, 255)));
  }
  return packet;
}

/* A compound of one to three packets, of any type that is RTCP's (RFC 5761 section 4). */
static GByteArray *
new_rtcp (World *world, guint source)
{
  GByteArray *packet = g_byte_array_new ();

  for (guint i = 0, n = 1 + below (world, 3); i < n; i++)
  {
    guint n_words = 1 + below (world, 60);
    guint at = packet->len;

    append_random (world, packet, 4 + 4 * n_words);
    packet->data[at] = (guint8) (0x80 | below (world, 32));
    packet->data[at + 1] = (guint8) (192 + below (world, 32));
    packet->data[at + 2] = 0;
    packet->data[at + 3] = (guint8) n_words;
  }
  put_ssrc (packet, 4, source);
  return packet;
}

typedef TegataSrtpOutcome (*Protect) (TegataSrtp *self,
                                      const guint8 *in,
                                      gsize in_len,
                                      guint8 *out,
                                      gsize out_size,
                                      gsize *out_len);

/* Gives @bytes to both; the oracle between buffers, ours in place or not. */
static TegataSrtpOutcome
give_both (World *world,
           Protect protect,
           TegataSrtp *ours,
           TegataSrtp *oracle,
           const GByteArray *bytes,
           GByteArray *result)
{
  gsize size = bytes->len + TEGATA_SRTP_MAX_OVERHEAD;
  g_autofree guint8 *a = g_malloc (size);
  g_autofree guint8 *b = g_malloc (size);
  gboolean is_in_place = happens (world, 2);
  gsize a_len = 0;
  gsize b_len = 0;
  TegataSrtpOutcome outcome = protect (oracle, bytes->data, bytes->len, a, size, &a_len);

  memcpy (b, bytes->data, bytes->len);
  srtp_assert_outcome (
      protect (ours, is_in_place ? b : bytes->data, bytes->len, b, size, &b_len),
      outcome);
  world->n_by_outcome[outcome]++;
  if (outcome == TEGATA_SRTP_OK)
  {
    g_assert_cmpmem (a, a_len, b, b_len);
    g_byte_array_append (result, b, (guint) b_len);
  }
  return outcome;
}

static void
assert_same_counters (SrtpPair *native, SrtpPair *oracle, guint32 ssrc)
{
  TegataSrtp *ours[] = { native->sender, native->receiver };
  TegataSrtp *theirs[] = { oracle->sender, oracle->receiver };

  for (guint i = 0; i < 2; i++)
  {
    guint32 our_roc = 0;
    guint32 their_roc = 0;

    g_assert_cmpint (tegata_srtp_get_roc (ours[i], ssrc, &our_roc), ==,
                     tegata_srtp_get_roc (theirs[i], ssrc, &their_roc));
    g_assert_cmpuint (our_roc, ==, their_roc);
  }
}

/* A counter goes up a little, down, or stays, on all four. */
static void
set_counters (World *world, guint32 ssrc)
{
  TegataSrtp *all[] = { world->native->sender, world->oracle->sender,
                        world->native->receiver, world->oracle->receiver };
  guint32 roc = 0;
  gboolean is_set[4];

  tegata_srtp_get_roc (all[0], ssrc, &roc);
  roc += below (world, 4);
  roc -= MIN (roc, 1);
  for (guint i = 0; i < 4; i++)
  {
    is_set[i] = tegata_srtp_set_roc (all[i], ssrc, roc);
  }
  g_assert_cmpint (is_set[0], ==, is_set[1]);
  g_assert_cmpint (is_set[2], ==, is_set[3]);
}

static void
send_one (World *world, Packet *place)
{
  guint source = below (world, N_SOURCES);
  gboolean is_rtcp = happens (world, 8);
  g_autoptr (GByteArray) plain
      = is_rtcp ? new_rtcp (world, source) : new_rtp (world, source);
  GByteArray *packet = g_byte_array_new ();

  if (happens (world, 400))
  {
    set_counters (world, ssrc_of (source));
  }
  if (give_both (world, is_rtcp ? tegata_srtp_protect_rtcp : tegata_srtp_protect_rtp,
                 world->native->sender, world->oracle->sender, plain, packet)
      != TEGATA_SRTP_OK)
  {
    g_byte_array_unref (packet);
    return;
  }
  g_clear_pointer (&place->bytes, g_byte_array_unref);
  place->bytes = packet;
  place->is_rtcp = is_rtcp;
}

static void
receive_one (World *world, const Packet *packet)
{
  g_autoptr (GByteArray) bytes = g_byte_array_append (
      g_byte_array_new (), packet->bytes->data, packet->bytes->len);
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  Protect unprotect
      = packet->is_rtcp ? tegata_srtp_unprotect_rtcp : tegata_srtp_unprotect_rtp;

  if (happens (world, 10))
  {
    bytes->data[below (world, bytes->len)] ^= (guint8) (1u << below (world, 8));
  }
  if (happens (world, 50))
  {
    g_byte_array_set_size (bytes, below (world, bytes->len + 1));
  }
  give_both (world, unprotect, world->native->receiver, world->oracle->receiver, bytes,
             plain);
}

/* The last one mostly; now and then one of those before, which may have passed already,
 * be late, or be behind the window; now and then none, so that it is lost or late. */
static void
run_seed (World *world)
{
  for (guint i = 0; i < N_PACKETS; i++)
  {
    Packet *place = &world->held[i % N_HELD];
    const Packet *other = &world->held[below (world, MIN (i + 1, N_HELD))];

    send_one (world, place);
    if (place->bytes != NULL && !happens (world, 5))
    {
      receive_one (world, place);
    }
    if (other->bytes != NULL && happens (world, 3))
    {
      receive_one (world, other);
    }
    assert_same_counters (world->native, world->oracle,
                          ssrc_of (below (world, N_SOURCES)));
  }
}

static void
every_packet_is_that_of_libsrtp2 (gconstpointer data)
{
  TegataSrtpProfile profile = (TegataSrtpProfile) GPOINTER_TO_INT (data);
  guint32 first = test_first_seed ();
  guint n_seeds = test_n_seeds (100);
  guint64 n_by_outcome[TEGATA_N_SRTP_OUTCOMES] = { 0 };

  for (guint i = 0; i < n_seeds; i++)
  {
    g_autoptr (World) world = world_new (profile, first + i);

    g_test_message ("seed %u", first + i);
    run_seed (world);
    for (guint j = 0; j < TEGATA_N_SRTP_OUTCOMES; j++)
    {
      n_by_outcome[j] += world->n_by_outcome[j];
    }
  }
  for (guint j = 0; j < TEGATA_N_SRTP_OUTCOMES; j++)
  {
    g_test_message ("%s: %" G_GUINT64_FORMAT,
                    tegata_srtp_outcome_to_string ((TegataSrtpOutcome) j),
                    n_by_outcome[j]);
  }
  /* A run in which these never happen compares nothing. */
  g_assert_cmpuint (n_by_outcome[TEGATA_SRTP_OK], >, n_seeds * (N_PACKETS / 2));
  g_assert_cmpuint (n_by_outcome[TEGATA_SRTP_REPLAYED], >, n_seeds);
  g_assert_cmpuint (n_by_outcome[TEGATA_SRTP_TOO_OLD], >, n_seeds);
  g_assert_cmpuint (n_by_outcome[TEGATA_SRTP_AUTH_FAILED], >, n_seeds);
  g_assert_cmpuint (n_by_outcome[TEGATA_SRTP_MALFORMED], >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (srtp_pair_profiles); i++)
  {
    g_autofree char *path
        = g_strdup_printf ("/srtp/oracle/every-packet-is-that-of-libsrtp2/%s",
                           tegata_srtp_profile_to_string (srtp_pair_profiles[i]));

    g_test_add_data_func (path, GINT_TO_POINTER (srtp_pair_profiles[i]),
                          every_packet_is_that_of_libsrtp2);
  }
  return g_test_run ();
}
