/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

#include "support/seeds.h"

/*
 * How associations begin on bad paths, end, and begin anew.
 */

#define SSRC 0x7e6a7a03U

/* Datagrams of both directions, by one seed each. */
static void
handshakes_survive_loss (gconstpointer rig_case)
{
  static const gint percents[] = { 10, 20, 30 };
  guint32 seed = test_first_seed ();
  /* in real time: the simulation in virtual time has as many as one likes */
  guint n_seeds = MIN (test_n_seeds (6), 12);

  for (guint i = 0; i < n_seeds; i++)
  {
    gint percent = percents[i % G_N_ELEMENTS (percents)];
    RigLoss up = { g_rand_new_with_seed (2 * (seed + i)), percent };
    RigLoss down = { g_rand_new_with_seed (2 * (seed + i) + 1), percent };
    Rig *rig = rig_new (rig_case);

    g_test_message ("TEGATA_TEST_SEED=%u, %d %% lost", seed + i, percent);
    wire_set_predicate (rig->client.wire, rig_lose, &up);
    wire_set_predicate (rig->server.wire, rig_lose, &down);
    rig_connect (rig);
    wire_release (rig->client.wire);
    wire_release (rig->server.wire);
    rig_assert_media_passes (rig, 5);
    rig_free (rig);
    g_rand_free (up.rand);
    g_rand_free (down.rand);
  }
}

static void
silence_times_out (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  g_autoptr (GError) error = NULL;

  rig->expects_errors = TRUE;
  wire_set_predicate (rig->client.wire, rig_drop_all, NULL);
  g_object_set (rig->client.receiver, "handshake-timeout", 300, NULL);
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  error = rig_end_await_error (&rig->client);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE);
  rig_end_wait_state (&rig->client, RIG_FAILED);
  /* it called more than once */
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_dtls, >, 1);
  rig_free (rig);
}

static void
wait_end (RigEnd *end)
{
  rig_end_wait_state (end, RIG_CLOSED);
  rig_end_wait_eos (end, RIG_DATA);
  if (end->kind == RIG_TRANSPORT)
  {
    rig_end_wait_eos (end, RIG_RTP);
    rig_end_wait_eos (end, RIG_RTCP);
  }
}

/* EOS on data_sink is close_notify, behind the data; media afterwards goes nowhere, and
 * is no error. */
static void
assert_eos_closes (Rig *rig, RigEnd *closer, RigEnd *other)
{
  guint n_media;

  rig_connect (rig);
  rig_assert_media_passes (rig, 3);
  rig_end_push (closer, RIG_DATA, rig_data (1, 500));
  rig_end_push_event (closer, RIG_DATA, gst_event_new_eos ());
  rig_end_assert_receives (other, RIG_DATA, rig_data (1, 500));
  rig_end_wait_state (closer, RIG_CLOSED);
  wait_end (other);

  n_media = wire_get_counts (closer->wire).n_media;
  g_assert_cmpint (rig_end_push (closer, RIG_RTP, rig_rtp (SSRC, 96, 1)), ==,
                   GST_FLOW_OK);
  g_assert_cmpuint (wire_get_counts (closer->wire).n_media, ==, n_media);
  n_media = wire_get_counts (other->wire).n_media;
  g_assert_cmpint (rig_end_push (other, RIG_RTP, rig_rtp (SSRC, 96, 2)), ==, GST_FLOW_OK);
  g_assert_cmpint (rig_end_push (other, RIG_DATA, rig_data (2, 10)), ==, GST_FLOW_OK);
  g_assert_cmpuint (wire_get_counts (other->wire).n_media, ==, n_media);
  rig_end_assert_silent (closer);
  rig_free (rig);
}

static void
end_of_data_closes_from_the_client (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  assert_eos_closes (rig, &rig->client, &rig->server);
}

static void
end_of_data_closes_from_the_server (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  assert_eos_closes (rig, &rig->server, &rig->client);
}

static gboolean
has_sent_eos (gconstpointer wire)
{
  return wire_get_counts ((Wire *) wire).n_eos > 0;
}

