/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-codec.h"

#include <string.h>

#define EVENTS "telephone-event/"

/*
 * RFC 3551 section 6 has the fixed ones; opus (RFC 7587) takes any from 96 on. A rtpmap
 * here is static, so that formats can be compared by their pointers. @events: what
 * carries digits beside it, at the same clock rate (RFC 4733 section 2.1).
 */
static const struct
{
  const char *name;
  SipFormat format;
  gboolean is_fixed;
  SipFormat events;
} codecs[] = {
  { "pcmu", { 0, "PCMU/8000" }, TRUE, { 101, EVENTS "8000" } },
  { "pcma", { 8, "PCMA/8000" }, TRUE, { 101, EVENTS "8000" } },
  { "opus", { 96, "opus/48000/2" }, FALSE, { 102, EVENTS "48000" } },
};

static gboolean
has_rtpmap (const GArray *formats, const char *rtpmap)
{
  for (guint i = 0; i < formats->len; i++)
  {
    if (g_str_equal (g_array_index (formats, SipFormat, i).rtpmap, rtpmap))
    {
      return TRUE;
    }
  }
  return FALSE;
}

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

/* Behind all codecs: the first format is the one that is preferred. */
static void
append_events (GArray *formats)
{
  guint n_codecs = formats->len;

  for (guint i = 0; i < n_codecs; i++)
  {
    for (gsize j = 0; j < G_N_ELEMENTS (codecs); j++)
    {
      if (g_array_index (formats, SipFormat, i).rtpmap == codecs[j].format.rtpmap
          && !has_rtpmap (formats, codecs[j].events.rtpmap))
      {
        g_array_append_val (formats, codecs[j].events);
      }
    }
  }
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
  append_events (formats);
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

/* Returns: whether it is the format at @i, or what goes beside it */
static gboolean
parse_as (gsize i, guint number, const char *rtpmap, SipFormat *format)
{
  const SipFormat *codec = &codecs[i].format;
  const SipFormat *events = &codecs[i].events;
  gboolean is_codec = rtpmap != NULL
                          ? is_same_rtpmap (rtpmap, codec->rtpmap)
                          : codecs[i].is_fixed && codec->payload_type == number;

  if (!is_codec && (rtpmap == NULL || !is_same_rtpmap (rtpmap, events->rtpmap)))
  {
    return FALSE;
  }
  *format = (SipFormat){ number, is_codec ? codec->rtpmap : events->rtpmap };
  return TRUE;
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
    if (parse_as (i, (guint) number, rtpmap, format))
    {
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
sip_format_is_events (const SipFormat *format)
{
  return g_str_has_prefix (format->rtpmap, EVENTS);
}

/* Returns: whether one of @formats has the clock rate of @events */
static gboolean
has_codec_beside (const GArray *formats, const SipFormat *events)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++)
  {
    if (g_str_equal (codecs[i].events.rtpmap, events->rtpmap)
        && has_rtpmap (formats, codecs[i].format.rtpmap))
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

    if (!sip_format_is_events (&format) && has_rtpmap (ours, format.rtpmap))
    {
      g_array_append_val (formats, format);
    }
  }
  for (guint i = 0; i < theirs->len; i++)
  {
    SipFormat format = g_array_index (theirs, SipFormat, i);

    if (sip_format_is_events (&format) && has_codec_beside (formats, &format))
    {
      g_array_append_val (formats, format);
    }
  }
  return formats;
}
