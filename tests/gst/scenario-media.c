/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/*
 * What passes once it is connected: media in every form, data, and both beside each
 * other.
 */

#define SSRC 0x7e6a7a00U

static const char *const profiles[] = {
  "SRTP_AEAD_AES_128_GCM",
  "SRTP_AEAD_AES_256_GCM",
  "SRTP_AES128_CM_HMAC_SHA1_80",
  "SRTP_AES128_CM_HMAC_SHA1_32",
};

void
scenarios_add (const char *prefix,
               const RigCase *rig_case,
               const Scenario *scenarios,
               gsize n_scenarios)
{
  for (gsize i = 0; i < n_scenarios; i++)
  {
    g_autofree char *name = g_strconcat (prefix, scenarios[i].name, NULL);

    g_test_add_data_func (name, rig_case, scenarios[i].func);
  }
}

static void
media_and_data_pass_both_ways (gconstpointer rig_case)
{
  Rig *rig;

  if (rig_is_missing (rig_case))
  {
    return;
  }
  rig = rig_new (rig_case);
  rig_connect (rig);
  rig_assert_media_passes (rig, 50);
  rig_assert_data_passes (rig);
  rig_free (rig);
}

static char *
dup_profile (RigEnd *end)
{
  char *profile = NULL;

  g_object_get (end->receiver, "srtp-profile", &profile, NULL);
  return profile;
}

static void
every_profile_carries_media (gconstpointer rig_case)
{
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    Rig *rig = rig_new (rig_case);
    g_autofree char *of_client = NULL;
    g_autofree char *of_server = NULL;

    g_object_set (rig->client.receiver, "profiles", profiles[i], NULL);
    g_object_set (rig->server.receiver, "profiles",
                  "SRTP_AES128_CM_HMAC_SHA1_32:SRTP_AES128_CM_HMAC_SHA1_80:"
                  "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM",
                  NULL);
    rig_connect (rig);
    of_client = dup_profile (&rig->client);
    of_server = dup_profile (&rig->server);
    g_assert_cmpstr (of_client, ==, profiles[i]);
    g_assert_cmpstr (of_server, ==, profiles[i]);
    rig_assert_media_passes (rig, 30);
    rig_free (rig);
  }
}

static void
push_lists (RigEnd *end, RigStream stream, guint n_lists, guint n_each)
{
  for (guint i = 0; i < n_lists; i++)
  {
    GstBufferList *list = gst_buffer_list_new ();

    for (guint j = 0; j < n_each; j++)
    {
      guint serial = i * n_each + j;

      gst_buffer_list_add (list, stream == RIG_RTP ? rig_rtp (SSRC, 96, (guint16) serial)
                                                   : rig_rtcp (SSRC, serial));
    }
    g_assert_cmpint (rig_end_push_list (end, stream, list), ==, GST_FLOW_OK);
  }
}

/* Lists go in and lists come out: on the network's side, and with the application. */
static void
lists_pass_as_lists (gconstpointer rig_case)
{
  const guint n_lists = 6;
  const guint n_each = 10;
  Rig *rig = rig_new (rig_case);
  guint n_before;

  rig_connect (rig);
  n_before = wire_get_counts (rig->client.wire).n_lists;
  wire_set_predicate (rig->client.wire, rig_hold_media, NULL);
  push_lists (&rig->client, RIG_RTP, n_lists, n_each);
  push_lists (&rig->client, RIG_RTCP, n_lists, n_each);
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_lists - n_before, ==,
                    n_lists + n_lists);

  /* everything in one list, RTP and RTCP mixed */
  wire_set_form (rig->client.wire, WIRE_LISTS);
  wire_release (rig->client.wire);
  for (guint i = 0; i < n_lists * n_each; i++)
  {
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_assert_receives (&rig->server, RIG_RTCP, rig_rtcp (SSRC, i));
  }
  g_assert_cmpint (g_atomic_int_get (&rig->server.out[RIG_RTP].n_lists), >, 0);
  g_assert_cmpint (g_atomic_int_get (&rig->server.out[RIG_RTCP].n_lists), >, 0);
  rig_free (rig);
}

/* A list with a DTLS record, noise and forged media in it delivers what is good. */
static void
bad_datagrams_in_a_list_are_left_out (gconstpointer rig_case)
{
  static const guint8 forged[] = { 0x80, 96, 0, 1, 0, 0, 0, 0, 0x7e, 0x6a, 0x7a, 0, 1,
                                   2,    3,  4, 5, 6, 7, 8, 9, 1,    2,    3,    4, 5 };
  static const guint8 noise[] = { 0xff, 1, 2, 3 };
  static const guint8 record[] = { 23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 7 };
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  wire_set_form (rig->client.wire, WIRE_LISTS);
  for (guint16 i = 0; i < 30; i++)
  {
    wire_inject (rig->client.wire, gst_buffer_new_memdup (forged, sizeof forged));
    wire_inject (rig->client.wire, gst_buffer_new_memdup (noise, sizeof noise));
    wire_inject (rig->client.wire, gst_buffer_new_memdup (record, sizeof record));
    g_assert_cmpint (rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, i)), ==,
                     GST_FLOW_OK);
  }
  for (guint16 i = 0; i < 30; i++)
  {
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, i));
  }
  rig_assert_media_passes (rig, 5);
  rig_end_assert_silent (&rig->server);
  rig_free (rig);
}

