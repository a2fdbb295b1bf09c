/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Another program, with its standard input and output in our hands; what it says on
 * standard error is put among its output. It does not outlive us: it is killed with the
 * object, and by the kernel where the test dies without cleaning up. Nothing in it waits.
 */
typedef struct
{
  GPid pid;
  int stdin_fd; /* -1 once closed */
  int stdout_fd;
  GString *output;  /* all that it said so far */
  gboolean is_mute; /* it has closed its output: it has ended, as good as */
} Child;

/* @argv: a program, by path or to be found in PATH, and its arguments; %NULL-terminated
 */
Child *child_spawn (const char *const *argv);

/* Kills it where it still runs. */
void child_free (Child *self);

/* Takes in what it has said. */
void child_read (Child *self);

/* To its standard input: a few lines at most, which fit a pipe. */
void child_write (Child *self, const char *text);
void child_close_stdin (Child *self);

/* What stands after @mark in its output, to the end of the line.
 * Returns: (transfer full) (nullable): %NULL before that line is whole */
char *child_get_after (Child *self, const char *mark);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Child, child_free)

G_END_DECLS
