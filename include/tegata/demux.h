/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/macros.h>

G_BEGIN_DECLS

/**
 * TegataPacketKind:
 * @TEGATA_PACKET_UNKNOWN: none of the below: dropped and counted
 * @TEGATA_PACKET_STUN: first byte 0 to 3
 * @TEGATA_PACKET_ZRTP: first byte 16 to 19
 * @TEGATA_PACKET_DTLS: first byte 20 to 63
 * @TEGATA_PACKET_TURN_CHANNEL: first byte 64 to 79
 * @TEGATA_PACKET_QUIC: first byte 80 to 127 or 192 to 255, as RFC 9443 has it
 * @TEGATA_PACKET_RTP: first byte 128 to 191, and not RTCP
 * @TEGATA_PACKET_RTCP: first byte 128 to 191, second byte 192 to 223 (RFC 5761 section 4)
 *
 * What a datagram is, from its first two bytes (RFC 7983 section 7 as updated by RFC
 * 9443).
 */
typedef enum
{
  TEGATA_PACKET_UNKNOWN,
  TEGATA_PACKET_STUN,
  TEGATA_PACKET_ZRTP,
  TEGATA_PACKET_DTLS,
  TEGATA_PACKET_TURN_CHANNEL,
  TEGATA_PACKET_QUIC,
  TEGATA_PACKET_RTP,
  TEGATA_PACKET_RTCP,
} TegataPacketKind;

/**
 * tegata_packet_classify:
 * @bytes: (array length=len): a datagram
 * @len: its length in bytes; 0 is allowed
 *
 * Looks at the first two bytes only; says nothing about what follows them. A datagram of
 * one byte in the range of RTP is %TEGATA_PACKET_UNKNOWN.
 *
 * Returns: what the datagram is
 */
TEGATA_API TegataPacketKind tegata_packet_classify (const guint8 *bytes, gsize len);

/**
 * TegataRtpHeader:
 * @header_len: bytes before the payload: fixed part, CSRCs and header extension
 * @payload_len: bytes of payload, without padding
 * @padding_len: bytes of padding, its count byte included; 0 without the P bit
 * @n_csrcs: how many CSRCs, 0 to 15
 * @has_extension: whether there is a header extension
 * @extension_profile: its "defined by profile" word; 0 without
 * @extension_offset: where its data begins, from the start of the packet; 0 without
 * @extension_len: bytes of its data; 0 without
 * @marker: the M bit
 * @payload_type: 0 to 127
 * @sequence: sequence number
 * @timestamp: media timestamp, in the payload type's clock rate
 * @ssrc: synchronisation source
 *
 * The fields of an RTP header (RFC 3550 sections 5.1 and 5.3.1), in host order.
 */
typedef struct
{
  gsize header_len;
  gsize payload_len;
  gsize padding_len;
  guint n_csrcs;
  gboolean has_extension;
  guint16 extension_profile;
  gsize extension_offset;
  gsize extension_len;
  gboolean marker;
  guint8 payload_type;
  guint16 sequence;
  guint32 timestamp;
  guint32 ssrc;
} TegataRtpHeader;

/**
 * TegataRtcpHeader:
 * @count: the five bits that are a count or a subtype
 * @packet_type: 192 to 223
 * @packet_len: bytes of the first packet of the compound, header included
 * @ssrc: of the sender
 *
 * The fields of the first header of a compound RTCP packet (RFC 3550 section 6.4), in
 * host order.
 */
typedef struct
{
  guint count;
  guint8 packet_type;
  gsize packet_len;
  guint32 ssrc;
} TegataRtcpHeader;

/**
 * tegata_rtp_header_parse:
 * @header: (out caller-allocates): the fields; untouched on failure
 * @bytes: (array length=len): a plain RTP packet
 * @len: its length in bytes
 *
 * Every length is checked against @len, the padding's count too.
 *
 * Returns: whether it is a well-formed RTP packet of version 2
 */
TEGATA_API gboolean tegata_rtp_header_parse (TegataRtpHeader *header,
                                             const guint8 *bytes,
                                             gsize len);

/**
 * tegata_rtp_header_parse_protected:
 * @header: (out caller-allocates): the fields; untouched on failure. @payload_len then
 * spans all that follows the header, and @padding_len is 0: both are still encrypted
 * @bytes: (array length=len): an SRTP packet
 * @len: its length in bytes
 *
 * Returns: whether its header is well-formed
 */
TEGATA_API gboolean tegata_rtp_header_parse_protected (TegataRtpHeader *header,
                                                       const guint8 *bytes,
                                                       gsize len);

/**
 * tegata_rtcp_header_parse:
 * @header: (out caller-allocates): the fields; untouched on failure
 * @bytes: (array length=len): a plain compound RTCP packet
 * @len: its length in bytes
 *
 * Checks the first header, and that the compound's lengths add up to @len.
 *
 * Returns: whether it is well-formed
 */
TEGATA_API gboolean tegata_rtcp_header_parse (TegataRtcpHeader *header,
                                              const guint8 *bytes,
                                              gsize len);

/**
 * tegata_rtcp_header_parse_protected:
 * @header: (out caller-allocates): the fields; untouched on failure
 * @bytes: (array length=len): an SRTCP packet
 * @len: its length in bytes
 *
 * Checks the eight bytes that are not encrypted only: @packet_len is what they say, which
 * is not yet authenticated.
 *
 * Returns: whether its header is well-formed
 */
TEGATA_API gboolean tegata_rtcp_header_parse_protected (TegataRtcpHeader *header,
                                                        const guint8 *bytes,
                                                        gsize len);

G_END_DECLS
