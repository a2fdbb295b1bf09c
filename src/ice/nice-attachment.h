/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdatomic.h>
#include <tegata-nice/nice-channel.h>

/* Who listens to a channel for the time being, and what is to be told on the loop's
 * thread. It knows the channel weakly, which may be released on any thread.
 * Atomically reference-counted. */
typedef struct
{
  guint64 key; /* of the component, for the hub's table */
  GWeakRef channel;
  atomic_uint_fast64_t *n_received; /* the channel's: touched while that is held */
  const TegataDatagramReceiver *receiver;
  gpointer user_data;
  atomic_bool is_over;  /* detached */
  gboolean is_writable; /* loop's thread: told, or so from the start */
  GMutex lock;
  GSource *source;  /* under the lock, as what follows; NULL once detached */
  gboolean has_way; /* a pair was selected */
  GError *failure;  /* of the component; NULL for nothing to tell */
  GError *refusal;  /* to send; NULL for nothing to tell */
} TegataNiceAttachment;

TegataNiceAttachment *tegata_nice_attachment_new (guint64 key,
                                                  TegataNiceChannel *channel,
                                                  atomic_uint_fast64_t *n_received,
                                                  const TegataDatagramReceiver *receiver,
                                                  gpointer user_data);
TegataNiceAttachment *tegata_nice_attachment_ref (TegataNiceAttachment *self);
void tegata_nice_attachment_unref (TegataNiceAttachment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataNiceAttachment, tegata_nice_attachment_unref)

/* @is_writable: whether there is a way already, of which nothing is told */
void tegata_nice_attachment_begin (TegataNiceAttachment *self,
                                   GMainContext *main_context,
                                   gboolean is_writable);
/* Nothing is told from now on. */
void tegata_nice_attachment_end (TegataNiceAttachment *self);

/* One datagram, lent, on the loop's thread. */
void
tegata_nice_attachment_receive (TegataNiceAttachment *self, guint8 *bytes, gsize len);

/* Told soon, on the loop's thread. Any thread. */
void tegata_nice_attachment_post_way (TegataNiceAttachment *self);
void tegata_nice_attachment_post_failure (TegataNiceAttachment *self);
/* @refusal: (transfer full) */
void tegata_nice_attachment_post_refusal (TegataNiceAttachment *self, GError *refusal);
