/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * RTCP (RFC 3550 section 6, RFC 4585, RFC 5104 section 4.3.1), as far as a gateway speaks
 * it. Bytes in, calls out, and the other way: no clock, no socket.
 */

/* Room for all that is written here. */
#define GATEWAY_RTCP_MAX 1200

/* Packets at most that one NACK asks for. */
#define GATEWAY_NACK_MAX 128

typedef struct
{
  guint32 ssrc; /* whom it is about */
  guint8 fraction_lost;
  gint32 lost;     /* 24 bits, signed */
  guint32 highest; /* sequence number, with how often it began anew above it */
  guint32 jitter;  /* ticks of the media's clock */
  guint32 last_sr; /* the middle of that SR's NTP time; 0: none came */
  guint32 delay;   /* since that one, in 1/65536 s */
} GatewayReportBlock;

/* Who reads. Members may be NULL. */
typedef struct
{
  void (*sender) (guint32 ssrc, guint64 ntp, guint32 timestamp, gpointer user_data);
  void (*block) (const GatewayReportBlock *block, gpointer user_data);
  void (*nack) (guint32 media_ssrc, guint16 sequence, gpointer user_data);
  void (*key_frame) (guint32 media_ssrc, gpointer user_data); /* PLI, FIR */
} GatewayRtcpReader;

/*
 * @bytes: anything that came where RTCP is expected: a compound, or one of reduced size
 * (RFC 5506)
 *
 * Returns: whether it is well-formed; if not, nobody was called
 */
gboolean gateway_rtcp_read (const guint8 *bytes,
                            gsize len,
                            const GatewayRtcpReader *reader,
                            gpointer user_data);

typedef struct
{
  guint32 ssrc;
  guint64 ntp;
  guint32 timestamp; /* of the same moment */
  guint32 packets;
  guint32 octets; /* of payload */
  const char *cname;
} GatewaySenderReport;

/* @bytes: (out): GATEWAY_RTCP_MAX. Returns: how many are used */
gsize gateway_rtcp_write_sender_report (guint8 *bytes, const GatewaySenderReport *report);

typedef struct
{
  guint32 ssrc; /* ours */
  const char *cname;
  const GatewayReportBlock *blocks; /* at most 4 */
  guint n_blocks;
  guint32 media_ssrc;     /* of what follows */
  const guint16 *missing; /* in order; at most GATEWAY_NACK_MAX. None: no NACK */
  guint n_missing;
  gboolean wants_key_frame; /* PLI */
} GatewayReceiverReport;

/* The same. A request goes behind a report, as RFC 4585 section 3.1 has it. */
gsize
gateway_rtcp_write_receiver_report (guint8 *bytes, const GatewayReceiverReport *report);

/* Returns: NTP time (RFC 3550 section 4) of microseconds since 1970 */
guint64 gateway_ntp_from_unix_us (gint64 unix_us);

/* Returns: its middle 32 bits, as report blocks have them */
guint32 gateway_ntp_get_middle (guint64 ntp);
