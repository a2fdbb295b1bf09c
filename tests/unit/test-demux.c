/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <tegata/demux.h>

#define N_RANDOM 200000

/* RFC 9443 section 2, written down once more: by where a range begins. */
static const struct
{
  guint first;
  TegataPacketKind kind;
} starts[] = {
  { 0, TEGATA_PACKET_STUN },          { 4, TEGATA_PACKET_UNKNOWN },
  { 16, TEGATA_PACKET_ZRTP },         { 20, TEGATA_PACKET_DTLS },
  { 64, TEGATA_PACKET_TURN_CHANNEL }, { 80, TEGATA_PACKET_QUIC },
  { 128, TEGATA_PACKET_RTP },         { 192, TEGATA_PACKET_QUIC },
};

static TegataPacketKind
expected_kind (guint first, guint second)
{
  TegataPacketKind kind = TEGATA_PACKET_UNKNOWN;

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
  {
    if (first >= starts[i].first)
    {
      kind = starts[i].kind;
    }
  }
  if (kind == TEGATA_PACKET_RTP && second >= 192 && second <= 223)
  {
    return TEGATA_PACKET_RTCP;
  }
  return kind;
}

static void
every_pair_of_first_bytes_has_its_class (void)
{
  for (guint first = 0; first < 256; first++)
  {
    for (guint second = 0; second < 256; second++)
    {
      const guint8 bytes[] = { (guint8) first, (guint8) second, 0 };

      g_assert_cmpint (tegata_packet_classify (bytes, 2), ==,
                       expected_kind (first, second));
      g_assert_cmpint (tegata_packet_classify (bytes, 3), ==,
                       expected_kind (first, second));
    }
  }
}

static void
one_byte_in_the_range_of_rtp_is_unknown (void)
{
  for (guint first = 0; first < 256; first++)
  {
    g_autofree guint8 *byte = g_malloc (1);
    TegataPacketKind kind = expected_kind (first, 0);

    *byte = (guint8) first;
    g_assert_cmpint (tegata_packet_classify (byte, 1), ==,
                     kind == TEGATA_PACKET_RTP ? TEGATA_PACKET_UNKNOWN : kind);
  }
}

static void
nothing_is_unknown (void)
{
  g_assert_cmpint (tegata_packet_classify (NULL, 0), ==, TEGATA_PACKET_UNKNOWN);
}

/* M, payload type 96, sequence 0x1234, timestamp 0x89abcdef, SSRC 0xcafebabe */
#define FIXED "\xe0\x12\x34\x89\xab\xcd\xef\xca\xfe\xba\xbe"
#define CSRC "\x00\x00\x00\x07"

typedef struct
{
  const char *what;
  const char *bytes;
  gsize len;
} Datagram;

#define DATAGRAM(what, bytes)                                                            \
  {                                                                                      \
    what, bytes, sizeof (bytes) - 1                                                      \
  }

static const struct
{
  Datagram datagram;
  gsize header_len;
  gsize payload_len;
  gsize padding_len;
  guint n_csrcs;
  gsize extension_offset;
  gsize extension_len;
} sound_rtp[] = {
  { DATAGRAM ("no payload", "\x80" FIXED), 12, 0, 0, 0, 0, 0 },
  { DATAGRAM ("payload", "\x80" FIXED "abc"), 12, 3, 0, 0, 0, 0 },
  { DATAGRAM ("CSRCs", "\x83" FIXED CSRC CSRC CSRC "a"), 24, 1, 0, 3, 0, 0 },
  { DATAGRAM ("empty extension", "\x90" FIXED "\xbe\xde\x00\x00"), 16, 0, 0, 0, 16, 0 },
  { DATAGRAM ("extension",
              "\x90" FIXED "\xbe\xde\x00\x01"
              "wordab"),
    20, 2, 0, 0, 16, 4 },
  { DATAGRAM ("all",
              "\xb1" FIXED CSRC "\xbe\xde\x00\x02"
              "wordword"
              "ab\x00\x02"),
    28, 2, 2, 1, 20, 8 },
  { DATAGRAM ("padding only", "\xa0" FIXED "\x00\x00\x00\x04"), 12, 0, 4, 0, 0, 0 },
  { DATAGRAM ("one byte of padding", "\xa0" FIXED "ab\x01"), 12, 2, 1, 0, 0, 0 },
};

