/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * What somebody who is not to be believed may make us do: so much in each span of time,
 * and no more. No clock: time is handed in, in microseconds.
 */
#define GATEWAY_ALLOWANCE_SPAN_US (50 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  gint64 begin_us; /* of this span */
  guint used;      /* in it */
} GatewayAllowance;

/* Returns: whether @n more are within @limit of a span; only then they count */
gboolean
gateway_allowance_take (GatewayAllowance *self, guint n, guint limit, gint64 now_us);