static void
datagrams_arrive_in_any_form (gconstpointer rig_case)
{
  for (WireForm form = 0; form < WIRE_N_FORMS; form++)
  {
    Rig *rig = rig_new (rig_case);

    wire_set_form (rig->client.wire, form);
    wire_set_form (rig->server.wire, form);
    rig_connect (rig);
    rig_assert_media_passes (rig, 30);
    rig_assert_data_passes (rig);
    rig_free (rig);
  }
}

/* Pushes @buffer while somebody else holds it, and looks that it is as it was. */
static void
push_borrowed (RigEnd *end, RigStream stream, GstBuffer *buffer, gboolean shares_memory)
{
  gsize size = gst_buffer_get_size (buffer);
  g_autofree guint8 *before = g_malloc (size);

  gst_buffer_extract (buffer, 0, before, size);
  g_assert_cmpint (
      rig_end_push (end, stream,
                    shares_memory ? gst_buffer_copy (buffer) : gst_buffer_ref (buffer)),
      ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, before, size), ==, 0);
  gst_buffer_unref (buffer);
}

static void
borrowed_buffers_are_left_alone (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  for (guint i = 0; i < 40; i++)
  {
    push_borrowed (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i), i % 4 < 2);
    push_borrowed (&rig->client, RIG_RTCP, rig_rtcp (SSRC, i), i % 4 < 2);
    push_borrowed (&rig->client, RIG_DATA, rig_data (i, 300), i % 4 < 2);
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_assert_receives (&rig->server, RIG_RTCP, rig_rtcp (SSRC, i));
    rig_end_assert_receives (&rig->server, RIG_DATA, rig_data (i, 300));
  }
  rig_free (rig);
}

/* As payloaders make them: the header and the payload are memories of their own. */
static GstBuffer *
in_two_memories (GstBuffer *packet)
{
  gsize size = gst_buffer_get_size (packet);
  GstBuffer *head = gst_buffer_new_allocate (NULL, 12, NULL);
  GstBuffer *tail = gst_buffer_new_allocate (NULL, size - 12, NULL);
  g_autofree guint8 *bytes = g_malloc (size);

  gst_buffer_extract (packet, 0, bytes, size);
  gst_buffer_fill (head, 0, bytes, 12);
  gst_buffer_fill (tail, 0, bytes + 12, size - 12);
  gst_buffer_unref (packet);
  return gst_buffer_append (head, tail);
}

static void
packets_of_several_memories_pass (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  for (guint16 i = 0; i < 20; i++)
  {
    GstBuffer *packet = in_two_memories (rig_rtp (SSRC, 96, i));

    g_assert_cmpuint (gst_buffer_n_memory (packet), ==, 2);
    if (i % 2 == 0)
    {
      push_borrowed (&rig->client, RIG_RTP, packet, FALSE);
    }
    else
    {
      g_assert_cmpint (rig_end_push (&rig->client, RIG_RTP, packet), ==, GST_FLOW_OK);
    }
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, i));
  }
  rig_free (rig);
}

/* A bundle: audio, video, its retransmissions (RFC 4588) and FEC by one pad. The sequence
 * numbers of all run past 65535, where each stream has a roll-over of its own. */
static void
many_streams_share_one_pad (gconstpointer rig_case)
{
  const guint n_streams = 40;
  const guint n_each = 30;
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  for (guint i = 0; i < n_streams * n_each; i++)
  {
    guint stream = i % n_streams;
    guint16 sequence = (guint16) (65520 + stream + i / n_streams);

    g_assert_cmpint (rig_end_push (&rig->client, RIG_RTP,
                                   rig_rtp (SSRC + stream, 96 + stream % 4, sequence)),
                     ==, GST_FLOW_OK);
    rig_end_assert_receives (&rig->server, RIG_RTP,
                             rig_rtp (SSRC + stream, 96 + stream % 4, sequence));
  }
  rig_free (rig);
}

/* RFC 5761: RTP and RTCP by one network pad, told apart by the payload type alone. */
static void
rtcp_is_told_from_rtp (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  for (guint i = 0; i < 128; i++)
  {
    guint with_marker = i % 2 == 0 ? i : i | 0x80;

    /* 64 to 95 with the marker bit look like RTCP's packet types */
    if (i < 64 || i > 95)
    {
      rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC + i, with_marker, 1));
      rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC + i, with_marker, 1));
    }
    rig_end_push (&rig->client, RIG_RTCP, rig_rtcp (SSRC, i));
    rig_end_assert_receives (&rig->server, RIG_RTCP, rig_rtcp (SSRC, i));
  }
  rig_end_assert_silent (&rig->server);
  rig_free (rig);
}

/* No profile is set, or there is none in common: data passes, media does not, and that is
 * no error. */
