/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/gstsdpmessage.h>

/*
 * What the attributes of one m= section say, by payload type. They are walked through
 * once: there may be hundreds of them, of a stranger's, for each of 128 formats.
 */
#define GATEWAY_N_PAYLOAD_TYPES 128

typedef struct
{
  const char *rtpmap; /* the first one, as all of them; NULL: none */
  const char *fmtp;
  gboolean has_nack;
  gboolean has_pli;
  gboolean has_fir;
} GatewayOfferedFormat;

typedef enum
{
  GATEWAY_SENDRECV = 1 << 0,
  GATEWAY_SENDONLY = 1 << 1,
  GATEWAY_RECVONLY = 1 << 2,
  GATEWAY_INACTIVE = 1 << 3,
} GatewayDirections;

/* All texts are @media's. */
typedef struct
{
  guint8 order[GATEWAY_N_PAYLOAD_TYPES]; /* as the peer likes them; each one once */
  guint n_formats;
  GatewayOfferedFormat formats[GATEWAY_N_PAYLOAD_TYPES]; /* by payload type */
  GatewayDirections directions;                          /* those that are named */
  gboolean has_rtcp_mux;
  const char *ssrc;
  const char *ssrc_group;
} GatewayOfferedFormats;

void gateway_offered_formats_read (GatewayOfferedFormats *self, const GstSDPMedia *media);

/* The flag of an attribute that names a direction, else 0. */
GatewayDirections gateway_direction_from_key (const char *key);
