/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

/* Where plain media comes from: what a source tells, on the media thread. */

typedef struct
{
  const guint8 *bytes;
  gsize len;
} GatewayPlainPacket;

/*
 * @media: packets, or what claims to be that, have come together. @now_us: monotonic:
 * when they were captured, or else when they came
 * @sender_report: of the sender of media (RFC 3550 section 6.4.1); NULL for none
 */
typedef struct
{
  void (*media) (GatewayKind kind,
                 const GatewayPlainPacket *packets,
                 guint n_packets,
                 gint64 now_us,
                 gpointer user_data);
  void (*sender_report) (GatewayKind kind,
                         guint32 ssrc,
                         guint64 ntp,
                         guint32 timestamp,
                         gpointer user_data);
} GatewaySourceCallbacks;
