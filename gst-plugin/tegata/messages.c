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

/* (transfer full) */
static char *
describe_for_developers (const GError *error)
{
  g_autofree char *cause = describe_cause (error);

  if (!g_error_matches (error, TEGATA_ERROR, TEGATA_ERROR_TIMEOUT))
  {
    return g_steal_pointer (&cause);
  }
  return g_strconcat (cause,
                      "; one side calls (setup=active, or is-client=true) and the other "
                      "is called, and what each sends has to reach the other one's "
                      "sink pad for the network",
                      NULL);
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
    gst_element_message_full (
        element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, (gint) to_resource_error (error),
        g_strdup_printf ("DTLS failed: %s", error->message),
        describe_for_developers (error), __FILE__, G_STRFUNC, __LINE__);
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

/* (transfer full) (nullable) */
static char *
dup_fingerprint_of_peer (GstTegataAssociation *association)
{
  g_autofree char *pem = gst_tegata_association_dup_peer_pem (association);
  g_autoptr (TegataCertificate) certificate = NULL;
  g_autoptr (TegataFingerprint) fingerprint = NULL;

  if (pem == NULL)
  {
    return NULL;
  }
  certificate = tegata_certificate_new_from_pem (pem, -1, NULL);
  if (certificate == NULL)
  {
    return NULL;
  }
  fingerprint = tegata_fingerprint_new_for_certificate (certificate, TEGATA_HASH_SHA256);
  return tegata_fingerprint_to_string (fingerprint);
}

void
gst_tegata_post_awaiting (GstElement *element, GstTegataAssociation *association)
{
  g_autofree char *fingerprint = dup_fingerprint_of_peer (association);
  GstTegataFacts facts;

  /* it does not wait where anybody may be the peer */
  gst_tegata_association_get_facts (association, &facts);
  if (facts.state == TEGATA_STATE_AWAITING_FINGERPRINT && fingerprint != NULL)
  {
    GST_ELEMENT_INFO (element, RESOURCE, NOT_AUTHORIZED,
                      ("The handshake is complete, and waits for peer-fingerprint to be "
                       "set. The peer's is %s: set that if the peer's description says "
                       "the same",
                       fingerprint),
                      (NULL));
  }
}

void
gst_tegata_post_no_profile (GstElement *element)
{
  GST_ELEMENT_WARNING (
      element, STREAM, FORMAT,
      ("No media can pass: the handshake agreed on no SRTP profile, so this association "
       "carries data only"),
      ("compare the profiles of both sides: a peer without use_srtp takes no media"));
}
