/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

static const GatewayCodec codecs[] = {
  { "VP8", GATEWAY_VIDEO, 90000, 0, NULL },
  { "H264", GATEWAY_VIDEO, 90000, 0,
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
  { "OPUS", GATEWAY_AUDIO, 48000, 2, "minptime=10;useinbandfec=1" },
};

const GatewayCodec *
gateway_codec_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
  {
    if (g_ascii_strcasecmp (codecs[i].name, name) == 0)
    {
      return &codecs[i];
    }
  }
  return NULL;
}
