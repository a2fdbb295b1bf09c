/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-report.h"

#include <stdio.h>

void
report (const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  printf ("%s: %s\n", key, text);
  fflush (stdout);
}

gboolean
report_missing_elements (void)
{
  static const struct
  {
    const char *element;
    const char *place;
  } NEEDED[] = {
    { "tegatatransport", "Tegata: name its plugin's folder by GST_PLUGIN_PATH" },
    { "videotestsrc", "gstreamer1.0-plugins-base" },
    { "opusenc", "gstreamer1.0-plugins-base" },
    { "rtpfunnel", "gstreamer1.0-plugins-good" },
    { "vp8enc", "gstreamer1.0-plugins-good" },
    { "nicesrc", "gstreamer1.0-nice" },
  };
  gboolean are_there = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (NEEDED); i++)
  {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (NEEDED[i].element);

    if (factory == NULL)
    {
      fprintf (stderr, "gst-call: there is no element %s; it is in %s\n",
               NEEDED[i].element, NEEDED[i].place);
      are_there = FALSE;
    }
  }
  return are_there;
}

/* What a user can do about it. */
static const char *
explain (const GError *error)
{
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
  {
    return "the peer is not the one that the description came from. Was that of an "
           "earlier run? If not, somebody may be in between";
  }
  if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE))
  {
    return "nobody completed the handshake. Does the peer run, and did it get our "
           "description? Does a firewall stop UDP?";
  }
  return NULL;
}

void
report_problem (GstMessage *message, gboolean is_over)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  const char *explanation;

  if (is_over)
  {
    gst_message_parse_error (message, &error, &debug);
  }
  else
  {
    gst_message_parse_warning (message, &error, &debug);
  }
  explanation = explain (error);
  fprintf (stderr, "gst-call: %s of %s: %s\n", is_over ? "error" : "warning",
           GST_MESSAGE_SRC_NAME (message), error->message);
  if (debug != NULL)
  {
    fprintf (stderr, "  %s\n", debug);
  }
  if (explanation != NULL)
  {
    fprintf (stderr, "  %s\n", explanation);
  }
}

/* Enums, too, by their nicks. (transfer full) */
static char *
describe_property (GstElement *element, const char *name)
{
  g_auto (GValue) value = G_VALUE_INIT;
  const GEnumValue *found;

  g_object_get_property (G_OBJECT (element), name, &value);
  if (G_VALUE_HOLDS_ENUM (&value))
  {
    found = g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (&value)),
                              g_value_get_enum (&value));
    return g_strdup (found != NULL ? found->value_nick : NULL);
  }
  return g_value_dup_string (&value);
}

void
report_connection (GstElement *transport)
{
  g_autofree char *version = describe_property (transport, "dtls-version");
  g_autofree char *cipher = describe_property (transport, "dtls-cipher");
  g_autofree char *profile = describe_property (transport, "srtp-profile");

  report ("dtls", "DTLS %s, %s", version, cipher);
  report ("srtp", "%s", profile);
}

/* @outer: the name of the structure that it is in, and a dot */
static gboolean
report_count (GQuark name, const GValue *value, gpointer outer)
{
  g_autofree char *text = NULL;
  g_autofree char *inner = NULL;

  if (GST_VALUE_HOLDS_STRUCTURE (value))
  {
    inner = g_strdup_printf ("%s.", g_quark_to_string (name));
    return gst_structure_foreach (gst_value_get_structure (value), report_count, inner);
  }
  text = gst_value_serialize (value);
  printf ("  %s%s %s\n", (const char *) outer, g_quark_to_string (name), text);
  return TRUE;
}

void
report_stats (GstElement *transport)
{
  g_autoptr (GstStructure) stats = NULL;
  char outermost[] = "";

  g_object_get (transport, "stats", &stats, NULL);
  printf ("stats:\n");
  gst_structure_foreach (stats, report_count, outermost);
  fflush (stdout);
}