static void
rtp_header_is_read (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sound_rtp); i++)
  {
    const Datagram *datagram = &sound_rtp[i].datagram;
    const guint8 *bytes = (const guint8 *) datagram->bytes;
    gboolean has_extension = sound_rtp[i].extension_offset > 0;
    TegataRtpHeader header;

    g_test_message ("%s", datagram->what);
    g_assert_true (tegata_rtp_header_parse (&header, bytes, datagram->len));
    g_assert_cmpuint (header.header_len, ==, sound_rtp[i].header_len);
    g_assert_cmpuint (header.payload_len, ==, sound_rtp[i].payload_len);
    g_assert_cmpuint (header.padding_len, ==, sound_rtp[i].padding_len);
    g_assert_cmpuint (header.n_csrcs, ==, sound_rtp[i].n_csrcs);
    g_assert_cmpint (header.has_extension, ==, has_extension);
    g_assert_cmphex (header.extension_profile, ==, has_extension ? 0xbede : 0);
    g_assert_cmpuint (header.extension_offset, ==, sound_rtp[i].extension_offset);
    g_assert_cmpuint (header.extension_len, ==, sound_rtp[i].extension_len);
    g_assert_true (header.marker);
    g_assert_cmpuint (header.payload_type, ==, 96);
    g_assert_cmphex (header.sequence, ==, 0x1234);
    g_assert_cmphex (header.timestamp, ==, 0x89abcdef);
    g_assert_cmphex (header.ssrc, ==, 0xcafebabe);

    /* Padding is still encrypted. */
    g_assert_true (tegata_rtp_header_parse_protected (&header, bytes, datagram->len));
    g_assert_cmpuint (header.header_len, ==, sound_rtp[i].header_len);
    g_assert_cmpuint (header.payload_len, ==, datagram->len - sound_rtp[i].header_len);
    g_assert_cmpuint (header.padding_len, ==, 0);
  }
}

/* Exactly as long as it is, so that a sanitizer sees a read beyond it. */
static void
assert_rtp (const guint8 *bytes,
            gsize len,
            gboolean is_sound,
            gboolean is_sound_protected)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataRtpHeader untouched;
  TegataRtpHeader header;

  memset (&untouched, 0x5a, sizeof untouched);
  header = untouched;
  g_assert_cmpint (tegata_rtp_header_parse (&header, copy, len), ==, is_sound);
  if (!is_sound)
  {
    g_assert_cmpmem (&header, sizeof header, &untouched, sizeof untouched);
  }

  header = untouched;
  g_assert_cmpint (tegata_rtp_header_parse_protected (&header, copy, len), ==,
                   is_sound_protected);
  if (!is_sound_protected)
  {
    g_assert_cmpmem (&header, sizeof header, &untouched, sizeof untouched);
  }
}

static void
truncated_rtp_headers_are_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sound_rtp); i++)
  {
    for (gsize len = 0; len < sound_rtp[i].header_len; len++)
    {
      assert_rtp ((const guint8 *) sound_rtp[i].datagram.bytes, len, FALSE, FALSE);
    }
  }
}

