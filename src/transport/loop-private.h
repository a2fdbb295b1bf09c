/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/loop.h>

G_BEGIN_DECLS

/*
 * Timers: on the loop's own thread. A call-back may set, make and free any timer, its own
 * included.
 */
typedef struct _TegataTimer TegataTimer;

typedef void (*TegataTimerFunc) (gpointer user_data);

/* Holds a reference to @loop. Not set yet. */
TegataTimer *
tegata_timer_new (TegataLoop *loop, TegataTimerFunc func, gpointer user_data);
void tegata_timer_free (TegataTimer *self);

/* @deadline_us: monotonic, as g_get_monotonic_time() has it; -1 for none. It is called
 * once, and has to be set again. */
void tegata_timer_set (TegataTimer *self, gint64 deadline_us);

/* Datagrams of one call to the kernel. */
#define TEGATA_BATCH_MAX 32
/* Bytes that may be received into each: more than UDP can carry, so that nothing is cut.
 */
#define TEGATA_BATCH_RECEIVE_SIZE 65536
/* Bytes of each: the longest packet, too, may be protected where it lies. */
#define TEGATA_BATCH_SLOT_SIZE (TEGATA_BATCH_RECEIVE_SIZE + 64)

/*
 * TEGATA_BATCH_MAX slots of TEGATA_BATCH_SLOT_SIZE bytes, one after the other, which are
 * the caller's until they are given back. Shared by all channels of a loop: of the slots
 * only what is written is ever paged in. Where a call-back runs the main context itself,
 * another channel finds them taken, and gets others.
 */
guint8 *tegata_loop_take_slots (TegataLoop *self);
void tegata_loop_give_slots (TegataLoop *self, guint8 *slots);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataTimer, tegata_timer_free)

G_END_DECLS
