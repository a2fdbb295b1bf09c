/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"
#include "common.h"

G_BEGIN_DECLS

/* The properties that an element has of its association: one table of blurbs, defaults
 * and accessors for all elements. An element's own are numbered from
 * GST_TEGATA_N_PROPERTIES on. */
typedef enum
{
  GST_TEGATA_PROP_0,
  /* settings */
  GST_TEGATA_PROP_PEM,
  GST_TEGATA_PROP_PEER_FINGERPRINT,
  GST_TEGATA_PROP_REQUIRE_FINGERPRINT,
  GST_TEGATA_PROP_PROFILES,
  GST_TEGATA_PROP_MIN_VERSION,
  GST_TEGATA_PROP_MAX_VERSION,
  GST_TEGATA_PROP_MTU,
  GST_TEGATA_PROP_HANDSHAKE_TIMEOUT,
  GST_TEGATA_PROP_RTT,
  GST_TEGATA_PROP_KEY_LOG,
  /* what it is: read only */
  GST_TEGATA_PROP_FINGERPRINT,
  GST_TEGATA_PROP_CONNECTION_STATE,
  GST_TEGATA_PROP_DTLS_VERSION,
  GST_TEGATA_PROP_DTLS_CIPHER,
  GST_TEGATA_PROP_SRTP_PROFILE,
  GST_TEGATA_PROP_PEER_PEM,
  GST_TEGATA_PROP_STATS,
  GST_TEGATA_N_PROPERTIES,
} GstTegataProperty;

/**
 * GstTegataPropertySet:
 * @GST_TEGATA_PROPERTIES_TRANSPORT: all of them; "require-fingerprint" is TRUE and
 * "handshake-timeout" 30,000 ms by default; "dtls-version" is a GstTegataVersion
 * @GST_TEGATA_PROPERTIES_DECODER: all of them; upstream's defaults: FALSE and 0;
 * "dtls-version" is a uint: the number on the wire, 0xfefd for DTLS 1.2, 0 before
 * @GST_TEGATA_PROPERTIES_ENCODER: "connection-state" and "dtls-version" (as the decoder)
 */
typedef enum
{
  GST_TEGATA_PROPERTIES_TRANSPORT,
  GST_TEGATA_PROPERTIES_DECODER,
  GST_TEGATA_PROPERTIES_ENCODER,
} GstTegataPropertySet;

void gst_tegata_properties_install (GObjectClass *klass, GstTegataPropertySet set);

/* The defaults of @set, given to a new association. */
void gst_tegata_properties_apply_defaults (GstTegataAssociation *association,
                                           GstTegataPropertySet set);

/* Whether @id is one of these. A value that cannot be used is an element error at once
 * (on whose bus a listener may be), and again when the element opens. @association:
 * (nullable): reads then say what a closed one would */
gboolean gst_tegata_properties_set (GstElement *element,
                                    GstTegataAssociation *association,
                                    guint id,
                                    const GValue *value);
gboolean gst_tegata_properties_get (GstElement *element,
                                    GstTegataAssociation *association,
                                    guint id,
                                    GValue *value,
                                    GParamSpec *pspec);

/* For changed(): notifies what @state brought: the certificate and what was negotiated,
 * where the class has it, and "connection-state" last. */
void gst_tegata_properties_notify (GstElement *element, TegataState state);

/* For changed() with FAILED: the association's error as an element error, which says
 * which and why. */
void gst_tegata_post_failure (GstElement *element, GstTegataAssociation *association);
/* A setting or a start that cannot be: @error as an element error. */
void gst_tegata_post_unusable (GstElement *element, const GError *error);
/* For changed() with AWAITING_FINGERPRINT: an element message of information, which names
 * what is waited for, and whose certificate it would be. */
void gst_tegata_post_awaiting (GstElement *element, GstTegataAssociation *association);
/* An element warning: connected, and media has no keys. */
void gst_tegata_post_no_profile (GstElement *element);
/* For unverified(): an element warning that names the property that closes the hole. */
void gst_tegata_post_unverified (GstElement *element);

/* stats.c: the GstStructure "application/x-tegata-stats", W3C names. (transfer full) */
GstStructure *gst_tegata_dup_stats (GstTegataAssociation *association);

G_END_DECLS
