/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/cookie.h"
#include "fuzz.h"
#include "session/first-look.h"

#include <tegata/demux.h>

/* Input: a datagram of anybody, for all that reads one before anything is known of it. */

static void
read_records (const guint8 *data, gsize size)
{
  TegataReader datagram;
  TegataRecord record;

  tegata_reader_init (&datagram, data, size);
  while (tegata_record_read (&datagram, &record))
  {
    TegataHandshakeFragment fragment;
    TegataClientHelloStart hello;

    g_assert_true (record.bytes + record.len <= data + size);
    while (tegata_handshake_fragment_read (&record.body, &fragment))
    {
      g_assert_cmpuint (fragment.offset + fragment.body.len, <=, fragment.length);
      if (tegata_client_hello_read_start (fragment.body, &hello))
      {
        g_assert_true (hello.random + TEGATA_RANDOM_LEN <= data + size);
      }
    }
  }
}

static void
judge (const guint8 *data, gsize size)
{
  static TegataCookieJar *jar;
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  TegataAddress peer;

  if (jar == NULL)
  {
    jar = tegata_cookie_jar_new ();
  }
  tegata_address_init (&peer, "peer", 4);
  switch (tegata_cookie_jar_judge (jar, &peer, data, size, 0, answer))
  {
  case TEGATA_COOKIE_CHALLENGE:
    g_assert_cmpuint (answer->len, <=, size); /* or we amplify */
    break;
  case TEGATA_COOKIE_PROVEN:
    g_assert_not_reached (); /* nobody was asked */
  case TEGATA_COOKIE_DROP:
  default:
    break;
  }
}

static void
read_media (const guint8 *data, gsize size)
{
  TegataRtpHeader rtp;
  TegataRtcpHeader rtcp;

  if (tegata_rtp_header_parse (&rtp, data, size))
  {
    g_assert_cmpuint (rtp.header_len + rtp.payload_len + rtp.padding_len, ==, size);
    g_assert_true (tegata_rtp_header_parse_protected (&rtp, data, size));
  }
  if (tegata_rtcp_header_parse (&rtcp, data, size))
  {
    g_assert_cmpuint (rtcp.packet_len, <=, size);
    g_assert_true (tegata_rtcp_header_parse_protected (&rtcp, data, size));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint8 random[TEGATA_RANDOM_LEN];

  tegata_packet_classify (data, size);
  tegata_first_look_hello (data, size, random);
  g_assert_cmpuint (tegata_first_look_protected (data, size), <=, size);
  read_records (data, size);
  judge (data, size);
  read_media (data, size);
  return 0;
}
