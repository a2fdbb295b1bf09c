/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "exported-key.h"

#include "common.h"

#define READ_FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

/* GStreamer's numbers: of GstSrtpCipherType and GstSrtpAuthType, of which
 * GstDtlsSrtpCipher and GstDtlsSrtpAuth are the beginnings. */
typedef struct
{
  TegataSrtpProfile profile;
  guint cipher;
  guint auth;
} Numbers;

static const Numbers numbers[] = {
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, 1, 1 },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, 1, 2 },
  { TEGATA_SRTP_AEAD_AES_128_GCM, 3, 0 },
  { TEGATA_SRTP_AEAD_AES_256_GCM, 4, 0 },
};

#define MAX_CIPHER 4
#define MAX_AUTH 2

/* Whoever draws a pipeline as a graph leaves out properties that have their defaults: a
 * key always has, to who compares. */
static int
compare_secrets (G_GNUC_UNUSED GParamSpec *pspec,
                 G_GNUC_UNUSED const GValue *a,
                 G_GNUC_UNUSED const GValue *b)
{
  return 0;
}

static GType
secret_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
  {
    const GParamSpecTypeInfo info = {
      .instance_size = sizeof (GParamSpecBoxed),
      .value_type = GST_TYPE_BUFFER,
      .values_cmp = compare_secrets,
    };

    g_once_init_leave (&type,
                       g_param_type_register_static ("GstTegataParamSecret", &info));
  }
  return type;
}

static GParamSpec *
secret_new (const char *name, const char *nick, const char *blurb)
{
  return g_param_spec_internal (secret_get_type (), name, nick, blurb, READ_FLAGS);
}

void
gst_tegata_exported_key_install (GObjectClass *klass,
                                 guint first_id,
                                 const char *key_name)
{
  gboolean is_outbound = g_str_equal (key_name, "encoder-key");

  /**
   * on-key-received:
   * @element: the element
   *
   * The handshake brought keys: encoder-key or decoder-key, srtp-cipher and srtp-auth can
   * be read now. Emitted without a lock, before connection-state is notified.
   */
  g_signal_new ("on-key-received", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                NULL, NULL, G_TYPE_NONE, 0);
  g_object_class_install_property (
      klass, first_id + GST_TEGATA_EXPORTED_KEY,
      secret_new (
          key_name, is_outbound ? "Encoder key" : "Decoder key",
          is_outbound
              ? "Master key and salt for an SRTP encoder beside this element. NULL until "
                "the peer's fingerprint matched; not notified: on-key-received tells "
                "that it is there. Whoever has it can forge and read media"
              : "Master key and salt for an SRTP decoder beside this element. NULL until "
                "the peer's fingerprint matched; not notified: on-key-received tells "
                "that it is there. Whoever has it can forge and read media"));
  g_object_class_install_property (
      klass, first_id + GST_TEGATA_EXPORTED_CIPHER,
      g_param_spec_uint (
          "srtp-cipher", "SRTP cipher",
          "What the key is for, by the numbers of GstSrtpCipherType: 1 aes-128-icm, 3 "
          "aes-128-gcm, 4 aes-256-gcm; 0 before there is a key",
          0, MAX_CIPHER, 0, READ_FLAGS));
  g_object_class_install_property (
      klass, first_id + GST_TEGATA_EXPORTED_AUTH,
      g_param_spec_uint (
          "srtp-auth", "SRTP authentication",
          "What the key is for, by the numbers of GstSrtpAuthType: 1 hmac-sha1-32 (with "
          "80 bits for SRTCP), 2 hmac-sha1-80; 0 for GCM, and before there is a key",
          0, MAX_AUTH, 0, READ_FLAGS));
}

static Numbers
look_up (GstTegataAssociation *association)
{
  static const Numbers none = { TEGATA_SRTP_PROFILE_NONE, 0, 0 };
  GstTegataFacts facts = { .state = TEGATA_STATE_CLOSED };
  guint i;

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  for (i = 0; i < G_N_ELEMENTS (numbers) && facts.state == TEGATA_STATE_CONNECTED; i++)
  {
    if (numbers[i].profile == facts.profile)
    {
      return numbers[i];
    }
  }
  return none;
}

void
gst_tegata_exported_key_get (GstTegataAssociation *association,
                             gboolean is_outbound,
                             GstTegataExportedProperty property,
                             GValue *value)
{
  g_autoptr (GBytes) key = NULL;

  switch (property)
  {
  case GST_TEGATA_EXPORTED_CIPHER:
    g_value_set_uint (value, look_up (association).cipher);
    return;
  case GST_TEGATA_EXPORTED_AUTH:
    g_value_set_uint (value, look_up (association).auth);
    return;
  case GST_TEGATA_EXPORTED_KEY:
  case GST_TEGATA_N_EXPORTED:
  default:
    break;
  }
  if (association != NULL)
  {
    key = gst_tegata_association_dup_srtp_key (association, is_outbound);
  }
  g_value_take_boxed (value, key != NULL ? gst_buffer_new_wrapped_bytes (key) : NULL);
}

void
gst_tegata_exported_key_tell (GstElement *element, GstTegataAssociation *association)
{
  GObject *object = G_OBJECT (element);

  if (look_up (association).profile == TEGATA_SRTP_PROFILE_NONE)
  {
    return;
  }
  /* not the key itself: who watches all properties prints the values of those notified */
  g_object_notify (object, "srtp-cipher");
  g_object_notify (object, "srtp-auth");
  g_signal_emit_by_name (element, "on-key-received");
}

void
gst_tegata_exported_key_restrict (GstTegataAssociation *association)
{
  g_autoptr (GError) error = NULL;

  if (!gst_tegata_association_set_profiles (association, "SRTP_AES128_CM_HMAC_SHA1_80",
                                            &error))
  {
    g_critical ("%s", error->message);
  }
}
