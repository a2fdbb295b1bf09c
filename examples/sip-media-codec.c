/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-codec.h"

#include <string.h>

/* RFC 3551 section 6 has the fixed ones; opus (RFC 7587) takes any from 96 on. A rtpmap
 * here is static, so that formats can be compared by their pointers. */
static const struct
{
  const char *name;
  SipFormat format;
  gboolean is_fixed;
} codecs[] = {
  { "pcmu", { 0, "PCMU/8000" }, TRUE },
  { "pcma", { 8, "PCMA/8000" }, TRUE },
  { "opus", { 96, "opus/48000/2" }, FALSE },
};

static gboolean
append_codec (GArray *formats, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
  {
    if (g_ascii_strcasecmp (codecs[i].name, name) == 0)
    {
      g_array_append_val (formats, codecs[i].format);
      return TRUE;
    }
  }
  return FALSE;
}

GArray *
sip_formats_from_names (const char *names, GError **error)
{
  g_autoptr (GArray) formats = g_array_new (FALSE, FALSE, sizeof (SipFormat));
  g_auto (GStrv) each = g_strsplit (names, ",", -1);

  for (gsize i = 0; each[i] != NULL; i++)
  {
    if (!append_codec (formats, g_strstrip (each[i])))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "found \"%s\" as a codec: expected some of %s, with commas between",
                   each[i], SIP_CODEC_NAMES);
      return NULL;
    }
  }
  if (formats->len == 0)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "found no codec: expected some of %s", SIP_CODEC_NAMES);
    return NULL;
  }
  return g_steal_pointer (&formats);
}

/* "PCMU/8000/1" is "PCMU/8000": one channel is what there is without a number. */
static gboolean
is_same_rtpmap (const char *found, const char *ours)
{
  gsize len = strlen (ours);

  return g_ascii_strncasecmp (found, ours, len) == 0
         && (found[len] == '\0' || g_str_equal (found + len, "/1"));
}

gboolean
sip_format_parse (const char *payload_type, const char *rtpmap, SipFormat *format)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (payload_type, 10, 0, 127, &number, NULL))
  {
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
  {
    gboolean matches
        = rtpmap != NULL ? is_same_rtpmap (rtpmap, codecs[i].format.rtpmap)
                         : codecs[i].is_fixed && codecs[i].format.payload_type == number;

    if (matches)
    {
      *format = (SipFormat){ (guint) number, codecs[i].format.rtpmap };
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
has_codec_of (const GArray *formats, const SipFormat *format)
{
  for (guint i = 0; i < formats->len; i++)
  {
    if (g_array_index (formats, SipFormat, i).rtpmap == format->rtpmap)
    {
      return TRUE;
    }
  }
  return FALSE;
}

GArray *
sip_formats_in_common (const GArray *theirs, const GArray *ours)
{
  GArray *formats = g_array_new (FALSE, FALSE, sizeof (SipFormat));

  for (guint i = 0; i < theirs->len; i++)
  {
    SipFormat format = g_array_index (theirs, SipFormat, i);

    if (has_codec_of (ours, &format))
    {
      g_array_append_val (formats, format);
    }
  }
  return formats;
}
