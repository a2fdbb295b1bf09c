/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all parts of the plugin share: its debug category, and the types of its enums,
 * which are of our own so that GStreamer's dtls plugin can be loaded beside it. */

#include "common.h"

GST_DEBUG_CATEGORY (gst_tegata_debug);

void
gst_tegata_debug_init (void)
{
  static gsize is_done = 0;

  if (g_once_init_enter (&is_done))
  {
    GST_DEBUG_CATEGORY_INIT (gst_tegata_debug, "tegata", 0, "DTLS-SRTP by Tegata");
    g_once_init_leave (&is_done, 1);
  }
}

static GType
register_enum (const char *name, const GEnumValue *values)
{
  GType type = g_enum_register_static (name, values);

  gst_type_mark_as_plugin_api (type, 0);
  return type;
}

GType
gst_tegata_connection_state_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_TEGATA_CONNECTION_STATE_NEW, "Open, and not started", "new" },
    { GST_TEGATA_CONNECTION_STATE_CLOSED, "Not open, or closed by either side",
      "closed" },
    { GST_TEGATA_CONNECTION_STATE_FAILED, "Ended by an error", "failed" },
    { GST_TEGATA_CONNECTION_STATE_CONNECTING,
      "In the handshake, or waiting for the peer's fingerprint", "connecting" },
    { GST_TEGATA_CONNECTION_STATE_CONNECTED, "Media and data pass", "connected" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
  {
    g_once_init_leave (&type, register_enum ("GstTegataConnectionState", values));
  }
  return type;
}

GType
gst_tegata_version_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { TEGATA_VERSION_NONE, "Not negotiated yet", "none" },
    { TEGATA_VERSION_DTLS_1_0, "DTLS 1.0 (RFC 4347), deprecated", "1.0" },
    { TEGATA_VERSION_DTLS_1_2, "DTLS 1.2 (RFC 6347)", "1.2" },
    { TEGATA_VERSION_DTLS_1_3, "DTLS 1.3 (RFC 9147)", "1.3" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
  {
    g_once_init_leave (&type, register_enum ("GstTegataVersion", values));
  }
  return type;
}

GType
gst_tegata_setup_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_TEGATA_SETUP_ACTPASS, "Not decided yet: what comes is held until it is",
      "actpass" },
    { GST_TEGATA_SETUP_ACTIVE, "The client: it calls", "active" },
    { GST_TEGATA_SETUP_PASSIVE, "The server: it is called", "passive" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
  {
    g_once_init_leave (&type, register_enum ("GstTegataSetup", values));
  }
  return type;
}
