/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * The properties of dtlsenc and dtlsdec that hand a master key to an SRTP element beside
 * them, and the signal "on-key-received" that says that it is there. Nothing is kept: the
 * association exports the key anew for each reader, and only while it is connected.
 */
typedef enum
{
  GST_TEGATA_EXPORTED_KEY,
  GST_TEGATA_EXPORTED_CIPHER,
  GST_TEGATA_EXPORTED_AUTH,
  GST_TEGATA_N_EXPORTED,
} GstTegataExportedProperty;

/* @first_id: the number of the first of GST_TEGATA_N_EXPORTED properties
 * @key_name: "encoder-key" or "decoder-key" */
void gst_tegata_exported_key_install (GObjectClass *klass,
                                      guint first_id,
                                      const char *key_name);

/* @association: (nullable) */
void gst_tegata_exported_key_get (GstTegataAssociation *association,
                                  gboolean is_outbound,
                                  GstTegataExportedProperty property,
                                  GValue *value);

/* For changed() with CONNECTED. Says nothing where the peer takes data only. */
void
gst_tegata_exported_key_tell (GstElement *element, GstTegataAssociation *association);

/* Who reads the key brings an SRTP of its own, which was made for the one profile that
 * GStreamer's dtlsenc knows: only that is offered, unless "profiles" says otherwise. */
void gst_tegata_exported_key_restrict (GstTegataAssociation *association);

G_END_DECLS
