/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/*
 * A network's pad that blocks, as behind a full queue or a slow socket: nobody else waits
 * for it, nor does the same element's other direction.
 */

#define SSRC 0x7e6a7a04U

typedef struct
{
  GstPad *pad;
  gulong probe_id;
  gint n_blocked; /* atomic */
} Block;

static GstPadProbeReturn
note_block (G_GNUC_UNUSED GstPad *pad,
            G_GNUC_UNUSED GstPadProbeInfo *info,
            gpointer user_data)
{
  g_atomic_int_inc (&((Block *) user_data)->n_blocked);
  return GST_PAD_PROBE_OK;
}

static void
block (Block *self, RigEnd *end)
{
  self->pad = gst_element_get_static_pad (end->sender,
                                          end->kind == RIG_TRANSPORT ? "net_src" : "src");
  self->probe_id = gst_pad_add_probe (self->pad,
                                      GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER
                                          | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                                      note_block, self, NULL);
}

static void
wait_block (Block *self)
{
  while (g_atomic_int_get (&self->n_blocked) == 0)
  {
    g_thread_yield ();
  }
}

static void
unblock (Block *self)
{
  gst_pad_remove_probe (self->pad, self->probe_id);
  gst_object_unref (self->pad);
}

static gpointer
push_ten (gpointer end)
{
  for (guint16 i = 0; i < 10; i++)
  {
    rig_end_push (end, RIG_RTP, rig_rtp (SSRC, 96, i));
  }
  return NULL;
}

/* A handshake that needs its timer, since the first datagrams of both are lost. */
static void
assert_others_connect (const RigCase *rig_case)
{
  Rig *rig = rig_new (rig_case);

  wire_set_predicate (rig->client.wire, rig_drop_first, NULL);
  wire_set_predicate (rig->server.wire, rig_drop_first, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

static void
assert_receives (RigEnd *from, RigEnd *to, guint first)
{
  for (guint i = first; i < first + 10; i++)
  {
    rig_end_push (from, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_push (from, RIG_RTCP, rig_rtcp (SSRC, i));
    rig_end_push (from, RIG_DATA, rig_data (i, 50));
    rig_end_assert_receives (to, RIG_RTP, rig_rtp (SSRC, 96, (guint16) i));
    rig_end_assert_receives (to, RIG_RTCP, rig_rtcp (SSRC, i));
    rig_end_assert_receives (to, RIG_DATA, rig_data (i, 50));
  }
}

/* It is the thread that brings media which blocks. */
static void
blocked_media_stalls_nobody_else (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  Block blocked = { 0 };
  GThread *thread;

  rig_connect (rig);
  rig_assert_media_passes (rig, 1);
  block (&blocked, &rig->client);
  thread = g_thread_new ("pusher", push_ten, &rig->client);
  wait_block (&blocked);

  assert_receives (&rig->server, &rig->client, 100);
  assert_others_connect (rig_case);
  assert_receives (&rig->server, &rig->client, 200);

  unblock (&blocked);
  g_thread_join (thread);
  for (guint16 i = 0; i < 10; i++)
  {
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, i));
  }
  rig_assert_media_passes (rig, 5);
  rig_assert_data_passes (rig);
  rig_free (rig);
}

/* It is the element's own worker that blocks, with a ClientHello: repeated ones wait, and
 * other elements' timers go on. */
static void
blocked_handshakes_stall_nobody_else (gconstpointer rig_case)
{
  const guint n_rigs = 8;
  Rig *rigs[8];
  Block blocked[8] = { 0 };

  for (guint i = 0; i < n_rigs; i++)
  {
    rigs[i] = rig_new (rig_case);
    block (&blocked[i], &rigs[i]->client);
    rig_end_start (&rigs[i]->server);
    rig_end_start (&rigs[i]->client);
    wait_block (&blocked[i]);
  }

  assert_others_connect (rig_case);
  for (guint i = 0; i < n_rigs; i++)
  {
    unblock (&blocked[i]);
    rig_end_wait_state (&rigs[i]->client, RIG_CONNECTED);
    rig_end_wait_state (&rigs[i]->server, RIG_CONNECTED);
    rig_assert_media_passes (rigs[i], 3);
    rig_free (rigs[i]);
  }
}

/* A pipeline must come down however it stands. */
static void
blocked_ends_can_be_stopped (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  Block blocked = { 0 };
  GThread *thread;

  rig_connect (rig);
  rig_assert_media_passes (rig, 1);
  block (&blocked, &rig->client);
  thread = g_thread_new ("pusher", push_ten, &rig->client);
  wait_block (&blocked);
  assert_receives (&rig->server, &rig->client, 100);
  g_assert_cmpint (gst_element_set_state (rig->client.sender, GST_STATE_NULL), ==,
                   GST_STATE_CHANGE_SUCCESS);
  g_thread_join (thread);
  unblock (&blocked);
  rig_free (rig);
}

static void
ends_blocked_in_the_handshake_can_be_stopped (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  Block blocked = { 0 };

  block (&blocked, &rig->client);
  rig_end_start (&rig->client);
  wait_block (&blocked);
  g_assert_cmpint (gst_element_set_state (rig->client.sender, GST_STATE_NULL), ==,
                   GST_STATE_CHANGE_SUCCESS);
  unblock (&blocked);
  rig_free (rig);
}

/* An application that holds what it was given holds up the input, and nothing else. */
static void
blocked_sources_stall_nobody_else (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  Block blocked = { 0 };
  gulong probe_id;

  rig_connect (rig);
  rig_assert_media_passes (rig, 1);
  probe_id = gst_pad_add_probe (rig->client.out[RIG_RTP].pad,
                                GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                                note_block, &blocked, NULL);
  rig_end_push (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, 1));
  wait_block (&blocked);

  for (guint16 i = 0; i < 10; i++)
  {
    rig_end_push (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, i));
    rig_end_push (&rig->client, RIG_DATA, rig_data (i, 50));
    rig_end_assert_receives (&rig->server, RIG_RTP, rig_rtp (SSRC, 96, i));
    rig_end_assert_receives (&rig->server, RIG_DATA, rig_data (i, 50));
  }
  assert_others_connect (rig_case);

  gst_pad_remove_probe (rig->client.out[RIG_RTP].pad, probe_id);
  rig_end_assert_receives (&rig->client, RIG_RTP, rig_rtp (SSRC, 96, 1));
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

void
scenarios_add_stall (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "blocked-media-stalls-nobody-else", blocked_media_stalls_nobody_else },
    { "blocked-handshakes-stall-nobody-else", blocked_handshakes_stall_nobody_else },
    { "blocked-ends-can-be-stopped", blocked_ends_can_be_stopped },
    { "ends-blocked-in-the-handshake-can-be-stopped",
      ends_blocked_in_the_handshake_can_be_stopped },
    { "blocked-sources-stall-nobody-else", blocked_sources_stall_nobody_else },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
}
