/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * The properties "key", "srtp-cipher", "srtcp-cipher", "srtp-auth" and "srtcp-auth" of
 * the pair: SRTP under a key that the application gives, without DTLS. Setting any of
 * them disables DTLS, as in GStreamer's own pair.
 */
typedef struct
{
  GstBuffer *key;
  char *srtp_cipher;
  char *srtcp_cipher;
  char *srtp_auth;
  char *srtcp_auth;
} GstTegataFixedKey;

typedef enum
{
  GST_TEGATA_FIXED_KEY,
  GST_TEGATA_FIXED_SRTP_CIPHER,
  GST_TEGATA_FIXED_SRTCP_CIPHER,
  GST_TEGATA_FIXED_SRTP_AUTH,
  GST_TEGATA_FIXED_SRTCP_AUTH,
  GST_TEGATA_N_FIXED,
} GstTegataFixedProperty;

/* @first_id: the number of the first of GST_TEGATA_N_FIXED properties */
void gst_tegata_fixed_key_install (GObjectClass *klass, guint first_id);
void gst_tegata_fixed_key_set (GstTegataFixedKey *self,
                               GstTegataFixedProperty property,
                               const GValue *value);
void gst_tegata_fixed_key_get (GstTegataFixedKey *self,
                               GstTegataFixedProperty property,
                               GValue *value);
void gst_tegata_fixed_key_clear (GstTegataFixedKey *self);
gboolean gst_tegata_fixed_key_is_set (GstTegataFixedKey *self);

/* FALSE with what was found and what can be had: aes-128-icm with hmac-sha1-80 or _32
 * (SRTCP has 80 bits), aes-128-gcm, aes-256-gcm; unset is aes-128-icm, hmac-sha1-80. */
gboolean gst_tegata_fixed_key_apply (GstTegataFixedKey *self,
                                     GstTegataAssociation *association,
                                     GError **error);

G_END_DECLS
