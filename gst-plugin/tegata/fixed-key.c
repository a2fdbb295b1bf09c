/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SRTP under a key that the application gives. The names are those of GStreamer's
 * srtpenc; what they ask for is one row of a table, which is one profile of ours. */

#include "fixed-key.h"
#include "common.h"

#include <string.h>

#define DEFAULT_CIPHER "aes-128-icm"
#define DEFAULT_AUTH "hmac-sha1-80"

typedef struct
{
  TegataSrtpProfile profile;
  const char *cipher;
  const char *rtp_auth;
  const char *rtcp_auth; /* RFC 5764 section 4.1.2: 80 bits with either of CM */
} Row;

static const Row rows[] = {
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, "aes-128-icm", "hmac-sha1-80", "hmac-sha1-80" },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, "aes-128-icm", "hmac-sha1-32", "hmac-sha1-80" },
  { TEGATA_SRTP_AEAD_AES_128_GCM, "aes-128-gcm", "null", "null" },
  { TEGATA_SRTP_AEAD_AES_256_GCM, "aes-256-gcm", "null", "null" },
};

#define FLAGS                                                                            \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY                  \
   | GST_PARAM_DOC_SHOW_DEFAULT)

static void
install_text (GObjectClass *klass,
              guint id,
              const char *name,
              const char *nick,
              const char *blurb)
{
  g_object_class_install_property (klass, id,
                                   g_param_spec_string (name, nick, blurb, NULL, FLAGS));
}

void
gst_tegata_fixed_key_install (GObjectClass *klass, guint first_id)
{
  g_object_class_install_property (
      klass, first_id + GST_TEGATA_FIXED_KEY,
      g_param_spec_boxed (
          "key", "SRTP master key",
          "SRTP master key and, behind it, the master salt: 30 bytes for aes-128-icm, 28 "
          "for aes-128-gcm, 44 for aes-256-gcm. With this or one of the names of ciphers "
          "set there is no DTLS, and no connection-id is needed; both ends must have the "
          "same, and both elements of a pair. Packet counters go on over READY: a packet "
          "with a number that was sent before is not sent again. From NULL an encoder "
          "begins anew: give it a fresh key then. NULL, the default, is DTLS. It reads "
          "back as NULL: a key is not shown",
          GST_TYPE_BUFFER, FLAGS));
  install_text (klass, first_id + GST_TEGATA_FIXED_SRTP_CIPHER, "srtp-cipher",
                "SRTP cipher",
                "Cipher of RTP under a fixed key: aes-128-icm, aes-128-gcm or "
                "aes-256-gcm. Setting it disables DTLS. The default is aes-128-icm");
  install_text (klass, first_id + GST_TEGATA_FIXED_SRTCP_CIPHER, "srtcp-cipher",
                "SRTCP cipher",
                "Cipher of RTCP under a fixed key; it can only be that of srtp-cipher, "
                "which is the default. Setting it disables DTLS");
  install_text (klass, first_id + GST_TEGATA_FIXED_SRTP_AUTH, "srtp-auth",
                "SRTP authentication",
                "Authentication of RTP under a fixed key: hmac-sha1-80 or hmac-sha1-32 "
                "with aes-128-icm, null with the gcm ciphers, which have their own. "
                "Setting it disables DTLS. The default is hmac-sha1-80, or null");
  install_text (klass, first_id + GST_TEGATA_FIXED_SRTCP_AUTH, "srtcp-auth",
                "SRTCP authentication",
                "Authentication of RTCP under a fixed key: hmac-sha1-80 with "
                "aes-128-icm (RFC 5764), null with the gcm ciphers. Setting it disables "
                "DTLS. The default is what the cipher has");
}

static char **
find_text (GstTegataFixedKey *self, GstTegataFixedProperty property)
{
  switch (property)
  {
  case GST_TEGATA_FIXED_SRTP_CIPHER:
    return &self->srtp_cipher;
  case GST_TEGATA_FIXED_SRTCP_CIPHER:
    return &self->srtcp_cipher;
  case GST_TEGATA_FIXED_SRTP_AUTH:
    return &self->srtp_auth;
  case GST_TEGATA_FIXED_SRTCP_AUTH:
    return &self->srtcp_auth;
  case GST_TEGATA_FIXED_KEY:
  case GST_TEGATA_N_FIXED:
  default:
    g_return_val_if_reached (NULL);
  }
}

