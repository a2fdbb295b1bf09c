/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "support/child.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in the child, between fork and exec. */
static void
bind_life_to_parent (G_GNUC_UNUSED gpointer nothing)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGPIPE, SIG_DFL);
  dup2 (STDOUT_FILENO, STDERR_FILENO);
}

Child *
child_spawn (const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  Child *self = g_new0 (Child, 1);

  /* a program that has ended is seen by its output, not by a signal to us */
  signal (SIGPIPE, SIG_IGN);

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL,
                            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                            bind_life_to_parent, NULL, &self->pid, &self->stdin_fd,
                            &self->stdout_fd, NULL, &error);
  g_assert_no_error (error);
  g_unix_set_fd_nonblocking (self->stdout_fd, TRUE, &error);
  g_assert_no_error (error);
  self->output = g_string_new (NULL);
  return self;
}

void
child_free (Child *self)
{
  if (self == NULL)
  {
    return;
  }

  child_close_stdin (self);
  kill (self->pid, SIGKILL);
  while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
  {
  }
  g_spawn_close_pid (self->pid);
  close (self->stdout_fd);
  g_string_free (self->output, TRUE);
  g_free (self);
}

void
child_read (Child *self)
{
  char buffer[4096];
  ssize_t len;

  while ((len = read (self->stdout_fd, buffer, sizeof buffer)) > 0)
  {
    g_string_append_len (self->output, buffer, len);
  }
  if (len == 0)
  {
    self->is_mute = TRUE;
  }
}

void
child_write (Child *self, const char *text)
{
  gsize len = strlen (text);

  g_assert_cmpint (self->stdin_fd, >=, 0);
  g_assert_cmpint (write (self->stdin_fd, text, len), ==, (gssize) len);
}

void
child_close_stdin (Child *self)
{
  if (self->stdin_fd >= 0)
  {
    close (self->stdin_fd);
    self->stdin_fd = -1;
  }
}

char *
child_get_after (Child *self, const char *mark)
{
  const char *start = strstr (self->output->str, mark);
  const char *end;

  if (start == NULL)
  {
    return NULL;
  }
  start += strlen (mark);
  end = strchr (start, '\n');
  return end != NULL ? g_strndup (start, (gsize) (end - start)) : NULL;
}
