/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tegatasrtpdec.h"
#include "tegatasrtpenc.h"
#include "tegatatransport.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean is_any_there = FALSE;

  is_any_there |= GST_ELEMENT_REGISTER (tegatatransport, plugin);
  is_any_there |= GST_ELEMENT_REGISTER (tegatasrtpenc, plugin);
  is_any_there |= GST_ELEMENT_REGISTER (tegatasrtpdec, plugin);
  return is_any_there;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR,
                   GST_VERSION_MINOR,
                   tegata,
                   "DTLS-SRTP: encrypted, authenticated real-time media",
                   plugin_init,
                   VERSION,
                   "LGPL",
                   "Tegata",
                   "https://example.org/tegata")
