/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"

#include <tegata/demux.h>

typedef struct
{
  guint8 first;
  guint8 last;
  TegataPacketKind kind;
} Range;

/* RFC 7983 section 7 as RFC 9443 section 2 updates it. A first byte of no row is for
 * nobody. */
static const Range ranges[] = {
  { 0, 3, TEGATA_PACKET_STUN },     { 16, 19, TEGATA_PACKET_ZRTP },
  { 20, 63, TEGATA_PACKET_DTLS },   { 64, 79, TEGATA_PACKET_TURN_CHANNEL },
  { 80, 127, TEGATA_PACKET_QUIC },  { 128, 191, TEGATA_PACKET_RTP },
  { 192, 255, TEGATA_PACKET_QUIC },
};

/* RFC 5761 section 4: no payload type of RTP that shares a transport with RTCP may lie
 * here. */
#define RTCP_FIRST_TYPE 192
#define RTCP_LAST_TYPE 223

static TegataPacketKind
kind_of_first_byte (guint8 byte)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
  {
    if (byte >= ranges[i].first && byte <= ranges[i].last)
    {
      return ranges[i].kind;
    }
  }
  return TEGATA_PACKET_UNKNOWN;
}

TegataPacketKind
tegata_packet_classify (const guint8 *bytes, gsize len)
{
  TegataReader reader;
  TegataPacketKind kind;
  guint8 first;
  guint8 second;

  g_return_val_if_fail (bytes != NULL || len == 0, TEGATA_PACKET_UNKNOWN);

  tegata_reader_init (&reader, bytes, len);
  if (!tegata_reader_u8 (&reader, &first))
  {
    return TEGATA_PACKET_UNKNOWN;
  }

  kind = kind_of_first_byte (first);
  if (kind != TEGATA_PACKET_RTP)
  {
    return kind;
  }
  if (!tegata_reader_u8 (&reader, &second))
  {
    return TEGATA_PACKET_UNKNOWN;
  }
  if (second >= RTCP_FIRST_TYPE && second <= RTCP_LAST_TYPE)
  {
    return TEGATA_PACKET_RTCP;
  }
  return TEGATA_PACKET_RTP;
}
