/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allowance.h"

gboolean
gateway_allowance_take (GatewayAllowance *self, guint n, guint limit, gint64 now_us)
{
  if (now_us - self->begin_us >= GATEWAY_ALLOWANCE_SPAN_US)
  {
    self->begin_us = now_us;
    self->used = 0;
  }
  if (n > limit - self->used)
  {
    return FALSE;
  }
  self->used += n;
  return TRUE;
}
