/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec.h"

/* The better one first: a gateway that has both takes the first. */
static const Codec codecs[N_CODECS] = {
  { "OPUS", TRACK_AUDIO, 48000, 2, 111, 0, "minptime=10;useinbandfec=1" },
  { "VP8", TRACK_VIDEO, 90000, 0, 96, 97, NULL },
  { "H264", TRACK_VIDEO, 90000, 0, 98, 99,
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
};

const char *
track_kind_to_string (TrackKind kind)
{
  return kind == TRACK_AUDIO ? "audio" : "video";
}

const Codec *
codec_get (guint index)
{
  g_return_val_if_fail (index < N_CODECS, NULL);

  return &codecs[index];
}

const Codec *
codec_find (TrackKind kind, guint8 payload_type)
{
  for (guint i = 0; i < N_CODECS; i++)
  {
    if (codecs[i].kind == kind && codecs[i].payload_type == payload_type)
    {
      return &codecs[i];
    }
  }
  return NULL;
}
