/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What elements say on the bus. */

#include "properties.h"

static const char *
describe_fault (TegataFault fault)
{
  switch (fault)
  {
  case TEGATA_FAULT_LOCAL:
    return "this side";
  case TEGATA_FAULT_PEER:
    return "the peer";
  case TEGATA_FAULT_NETWORK:
    return "the network";
  case TEGATA_FAULT_NONE:
  default:
    return "unknown";
  }
}

/* For developers: whose fault it was, and the alert that told it. (transfer full) */
static char *
describe_cause (const GError *error)
{
  int alert = tegata_error_get_alert (error);
  const char *fault = describe_fault (tegata_error_get_fault (error));

  if (alert < 0)
  {
    return g_strdup_printf ("whose fault: %s; no alert", fault);
  }
  return g_strdup_printf ("whose fault: %s; alert %d, %s", fault, alert,
                          tegata_alert_to_string (alert));
}

static GstResourceError
to_resource_error (const GError *error)
{
  if (g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_FINGERPRINT))
  {
    return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  }
  if (g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT))
  {
    return GST_RESOURCE_ERROR_OPEN_READ_WRITE;
  }
  return GST_RESOURCE_ERROR_FAILED;
}

void
gst_tegata_post_failure (GstElement *element, GstTegataAssociation *association)
{
  g_autoptr (GError) error = gst_tegata_association_dup_error (association);

  /* none where somebody has stopped it meanwhile, who will not want to hear of it */
  if (error != NULL)
  {
    gst_element_message_full (element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
                              (gint) to_resource_error (error),
                              g_strdup_printf ("DTLS failed: %s", error->message),
                              describe_cause (error), __FILE__, G_STRFUNC, __LINE__);
  }
}

void
gst_tegata_post_unusable (GstElement *element, const GError *error)
{
  GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
}

void
gst_tegata_post_unverified (GstElement *element)
{
  GST_ELEMENT_WARNING (
      element, RESOURCE, NOT_AUTHORIZED,
      ("The peer's certificate was taken as it came: nobody said whose it must be, so "
       "somebody in between could be the peer. Set peer-fingerprint to the "
       "a=fingerprint of the peer's description, or require-fingerprint to TRUE to wait "
       "for it"),
      (NULL));
}