static void
assert_data_only (const RigCase *rig_case, const char *of_client, const char *of_server)
{
  Rig *rig = rig_new (rig_case);
  g_autofree char *profile = NULL;

  g_object_set (rig->client.receiver, "profiles", of_client, NULL);
  g_object_set (rig->server.receiver, "profiles", of_server, NULL);
  rig_connect (rig);
  profile = dup_profile (&rig->client);
  g_assert_true (profile == NULL || profile[0] == '\0');
  g_assert_cmpint (rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, 1)), ==,
                   GST_FLOW_OK);
  g_assert_cmpint (rig_end_push (&rig->server, RIG_RTCP, rig_rtcp (SSRC, 1)), ==,
                   GST_FLOW_OK);
  rig_assert_data_passes (rig);
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_media, ==, 0);
  g_assert_cmpuint (wire_get_counts (rig->server.wire).n_media, ==, 0);
  rig_end_assert_silent (&rig->client);
  rig_end_assert_silent (&rig->server);
  rig_free (rig);
}

static void
data_passes_without_media (gconstpointer rig_case)
{
  assert_data_only (rig_case, profiles[0], "");
  assert_data_only (rig_case, "", profiles[0]);
  assert_data_only (rig_case, "", "");
  assert_data_only (rig_case, profiles[0], profiles[1]);
}

/* How much fits is the engine's business: here it is found, and is a sane number. */
static gsize
find_longest_data (Rig *rig, guint mtu)
{
  for (gsize len = mtu - 100; len <= mtu; len++)
  {
    guint n = wire_get_counts (rig->client.wire).n_dtls;

    g_assert_cmpint (rig_end_push (&rig->client, RIG_DATA, rig_data (1, len)), ==,
                     GST_FLOW_OK);
    if (wire_get_counts (rig->client.wire).n_dtls == n)
    {
      return len - 1;
    }
    rig_end_assert_receives (&rig->server, RIG_DATA, rig_data (1, len));
  }
  g_assert_not_reached ();
}

static void
data_of_maximal_length_passes_and_more_is_dropped (gconstpointer rig_case)
{
  const guint mtu = 1000;
  Rig *rig = rig_new (rig_case);
  gsize longest;

  g_object_set (rig->client.receiver, "mtu", mtu, NULL);
  rig_connect (rig);
  longest = find_longest_data (rig, mtu);
  g_test_message ("%" G_GSIZE_FORMAT " bytes of data fit an MTU of %u", longest, mtu);
  g_assert_cmpuint (longest, >, mtu - 100);
  g_assert_cmpuint (wire_get_counts (rig->client.wire).longest_dtls, <=, mtu);

  /* said once, not for each */
  for (guint i = 0; i < 5; i++)
  {
    g_assert_cmpint (rig_end_push (&rig->client, RIG_DATA, rig_data (i, longest + 1 + i)),
                     ==, GST_FLOW_OK);
  }
  g_assert_cmpuint (rig_end_get_n_warnings (&rig->client), ==, 1);
  rig_assert_data_passes (rig);
  rig_assert_media_passes (rig, 3);
  rig_end_assert_silent (&rig->server);
  rig_free (rig);
}

static void
handshakes_keep_the_mtu (gconstpointer rig_case)
{
  const guint mtus[] = { 256, 600, 1200 };

  for (gsize i = 0; i < G_N_ELEMENTS (mtus); i++)
  {
    Rig *rig = rig_new (rig_case);

    g_object_set (rig->client.receiver, "mtu", mtus[i], NULL);
    g_object_set (rig->server.receiver, "mtu", mtus[i], NULL);
    rig_connect (rig);
    g_assert_cmpuint (wire_get_counts (rig->client.wire).longest_dtls, <=, mtus[i]);
    g_assert_cmpuint (wire_get_counts (rig->server.wire).longest_dtls, <=, mtus[i]);
    /* time stamps are for media */
    g_assert_cmpuint (wire_get_counts (rig->client.wire).n_tagged, ==, 0);
    g_assert_cmpuint (wire_get_counts (rig->server.wire).n_tagged, ==, 0);
    rig_free (rig);
  }
}

void
scenarios_add_interop (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "media-and-data-pass-both-ways", media_and_data_pass_both_ways },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
}

void
scenarios_add_media (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "every-profile-carries-media", every_profile_carries_media },
    { "lists-pass-as-lists", lists_pass_as_lists },
    { "bad-datagrams-in-a-list-are-left-out", bad_datagrams_in_a_list_are_left_out },
    { "datagrams-arrive-in-any-form", datagrams_arrive_in_any_form },
    { "borrowed-buffers-are-left-alone", borrowed_buffers_are_left_alone },
    { "packets-of-several-memories-pass", packets_of_several_memories_pass },
    { "many-streams-share-one-pad", many_streams_share_one_pad },
    { "rtcp-is-told-from-rtp", rtcp_is_told_from_rtp },
    { "data-passes-without-media", data_passes_without_media },
    { "data-of-maximal-length-passes-and-more-is-dropped",
      data_of_maximal_length_passes_and_more_is_dropped },
    { "handshakes-keep-the-mtu", handshakes_keep_the_mtu },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
}