static void
malformed_rtp_is_refused (void)
{
  static const struct
  {
    Datagram datagram;
    gboolean is_sound_protected;
  } cases[] = {
    { DATAGRAM ("version 0", "\x00" FIXED "abcd"), FALSE },
    { DATAGRAM ("version 1", "\x40" FIXED "abcd"), FALSE },
    { DATAGRAM ("version 3", "\xc0" FIXED "abcd"), FALSE },
    { DATAGRAM ("15 CSRCs, and room for none", "\x8f" FIXED), FALSE },
    { DATAGRAM ("2 CSRCs, and room for one", "\x82" FIXED CSRC "abc"), FALSE },
    { DATAGRAM ("no extension", "\x90" FIXED), FALSE },
    { DATAGRAM ("half of an extension header", "\x90" FIXED "\xbe\xde\x00"), FALSE },
    { DATAGRAM ("extension beyond the end", "\x90" FIXED "\xbe\xde\x00\x02"
                                            "words"),
      FALSE },
    { DATAGRAM ("the longest extension", "\x90" FIXED "\xbe\xde\xff\xff"
                                         "word"),
      FALSE },
    { DATAGRAM ("CSRC takes the extension", "\x91" FIXED "\xbe\xde\x00\x00"), FALSE },
    { DATAGRAM ("padding without a byte", "\xa0" FIXED), TRUE },
    { DATAGRAM ("padding of none", "\xa0" FIXED "abc\x00"), TRUE },
    { DATAGRAM ("padding beyond the payload", "\xa0" FIXED "abc\x05"), TRUE },
    { DATAGRAM ("the longest padding", "\xa0" FIXED "abc\xff"), TRUE },
    { DATAGRAM ("padding into the extension", "\xb0" FIXED "\xbe\xde\x00\x01"
                                              "word\x02"),
      TRUE },
    { DATAGRAM ("padding, and an extension to the end", "\xb0" FIXED "\xbe\xde\x00\x01"
                                                        "wo\x00\x01"),
      TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_test_message ("%s", cases[i].datagram.what);
    assert_rtp ((const guint8 *) cases[i].datagram.bytes, cases[i].datagram.len, FALSE,
                cases[i].is_sound_protected);
  }
}

/* A receiver report without blocks, and a source description of one word */
#define RR "\x80\xc9\x00\x01\xca\xfe\xba\xbe"
#define SDES "\x81\xca\x00\x01\xca\xfe\xba\xbe"
#define BYE "\x80\xcb\x00\x00"

static const Datagram sound_rtcp[] = {
  DATAGRAM ("report", RR),
  DATAGRAM ("compound", RR SDES),
  DATAGRAM ("compound with an empty goodbye", RR SDES BYE),
  DATAGRAM ("reduced size (RFC 5506)",
            "\x81\xce\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x01"),
  DATAGRAM ("padding at the end", RR "\xa1\xca\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x04"),
  DATAGRAM ("padded to the body's whole length",
            "\xa0\xc9\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x04"),
};

static void
rtcp_header_is_read (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sound_rtcp); i++)
  {
    const guint8 *bytes = (const guint8 *) sound_rtcp[i].bytes;
    TegataRtcpHeader header;
    TegataRtcpHeader header_protected;

    g_test_message ("%s", sound_rtcp[i].what);
    g_assert_true (tegata_rtcp_header_parse (&header, bytes, sound_rtcp[i].len));
    g_assert_cmpuint (header.count, ==, bytes[0] & 0x1f);
    g_assert_cmpuint (header.packet_type, ==, bytes[1]);
    g_assert_cmpuint (header.packet_len, ==, 4 * (bytes[3] + 1u));
    g_assert_cmphex (header.ssrc, ==, 0xcafebabe);

    /* The rest is still encrypted: only eight bytes are looked at. */
    g_assert_true (tegata_rtcp_header_parse_protected (&header_protected, bytes, 8));
    g_assert_cmpuint (header_protected.count, ==, header.count);
    g_assert_cmpuint (header_protected.packet_type, ==, header.packet_type);
    g_assert_cmpuint (header_protected.packet_len, ==, header.packet_len);
    g_assert_cmphex (header_protected.ssrc, ==, header.ssrc);
  }
}

static void
assert_rtcp (const guint8 *bytes, gsize len, gboolean is_sound)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataRtcpHeader untouched;
  TegataRtcpHeader header;

  memset (&untouched, 0x5a, sizeof untouched);
  header = untouched;
  g_assert_cmpint (tegata_rtcp_header_parse (&header, copy, len), ==, is_sound);
  if (!is_sound)
  {
    g_assert_cmpmem (&header, sizeof header, &untouched, sizeof untouched);
  }
  if (len < 8)
  {
    g_assert_false (tegata_rtcp_header_parse_protected (&header, copy, len));
    g_assert_cmpmem (&header, sizeof header, &untouched, sizeof untouched);
  }
}

/* Where a cut falls between two packets of a compound, what is left is one. */
static void
truncated_rtcp_is_refused (void)
{
  const guint8 *bytes = (const guint8 *) RR SDES BYE;

  for (gsize len = 0; len <= 20; len++)
  {
    assert_rtcp (bytes, len, len == 8 || len == 16 || len == 20);
  }
}

