/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an application closes the hole that webrtcbin leaves: it compares no fingerprint
 * before 1.28.5, so the application hands those of the remote description to the
 * decoders.
 */
#include "webrtc-call.h"

#include <string.h>

static gboolean
is_made_by (GstElement *element, const char *name)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return factory != NULL && g_strcmp0 (GST_OBJECT_NAME (factory), name) == 0;
}

static void
on_connection_state (GstElement *element,
                     G_GNUC_UNUSED GParamSpec *pspec,
                     G_GNUC_UNUSED gpointer data)
{
  GValue value = G_VALUE_INIT;
  GEnumValue *state;

  g_object_get_property (G_OBJECT (element), "connection-state", &value);
  state = g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (&value)),
                            g_value_get_enum (&value));
  call_say ("dtls", state->value_nick);
  g_value_unset (&value);
}

static void
on_deep_element_added (G_GNUC_UNUSED GstBin *bin,
                       G_GNUC_UNUSED GstBin *sub_bin,
                       GstElement *element,
                       gpointer data)
{
  Call *call = data;
  g_autofree char *fingerprints = NULL;

  if (!is_made_by (element, "dtlssrtpdec") && !is_made_by (element, "dtlssrtpenc"))
  {
    return;
  }
  g_mutex_lock (&call->lock);
  g_ptr_array_add (call->transports, gst_object_ref (element));
  fingerprints = g_strdup (call->fingerprints);
  g_mutex_unlock (&call->lock);
  if (is_made_by (element, "dtlssrtpenc"))
  {
    return;
  }
  g_signal_connect (element, "notify::connection-state", G_CALLBACK (on_connection_state),
                    NULL);
  if (call->checks)
  {
    g_object_set (element, "require-fingerprint", TRUE, "peer-fingerprint", fingerprints,
                  NULL);
  }
}

void
call_watch_transports (Call *call)
{
  g_signal_connect (call->webrtc, "deep-element-added",
                    G_CALLBACK (on_deep_element_added), call);
}

static void
append_fingerprint (GString *lines, const char *value)
{
  if (value != NULL)
  {
    g_string_append_printf (lines, "a=fingerprint:%s\n", value);
  }
}

/* Those of all sections: each decoder is told all, since all are the peer's. */
static char *
collect_fingerprints (const GstSDPMessage *sdp)
{
  GString *lines = g_string_new (NULL);
  guint i;
  guint n;

  for (n = 0; n < gst_sdp_message_attributes_len (sdp); n++)
  {
    append_fingerprint (lines,
                        gst_sdp_message_get_attribute_val_n (sdp, "fingerprint", n));
  }
  for (i = 0; i < gst_sdp_message_medias_len (sdp); i++)
  {
    const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);

    for (n = 0; n < gst_sdp_media_attributes_len (media); n++)
    {
      append_fingerprint (lines,
                          gst_sdp_media_get_attribute_val_n (media, "fingerprint", n));
    }
  }
  return g_string_free (lines, FALSE);
}

void
call_expect (Call *call, const GstSDPMessage *remote)
{
  g_autoptr (GPtrArray) known = NULL;
  g_autofree char *fingerprints = collect_fingerprints (remote);
  guint i;

  g_mutex_lock (&call->lock);
  g_free (call->fingerprints);
  call->fingerprints = g_strdup (fingerprints);
  known = g_ptr_array_copy (call->transports,
                            (GCopyFunc) (void (*) (void)) gst_object_ref, NULL);
  g_mutex_unlock (&call->lock);
  g_ptr_array_set_free_func (known, gst_object_unref);
  for (i = 0; i < known->len && call->checks; i++)
  {
    GstElement *element = g_ptr_array_index (known, i);

    if (is_made_by (element, "dtlssrtpdec"))
    {
      g_object_set (element, "peer-fingerprint", fingerprints, NULL);
    }
  }
}
