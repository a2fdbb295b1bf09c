/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp/srtp-window.h"

#include <string.h>

void
tegata_srtp_window_init (TegataSrtpWindow *self, guint n_indices)
{
  memset (self, 0, sizeof *self);
  self->n_indices = n_indices;
}

static gsize
word_of (const TegataSrtpWindow *self, guint64 index)
{
  return (gsize) (index % self->n_indices / 64);
}

static guint64
bit_of (guint64 index)
{
  return G_GUINT64_CONSTANT (1) << (index % 64);
}

TegataSrtpOutcome
tegata_srtp_window_check (const TegataSrtpWindow *self, guint64 index)
{
  if (index > self->last)
  {
    return TEGATA_SRTP_OK;
  }
  if (self->last - index >= self->n_indices)
  {
    return TEGATA_SRTP_TOO_OLD;
  }
  return (self->bits[word_of (self, index)] & bit_of (index)) != 0 ? TEGATA_SRTP_REPLAYED
                                                                   : TEGATA_SRTP_OK;
}

void
tegata_srtp_window_add (TegataSrtpWindow *self, guint64 index)
{
  if (index > self->last && index - self->last >= self->n_indices)
  {
    memset (self->bits, 0, sizeof self->bits);
    self->last = index;
  }
  while (self->last < index)
  {
    self->last++;
    self->bits[word_of (self, self->last)] &= ~bit_of (self->last);
  }
  self->bits[word_of (self, index)] |= bit_of (index);
}
