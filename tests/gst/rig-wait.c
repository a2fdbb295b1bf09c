/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#define WAIT_US ((gint64) 60 * G_USEC_PER_SEC)

void
rig_pulse (gpointer user_data)
{
  Rig *self = user_data;

  g_mutex_lock (&self->lock);
  self->generation++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Of the last hope, why it was in vain. */
static void
print_errors (const RigEnd *end, const char *who)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (end->bus, GST_MESSAGE_ERROR)) != NULL)
  {
    g_autoptr (GError) error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_printerr ("# the %s posted: %s\n", who, error->message);
    gst_message_unref (message);
  }
}

void
rig_wait (Rig *self, RigQuestion is_so, gconstpointer subject, const char *what)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  for (;;)
  {
    guint64 generation;
    gboolean in_time = TRUE;

    g_mutex_lock (&self->lock);
    generation = self->generation;
    g_mutex_unlock (&self->lock);
    if (is_so (subject))
    {
      return;
    }
    g_mutex_lock (&self->lock);
    while (in_time && generation == self->generation)
    {
      in_time = g_cond_wait_until (&self->cond, &self->lock, deadline);
    }
    g_mutex_unlock (&self->lock);
    if (!in_time)
    {
      print_errors (&self->client, "client");
      print_errors (&self->server, "server");
      g_error ("waited in vain: %s; the client's state is %d, the server's %d", what,
               rig_end_get_state (&self->client), rig_end_get_state (&self->server));
    }
  }
}

RigState
rig_end_get_state (RigEnd *end)
{
  gint state;

  g_object_get (end->receiver, "connection-state", &state, NULL);
  return (RigState) state;
}

typedef struct
{
  RigEnd *end;
  RigState state;
} StateQuestion;

static gboolean
has_state (gconstpointer subject)
{
  const StateQuestion *question = subject;

  return rig_end_get_state (question->end) == question->state;
}

void
rig_end_wait_state (RigEnd *end, RigState state)
{
  static const char *const states[]
      = { "new", "closed", "failed", "connecting", "connected" };
  StateQuestion question = { end, state };
  g_autofree char *what = g_strdup_printf (
      "the %s to be %s", end == &end->rig->client ? "client" : "server", states[state]);

  rig_wait (end->rig, has_state, &question, what);
}

gboolean
rig_end_is_over (gconstpointer end)
{
  RigState state = rig_end_get_state ((RigEnd *) end);

  return state == RIG_CLOSED || state == RIG_FAILED;
}

gboolean
rig_end_has_delivered (gconstpointer end)
{
  return wire_get_counts (((const RigEnd *) end)->wire).n_delivered > 0;
}

GError *
rig_end_await_error (RigEnd *end)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      end->bus, (GstClockTime) WAIT_US * GST_USECOND, GST_MESSAGE_ERROR);
  GError *error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  return error;
}

guint
rig_end_get_n_warnings (RigEnd *end)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (end->bus, GST_MESSAGE_WARNING)) != NULL)
  {
    end->n_warnings++;
    gst_message_unref (message);
  }
  return end->n_warnings;
}
