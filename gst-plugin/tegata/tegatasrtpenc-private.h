/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pair.h"
#include "tegatasrtpenc.h"

G_BEGIN_DECLS

typedef struct
{
  GstTegataOutlet outlet;

  /* Object lock. */
  GstTegataAssociation *association; /* NULL in state NULL */
  gboolean is_own;                   /* not a decoder's: for a fixed key */
  char *connection_id;
  gboolean is_client;
  GstTegataFixedKey fixed_key;
} GstTegataSrtpEncPrivate;

GstTegataSrtpEncPrivate *gst_tegata_srtp_enc_get_private (gpointer self);

/* tegatasrtpenc-life.c: what changes of state do besides those of the pads. FALSE with an
 * element error where it cannot be changed. */
gboolean
gst_tegata_srtp_enc_before_change (GstTegataSrtpEnc *self, GstStateChange transition);
void gst_tegata_srtp_enc_after_change (GstTegataSrtpEnc *self,
                                       GstStateChange transition,
                                       gboolean has_failed);

/* (transfer full) (nullable) */
GstTegataAssociation *gst_tegata_srtp_enc_dup_association (GstTegataSrtpEnc *self);
void gst_tegata_srtp_enc_forget_association (GstTegataSrtpEnc *self);

G_END_DECLS
