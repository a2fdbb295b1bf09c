/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "association.h"

G_BEGIN_DECLS

/*
 * How an encoder finds its decoder's association: by the connection-id that both have.
 * The one table of names that there is. It holds no reference: the decoder does, and an
 * entry leaves with its association.
 */

/* @id belongs to @association until it is given to another, or forgotten. FALSE where a
 * living one has it. */
gboolean gst_tegata_connections_add (const char *id, GstTegataAssociation *association);
void gst_tegata_connections_remove (const char *id, GstTegataAssociation *association);

/* (transfer full) (nullable) */
GstTegataAssociation *gst_tegata_connections_find (const char *id);

G_END_DECLS
