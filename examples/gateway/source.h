/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

/* Where plain media comes from: what a source tells, on the media thread. */

/*
 * @packet: a packet, or what claims to be one, has come. @now_us: monotonic: when it was
 * captured, or else when it came. Returns: whether it was taken, and is of the sender
 * that is heard
 * @flush: that was all that came together
 * @sender_report: of the sender of media (RFC 3550 section 6.4.1)
 */
typedef struct
{
  gboolean (*packet) (GatewayKind kind,
                      const guint8 *bytes,
                      gsize len,
                      gint64 now_us,
                      gpointer user_data);
  void (*flush) (GatewayKind kind, gpointer user_data);
  void (*sender_report) (GatewayKind kind,
                         guint32 ssrc,
                         guint64 ntp,
                         guint32 timestamp,
                         gpointer user_data);
} GatewaySourceCallbacks;
