/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a viewer can take, and how it numbers it: the table is in codec.c. */

typedef enum
{
  TRACK_AUDIO,
  TRACK_VIDEO,
} TrackKind;

#define N_TRACKS 2

/* "audio", as in an m= line. */
const char *track_kind_to_string (TrackKind kind);

typedef struct
{
  const char *name; /* as in a=rtpmap */
  TrackKind kind;
  guint clock_rate; /* Hz */
  guint channels;   /* 0 where a=rtpmap has none */
  guint8 payload_type;
  guint8 rtx_payload_type; /* RFC 4588; 0 for none */
  const char *fmtp;        /* NULL for nothing */
} Codec;

#define N_CODECS 3

const Codec *codec_get (guint index);

/* What was offered by that number; NULL for nothing, and for a retransmission's. */
const Codec *codec_find (TrackKind kind, guint8 payload_type);
