/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <tegata/macros.h>

G_BEGIN_DECLS

/**
 * TegataLoop:
 *
 * What the transports of one #GMainContext share: one #GSource for all their deadlines,
 * and the buffers that they receive in. Make one for each thread that runs a main loop,
 * and give it to all that lives there: a thousand transports then cost one timer, and no
 * buffers of their own. Nothing of it is hidden or global. Deadlines and buffers are the
 * library's own: a #TegataDatagramChannel of one's own takes no more of a loop than
 * tegata_loop_get_main_context(), for its sources.
 *
 * Reference-counted. Referenced and released on any thread; all else happens on the
 * thread that runs its main context.
 */
typedef struct _TegataLoop TegataLoop;

#define TEGATA_TYPE_LOOP (tegata_loop_get_type ())
/**
 * tegata_loop_get_type:
 *
 * Returns: the boxed type of #TegataLoop: %TEGATA_TYPE_LOOP. Any thread.
 */
TEGATA_API GType tegata_loop_get_type (void) G_GNUC_CONST;

/**
 * tegata_loop_new:
 * @main_context: (transfer none) (nullable): where its source runs; %NULL for the
 * thread-default one of the calling thread
 *
 * Returns: (transfer full): a loop
 */
TEGATA_API TegataLoop *tegata_loop_new (GMainContext *main_context);
/**
 * tegata_loop_ref:
 *
 * Returns: (transfer full): @self. Any thread
 */
TEGATA_API TegataLoop *tegata_loop_ref (TegataLoop *self);
/**
 * tegata_loop_unref:
 *
 * The last one frees it. Any thread.
 */
TEGATA_API void tegata_loop_unref (TegataLoop *self);

/**
 * tegata_loop_get_main_context:
 *
 * Returns: (transfer none): where its sources run. Any thread
 */
TEGATA_API GMainContext *tegata_loop_get_main_context (TegataLoop *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TegataLoop, tegata_loop_unref)

G_END_DECLS
