/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <tegata/tegata.h>

G_BEGIN_DECLS

/* Settings that are looked at when they are set. */
typedef enum
{
  GST_TEGATA_CHECKED_PEM,
  GST_TEGATA_CHECKED_FINGERPRINT,
  GST_TEGATA_CHECKED_PROFILES,
  GST_TEGATA_CHECKED_FIXED_KEY,
  GST_TEGATA_N_CHECKED,
} GstTegataChecked;

/* What was set, as the next open() takes it. Guarded by who has it. */
typedef struct
{
  TegataCertificate *certificate; /* NULL until somebody wants it */
  char *fingerprint_text;         /* as it was set; nullable */
  GPtrArray *fingerprints;        /* of TegataFingerprint; NULL for none, or a bad text */
  char *profiles;                 /* nullable: the default */
  TegataVersion min_version;
  TegataVersion max_version;
  guint mtu;                  /* bytes */
  guint handshake_timeout_ms; /* 0: none */
  guint rtt_us;               /* 0: unknown */
  char *key_log;              /* nullable */
  gboolean requires_fingerprint;

  TegataSrtpProfile fixed_profile; /* NONE: DTLS */
  guint8 fixed_key[TEGATA_SRTP_MAX_KEY_LEN];
  gsize fixed_key_len;

  GError *problems[GST_TEGATA_N_CHECKED]; /* NULL: it can be used */
} GstTegataSettings;

void gst_tegata_settings_init (GstTegataSettings *self);
void gst_tegata_settings_clear (GstTegataSettings *self);
void gst_tegata_settings_forget_fixed_key (GstTegataSettings *self);
/* Keeps @problem (transfer full) (nullable), and hands @error a copy. */
void gst_tegata_settings_note (GstTegataSettings *self,
                               GstTegataChecked setting,
                               GError *problem,
                               GError **error);
/* Of the settings that were looked at, the first that cannot be used. */
gboolean gst_tegata_settings_check (const GstTegataSettings *self, GError **error);
/* Ours; made where need be. (transfer none) (nullable): with @error */
TegataCertificate *
gst_tegata_settings_get_certificate (GstTegataSettings *self, GError **error);
/* (transfer full) (nullable): with @error */
TegataContext *gst_tegata_settings_make_context (GstTegataSettings *self, GError **error);

G_END_DECLS
