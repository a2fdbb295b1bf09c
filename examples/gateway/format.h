/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What is sent and taken, and how one peer and we have agreed to number it. */

typedef enum
{
  GATEWAY_VIDEO,
  GATEWAY_AUDIO,
} GatewayKind;

#define GATEWAY_N_KINDS 2

/* One row a codec that passes through; the table is in format.c. */
typedef struct
{
  const char *name; /* as in a=rtpmap */
  GatewayKind kind;
  guint clock_rate; /* Hz */
  guint channels;   /* 0 where a=rtpmap has none */
  const char *fmtp; /* what we say in a=fmtp; NULL for nothing */
} GatewayCodec;

/* Any case. NULL for one that does not pass through. */
const GatewayCodec *gateway_codec_find (const char *name);

/* What was agreed with one peer for one kind of media. */
typedef struct
{
  const GatewayCodec *codec; /* NULL: the peer does not take this kind */
  guint8 payload_type;
  guint8 rtx_payload_type; /* RFC 4588; 0: none, and so no retransmission */
  gboolean has_nack;       /* a=rtcp-fb: nack */
  gboolean has_pli;        /* a=rtcp-fb: nack pli */
  guint32 ssrc;            /* the sender's; 0: it has not said (a publisher) */
  guint32 rtx_ssrc;        /* 0: none */
} GatewayFormat;
