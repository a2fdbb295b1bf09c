/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the two of a pair come together: by the connection-id that both were given. */

#include "common.h"
#include "connections.h"
#include "pair.h"

/* From a decoder that rests. */
static gboolean
take_over (const char *id, GstTegataAssociation *association)
{
  g_autoptr (GstTegataAssociation) other = gst_tegata_connections_find (id);

  if (other != NULL && !gst_tegata_pair_is_resting (other))
  {
    return FALSE;
  }
  if (other != NULL)
  {
    gst_tegata_connections_remove (id, other);
  }
  return gst_tegata_connections_add (id, association);
}

gboolean
gst_tegata_pair_offer (GstElement *decoder,
                       GstTegataAssociation *association,
                       const char *id)
{
  if (gst_tegata_connections_add (id, association) || take_over (id, association))
  {
    return TRUE;
  }
  GST_ELEMENT_ERROR (decoder, RESOURCE, BUSY,
                     ("connection-id: another decoder has \"%s\"; expected one that no "
                      "other decoder of this process has",
                      id),
                     (NULL));
  return FALSE;
}

GstTegataAssociation *
gst_tegata_pair_find (const char *id, gpointer encoder, GError **error)
{
  g_autoptr (GstTegataAssociation) association = NULL;

  if (id == NULL)
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "connection-id is not set: expected that of the decoder of this "
                         "association");
    return NULL;
  }
  association = gst_tegata_connections_find (id);
  if (association == NULL)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "no decoder has the connection-id \"%s\": set it on the decoder before "
                 "the encoder goes from NULL to READY; or, where the decoder has a key, "
                 "set key on both",
                 id);
    return NULL;
  }
  if (!gst_tegata_pair_claim (association, encoder))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "the decoder of connection-id \"%s\" has an encoder already: expected "
                 "one encoder for each decoder",
                 id);
    return NULL;
  }
  return g_steal_pointer (&association);
}

/* A decoder that leaves may close what was opened here, up to the moment that it is
 * started: then it is opened again. */
static gboolean
start (GstTegataAssociation *association, TegataRole role, GError **error)
{
  g_autoptr (GError) obstacle = NULL;

  while (!gst_tegata_association_start (association, role, &obstacle))
  {
    if (!g_error_matches (obstacle, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED))
    {
      g_propagate_error (error, g_steal_pointer (&obstacle));
      return FALSE;
    }
    g_clear_error (&obstacle);
    if (!gst_tegata_association_open (association, error))
    {
      return FALSE;
    }
  }
  return TRUE;
}

gboolean
gst_tegata_pair_begin (GstTegataAssociation *association, TegataRole role, GError **error)
{
  if (gst_tegata_pair_is_orphaned (association))
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                         "the decoder of this connection-id is gone: set the encoder to "
                         "NULL, and to READY again when there is another one");
    return FALSE;
  }
  if (!gst_tegata_pair_enter (association, GST_TEGATA_PAIR_ENCODER, error))
  {
    return FALSE;
  }
  if (!start (association, role, error))
  {
    gst_tegata_pair_leave (association, GST_TEGATA_PAIR_ENCODER);
    return FALSE;
  }
  return TRUE;
}
