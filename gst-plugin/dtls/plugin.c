/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All the elements of GStreamer's dtls plugin, by its names: the registry keeps plugins
 * by the name of their file, and takes the first that it finds, whole. So this one
 * replaces the other where its folder stands in GST_PLUGIN_PATH, and no element may be
 * missing.
 */

#include "dtlsdec.h"
#include "dtlsenc.h"
#include "dtlssrtpdemux.h"
#include "srtp-pair.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (dtlssrtpenc, plugin)
         && GST_ELEMENT_REGISTER (dtlssrtpdec, plugin)
         && GST_ELEMENT_REGISTER (dtlsenc, plugin)
         && GST_ELEMENT_REGISTER (dtlsdec, plugin)
         && GST_ELEMENT_REGISTER (dtlssrtpdemux, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR,
                   GST_VERSION_MINOR,
                   dtls,
                   "DTLS-SRTP by Tegata, in the place of GStreamer's own",
                   plugin_init,
                   VERSION,
                   "LGPL",
                   "Tegata",
                   "https://example.org/tegata")
