/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gst-call-description.h"

#include <gst/gst.h>

/* How the datagrams go: by a UDP socket, or by ICE. What it has to tell comes as
 * application messages on the pipeline's bus:
 *
 *   path-ready    the local description can be made
 *   path-usable   datagrams can cross
 *   path-failed   they never will */
typedef struct _Path Path;

/* @address: HOST:PORT in digits: where we listen, or where the peer does */
Path *path_new_udp (const char *address, gboolean is_listening, GError **error);

/* @host: (nullable): our one address that is used; NULL for all */
Path *path_new_ice (gboolean is_controlling, const char *host, GError **error);

void path_free (Path *self);

/* Its elements, which are linked to "transport", as gst_parse_launch() takes it. */
const char *path_get_elements (const Path *self);

/* Sets up the elements, and begins to find out where we can be reached. */
gboolean path_prepare (Path *self, GstBin *pipeline, GError **error);

/* Puts that in. */
void path_describe (Path *self, Description *local);

gboolean path_set_remote (Path *self, const Description *remote, GError **error);

/* Whether datagrams can cross as soon as both have a description. */
gboolean path_is_immediate (const Path *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Path, path_free)