void
gst_tegata_fixed_key_set (GstTegataFixedKey *self,
                          GstTegataFixedProperty property,
                          const GValue *value)
{
  if (property == GST_TEGATA_FIXED_KEY)
  {
    gst_buffer_replace (&self->key, gst_value_get_buffer (value));
  }
  else
  {
    char **text = find_text (self, property);

    g_free (*text);
    *text = g_value_dup_string (value);
  }
}

/* A pipeline that is dumped as a graph shows the values of properties: not this one. */
void
gst_tegata_fixed_key_get (GstTegataFixedKey *self,
                          GstTegataFixedProperty property,
                          GValue *value)
{
  if (property != GST_TEGATA_FIXED_KEY)
  {
    g_value_set_string (value, *find_text (self, property));
  }
}

void
gst_tegata_fixed_key_clear (GstTegataFixedKey *self)
{
  gst_clear_buffer (&self->key);
  g_clear_pointer (&self->srtp_cipher, g_free);
  g_clear_pointer (&self->srtcp_cipher, g_free);
  g_clear_pointer (&self->srtp_auth, g_free);
  g_clear_pointer (&self->srtcp_auth, g_free);
}

gboolean
gst_tegata_fixed_key_is_set (GstTegataFixedKey *self)
{
  return self->key != NULL || self->srtp_cipher != NULL || self->srtcp_cipher != NULL
         || self->srtp_auth != NULL || self->srtcp_auth != NULL;
}

/* Unset is what the row has, or @fallback. */
static gboolean
is_same (const char *text, const char *of_row, const char *fallback)
{
  if (text == NULL)
  {
    return fallback == NULL || g_str_equal (of_row, fallback);
  }
  return g_ascii_strcasecmp (text, of_row) == 0;
}

static const Row *
find_row (GstTegataFixedKey *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    const Row *row = &rows[i];
    gboolean has_own_auth = g_str_equal (row->rtp_auth, "null");

    if (is_same (self->srtp_cipher, row->cipher, DEFAULT_CIPHER)
        && is_same (self->srtcp_cipher, row->cipher, NULL)
        && is_same (self->srtp_auth, row->rtp_auth, has_own_auth ? NULL : DEFAULT_AUTH)
        && is_same (self->srtcp_auth, row->rtcp_auth, NULL))
    {
      return row;
    }
  }
  return NULL;
}

static const char *
describe (const char *text)
{
  return text == NULL ? "unset" : text;
}

static void
set_no_such_error (GstTegataFixedKey *self, GError **error)
{
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_UNSUPPORTED,
               "srtp-cipher %s with srtcp-cipher %s, srtp-auth %s with srtcp-auth %s: "
               "expected aes-128-icm for both and hmac-sha1-80 or hmac-sha1-32 for RTP, "
               "hmac-sha1-80 for RTCP; or aes-128-gcm or aes-256-gcm for both, and null; "
               "or unset for what is usual",
               describe (self->srtp_cipher), describe (self->srtcp_cipher),
               describe (self->srtp_auth), describe (self->srtcp_auth));
}

gboolean
gst_tegata_fixed_key_apply (GstTegataFixedKey *self,
                            GstTegataAssociation *association,
                            GError **error)
{
  const Row *row = find_row (self);
  guint8 key[TEGATA_SRTP_MAX_KEY_LEN];
  gboolean is_applied;
  gsize key_len;

  if (row == NULL)
  {
    set_no_such_error (self, error);
    return FALSE;
  }
  key_len = tegata_srtp_profile_get_key_len (row->profile);
  if (self->key == NULL || gst_buffer_get_size (self->key) != key_len)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "key has %" G_GSIZE_FORMAT " bytes: expected %" G_GSIZE_FORMAT
                 ", master key and salt, for %s",
                 self->key != NULL ? gst_buffer_get_size (self->key) : 0, key_len,
                 row->cipher);
    return FALSE;
  }

  /* not mapped: a buffer of several memories would leave a merged copy behind */
  is_applied = gst_buffer_extract (self->key, 0, key, key_len) == key_len;
  if (is_applied)
  {
    is_applied = gst_tegata_association_set_fixed_key (association, row->profile, key,
                                                       key_len, error);
  }
  else
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "the memory of key cannot be read: expected one that is mapped "
                         "for reading");
  }
  explicit_bzero (key, sizeof key);
  return is_applied;
}
