/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <tegata/tegata.h>

G_BEGIN_DECLS

/* One debug category for the plugin: GST_DEBUG=tegata:6. */
GST_DEBUG_CATEGORY_EXTERN (gst_tegata_debug);
#define GST_CAT_DEFAULT gst_tegata_debug

/* The category, once, by every class_init. */
void gst_tegata_debug_init (void);

/**
 * GstTegataConnectionState:
 * @GST_TEGATA_CONNECTION_STATE_NEW: open, not started
 * @GST_TEGATA_CONNECTION_STATE_CLOSED: not open, or closed by either side
 * @GST_TEGATA_CONNECTION_STATE_FAILED: ended by an error
 * @GST_TEGATA_CONNECTION_STATE_CONNECTING: handshake, or waiting for the fingerprint
 * @GST_TEGATA_CONNECTION_STATE_CONNECTED: the fingerprint matched; media and data pass
 *
 * Values and nicks are those of GStreamer's own GstDtlsConnectionState.
 */
typedef enum
{
  GST_TEGATA_CONNECTION_STATE_NEW,
  GST_TEGATA_CONNECTION_STATE_CLOSED,
  GST_TEGATA_CONNECTION_STATE_FAILED,
  GST_TEGATA_CONNECTION_STATE_CONNECTING,
  GST_TEGATA_CONNECTION_STATE_CONNECTED,
} GstTegataConnectionState;

#define GST_TYPE_TEGATA_CONNECTION_STATE (gst_tegata_connection_state_get_type ())
GType gst_tegata_connection_state_get_type (void);

/* TegataVersion, by the nicks "none", "1.0", "1.2", "1.3". */
#define GST_TYPE_TEGATA_VERSION (gst_tegata_version_get_type ())
GType gst_tegata_version_get_type (void);

/**
 * GstTegataSetup:
 * @GST_TEGATA_SETUP_ACTPASS: not decided yet; datagrams are held until it is
 * @GST_TEGATA_SETUP_ACTIVE: the client: it calls
 * @GST_TEGATA_SETUP_PASSIVE: the server: it is called
 *
 * As in a=setup (RFC 4145, RFC 5763).
 */
typedef enum
{
  GST_TEGATA_SETUP_ACTPASS,
  GST_TEGATA_SETUP_ACTIVE,
  GST_TEGATA_SETUP_PASSIVE,
} GstTegataSetup;

#define GST_TYPE_TEGATA_SETUP (gst_tegata_setup_get_type ())
GType gst_tegata_setup_get_type (void);

G_END_DECLS
