/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* For all of one test: a machine under load may be slow, a hung peer is not waited for.
 */
#define RIG_TIMEOUT_US (20 * G_USEC_PER_SEC)

typedef gboolean (*RigCondition) (Rig *self, const void *what);

Rig *
rig_new (const char *const *argv)
{
  Rig *self = g_new0 (Rig, 1);
  g_autofree char *command = g_strjoinv (" ", (char **) argv);

  g_test_message ("starting: %s", command);
  self->them = child_spawn (argv);
  self->deadline_us = g_get_monotonic_time () + RIG_TIMEOUT_US;
  return self;
}

void
rig_free (Rig *self)
{
  if (self == NULL)
  {
    return;
  }

  udp_peer_free (self->us);
  child_free (self->them);
  g_free (self);
}

static int
get_timeout_ms (Rig *self)
{
  gint64 left_ms = (self->deadline_us - g_get_monotonic_time ()) / 1000 + 1;
  int ours_ms = self->us != NULL ? udp_peer_get_timeout_ms (self->us) : -1;

  if (self->them->is_mute)
  {
    return 0;
  }
  left_ms = MAX (left_ms, 0);
  return ours_ms >= 0 ? (int) MIN (left_ms, ours_ms) : (int) left_ms;
}

static void
take_in (Rig *self)
{
  child_read (self->them);
  if (self->us != NULL)
  {
    udp_peer_step (self->us);
  }
}

/* An fd below 0 is passed over by poll(2): how the one that is not there is left out. */
static void
wait_for_either (Rig *self)
{
  struct pollfd fds[] = {
    { .fd = self->them->is_mute ? -1 : self->them->stdout_fd, .events = POLLIN },
    { .fd = self->us != NULL ? self->us->fd : -1, .events = POLLIN },
  };

  if (poll (fds, G_N_ELEMENTS (fds), get_timeout_ms (self)) < 0)
  {
    g_assert_cmpint (errno, ==, EINTR);
  }
}

static const char *
describe_us (Rig *self)
{
  return self->us != NULL
             ? tegata_state_to_string (tegata_dtls_get_state (self->us->dtls))
             : "not there";
}

static void
expect (Rig *self, RigCondition condition, const void *what, const char *description)
{
  for (;;)
  {
    /* What a program sent before it ended is in our socket by now, and is taken in. */
    gboolean is_last_look
        = self->them->is_mute || g_get_monotonic_time () >= self->deadline_us;

    take_in (self);
    if (condition (self, what))
    {
      return;
    }
    if (is_last_look)
    {
      break;
    }
    wait_for_either (self);
  }

  const GError *error = self->us != NULL ? tegata_dtls_get_error (self->us->dtls) : NULL;
  g_printerr ("the peer %s and said:\n%s\n", self->them->is_mute ? "ended" : "hangs",
              self->them->output->str);
  g_error ("waited in vain for %s; we are %s: %s", description, describe_us (self),
           error != NULL ? error->message : "no error");
}

static gboolean
is_in_state (Rig *self, const void *what)
{
  const TegataState *state = what;

  return self->us != NULL && tegata_dtls_get_state (self->us->dtls) == *state;
}

void
rig_expect_state (Rig *self, TegataState state)
{
  expect (self, is_in_state, &state, tegata_state_to_string (state));
}

static gboolean
has_said (Rig *self, const void *what)
{
  return strstr (self->them->output->str, what) != NULL;
}

void
rig_expect_output (Rig *self, const char *text)
{
  expect (self, has_said, text, text);
}

static gboolean
has_sent (Rig *self, const void *what)
{
  return self->us != NULL && strstr (self->us->data->str, what) != NULL;
}

void
rig_expect_data (Rig *self, const char *text)
{
  expect (self, has_sent, text, text);
}

static gboolean
has_said_line (Rig *self, const void *what)
{
  g_autofree char *rest = child_get_after (self->them, what);

  return rest != NULL;
}

char *
rig_expect_line (Rig *self, const char *mark)
{
  expect (self, has_said_line, mark, mark);
  return child_get_after (self->them, mark);
}

static gboolean
has_ended (Rig *self, G_GNUC_UNUSED const void *nothing)
{
  return self->them->is_mute;
}

void
rig_expect_end (Rig *self)
{
  expect (self, has_ended, NULL, "the peer's end");
}