/* EOS goes to the network's pad when every input had it, and behind what they sent. */
static void
end_of_all_inputs_ends_the_output (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  rig_assert_media_passes (rig, 3);
  rig_assert_data_passes (rig);
  rig_end_push_event (&rig->client, RIG_RTP, gst_event_new_eos ());
  rig_end_push_event (&rig->client, RIG_RTCP, gst_event_new_eos ());
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_eos, ==, 0);
  rig_end_push_event (&rig->client, RIG_DATA, gst_event_new_eos ());
  rig_wait (rig, has_sent_eos, rig->client.wire, "EOS on the network's pad");
  wait_end (&rig->server);
  rig_free (rig);
}

/* A socket does not end, but a file with a recorded call does. */
static void
end_of_the_network_ends_the_sources (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, 7));
  wire_push_event (rig->client.wire, gst_event_new_eos ());
  rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, 7));
  for (RigStream stream = 0; stream < RIG_N_STREAMS; stream++)
  {
    rig_end_wait_eos (&rig->server, stream);
  }
  rig_free (rig);
}

static void
begin_anew (Rig *rig, GstState state)
{
  rig_end_stop (&rig->client, state);
  rig_end_stop (&rig->server, state);
  g_assert_cmpint (rig_end_get_state (&rig->client), ==, RIG_CLOSED);
  g_assert_cmpint (rig_end_get_state (&rig->server), ==, RIG_CLOSED);
  wire_relink (rig->client.wire);
  wire_relink (rig->server.wire);
  rig_connect (rig);
}

/* A session of its own each time, with keys of its own, and the same certificate. */
static void
stopped_ends_begin_anew (gconstpointer rig_case)
{
  static const GstState states[] = { GST_STATE_READY, GST_STATE_NULL };
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  for (gsize i = 0; i < 3 * G_N_ELEMENTS (states); i++)
  {
    begin_anew (rig, states[i % G_N_ELEMENTS (states)]);
    rig_assert_media_passes (rig, 5);
    rig_assert_data_passes (rig);
  }
  rig_free (rig);
}

/* After an error and after a good-bye too. */
static void
ended_ends_begin_anew (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  rig_assert_data_passes (rig);
  rig_end_push_event (&rig->client, RIG_DATA, gst_event_new_eos ());
  wait_end (&rig->server);
  begin_anew (rig, GST_STATE_READY);
  rig_assert_media_passes (rig, 5);
  rig_assert_data_passes (rig);
  rig_free (rig);
}

/* The role may be another one then. */
static void
roles_may_change_between (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_end_stop (&rig->client, GST_STATE_READY);
  rig_end_stop (&rig->server, GST_STATE_READY);
  wire_relink (rig->client.wire);
  wire_relink (rig->server.wire);
  g_object_set (rig->client.sender, "is-client", FALSE, NULL);
  g_object_set (rig->server.sender, "is-client", TRUE, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

/* The decoders stay up while both encoders begin anew. */
static void
encoders_begin_anew_alone (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  RigEnd *ends[] = { &rig->client, &rig->server };

  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
  {
    rig_end_stop_sender (ends[i]);
  }
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_assert_data_passes (rig);
  rig_free (rig);
}

void
scenarios_add_life (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "handshakes-survive-loss", handshakes_survive_loss },
    { "silence-times-out", silence_times_out },
    { "end-of-data-closes-from-the-client", end_of_data_closes_from_the_client },
    { "end-of-data-closes-from-the-server", end_of_data_closes_from_the_server },
    { "end-of-all-inputs-ends-the-output", end_of_all_inputs_ends_the_output },
    { "end-of-the-network-ends-the-sources", end_of_the_network_ends_the_sources },
    { "stopped-ends-begin-anew", stopped_ends_begin_anew },
    { "ended-ends-begin-anew", ended_ends_begin_anew },
    { "roles-may-change-between", roles_may_change_between },
  };
  static const Scenario of_pairs[] = {
    { "encoders-begin-anew-alone", encoders_begin_anew_alone },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
  if (rig_case->client == RIG_PAIR && rig_case->server == RIG_PAIR)
  {
    scenarios_add (prefix, rig_case, of_pairs, G_N_ELEMENTS (of_pairs));
  }
}
