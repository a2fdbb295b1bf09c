/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/srtp.h>

G_BEGIN_DECLS

/* One row a profile: what both the handshake and SRTP need to know of it. */
typedef struct
{
  TegataSrtpProfile profile;
  const char *name;     /* as registered with IANA */
  gsize cipher_key_len; /* bytes of the master key */
  gsize salt_len;       /* bytes of the master salt */
  gsize rtp_tag_len;    /* bytes that protection adds to RTP */
  gsize rtcp_tag_len;   /* bytes that protection adds to RTCP, without the four of E and
                           index */
} TegataSrtpProfileInfo;

/* (nullable) */
const TegataSrtpProfileInfo *tegata_srtp_profile_get_info (TegataSrtpProfile profile);

G_END_DECLS
