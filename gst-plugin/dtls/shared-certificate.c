/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "shared-certificate.h"

#include "common.h"

/* For as long as the process: who comes later must have the same. */
static TegataCertificate *
get_shared (void)
{
  static TegataCertificate *shared;
  static gsize is_done = 0;

  if (g_once_init_enter (&is_done))
  {
    g_autoptr (GError) error = NULL;

    shared = tegata_certificate_new (TEGATA_KEY_TYPE_ECDSA_P256, &error);
    if (shared == NULL)
    {
      GST_WARNING ("each decoder tries to make its own: %s", error->message);
    }
    g_once_init_leave (&is_done, 1);
  }
  return shared;
}

void
gst_tegata_share_certificate (GstTegataAssociation *association)
{
  TegataCertificate *shared = get_shared ();

  if (shared != NULL)
  {
    gst_tegata_association_set_certificate (association, shared);
  }
}