static void
malformed_rtcp_is_refused (void)
{
  static const Datagram cases[] = {
    DATAGRAM ("version 0", "\x00\xc9\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("version 1", "\x40\xc9\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("version 3", "\xc0\xc9\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("type before RTCP's", "\x80\xbf\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("type after RTCP's", "\x80\xe0\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("too short for an SSRC", BYE),
    DATAGRAM ("an SSRC that is the next packet's", BYE BYE),
    DATAGRAM ("longer than the datagram", "\x80\xc9\x00\x02\xca\xfe\xba\xbe"),
    DATAGRAM ("the longest", "\x80\xc9\xff\xff\xca\xfe\xba\xbe"),
    DATAGRAM ("shorter than the datagram", RR "\x00"),
    DATAGRAM ("a word too many", RR "\x00\x00\x00\x00"),
    DATAGRAM ("second of another version", RR "\x41\xca\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("second of no type of RTCP", RR "\x81\x60\x00\x01\xca\xfe\xba\xbe"),
    DATAGRAM ("second beyond the end", RR "\x81\xca\x00\x02\xca\xfe\xba\xbe"),
    DATAGRAM ("padding before the end",
              "\xa0\xc9\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x04" SDES),
    DATAGRAM ("padding of none", "\xa0\xc9\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x00"),
    DATAGRAM ("padding of no whole word",
              "\xa0\xc9\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x03"),
    DATAGRAM ("padding beyond the packet",
              "\xa0\xc9\x00\x02\xca\xfe\xba\xbe\x00\x00\x00\x0c"),
    DATAGRAM ("padding without a byte", RR "\xa0\xcb\x00\x00"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
  {
    g_test_message ("%s", cases[i].what);
    assert_rtcp ((const guint8 *) cases[i].bytes, cases[i].len, FALSE);
  }
}

/* What a header says must fit what there is, and no read may leave it: the copy is as
 * long as the datagram. GLib prints the seed. */
static void
noise_never_leads_outside (void)
{
  for (guint i = 0; i < N_RANDOM; i++)
  {
    gsize len = (gsize) g_test_rand_int_range (0, 48);
    g_autofree guint8 *bytes = g_malloc (MAX (len, 1));
    TegataRtpHeader rtp;
    TegataRtcpHeader rtcp;

    for (gsize at = 0; at < len; at++)
    {
      bytes[at] = (guint8) g_test_rand_int ();
    }
    if (len > 3)
    {
      /* mostly version 2, small lengths, and RTCP's types */
      bytes[0] = (guint8) (0x80 | (bytes[0] & 0x7f));
      bytes[1] = (guint8) (192 + bytes[1] % 33);
      bytes[2] = 0;
      bytes[3] %= 12;
    }

    tegata_packet_classify (bytes, len);
    if (tegata_rtp_header_parse (&rtp, bytes, len))
    {
      g_assert_cmpuint (rtp.header_len + rtp.payload_len + rtp.padding_len, ==, len);
      g_assert_cmpuint (rtp.extension_offset + rtp.extension_len, <=, rtp.header_len);
      g_assert_cmpuint (rtp.header_len, >=, 12 + 4 * rtp.n_csrcs);
    }
    if (tegata_rtp_header_parse_protected (&rtp, bytes, len))
    {
      g_assert_cmpuint (rtp.header_len + rtp.payload_len, ==, len);
    }
    if (tegata_rtcp_header_parse (&rtcp, bytes, len))
    {
      g_assert_cmpuint (rtcp.packet_len, <=, len);
      g_assert_true (tegata_rtcp_header_parse_protected (&rtcp, bytes, len));
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/demux/every-pair-of-first-bytes-has-its-class",
                   every_pair_of_first_bytes_has_its_class);
  g_test_add_func ("/demux/one-byte-in-the-range-of-rtp-is-unknown",
                   one_byte_in_the_range_of_rtp_is_unknown);
  g_test_add_func ("/demux/nothing-is-unknown", nothing_is_unknown);
  g_test_add_func ("/demux/rtp-header/is-read", rtp_header_is_read);
  g_test_add_func ("/demux/rtp-header/truncated-is-refused",
                   truncated_rtp_headers_are_refused);
  g_test_add_func ("/demux/rtp-header/malformed-is-refused", malformed_rtp_is_refused);
  g_test_add_func ("/demux/rtcp-header/is-read", rtcp_header_is_read);
  g_test_add_func ("/demux/rtcp-header/truncated-is-refused", truncated_rtcp_is_refused);
  g_test_add_func ("/demux/rtcp-header/malformed-is-refused", malformed_rtcp_is_refused);
  g_test_add_func ("/demux/noise-never-leads-outside", noise_never_leads_outside);

  return g_test_run ();
}
