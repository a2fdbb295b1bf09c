/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-sdp.h"

#include <gst/sdp/gstsdpmessage.h>
#include <string.h>

static const struct
{
  const char *name;
  SipDirection direction;
} directions[] = {
  { "sendrecv", SIP_SENDRECV },
  { "sendonly", SIP_SENDS },
  { "recvonly", SIP_RECEIVES },
  { "inactive", SIP_INACTIVE },
};

const char *
sip_direction_to_string (SipDirection direction)
{
  for (gsize i = 0; i < G_N_ELEMENTS (directions); i++)
  {
    if (directions[i].direction == direction)
    {
      return directions[i].name;
    }
  }
  g_return_val_if_reached (NULL);
}

static void
free_refused (gpointer data)
{
  SipRefusedMedia *self = data;

  g_free (self->kind);
  g_free (self->proto);
  g_free (self->formats);
  g_free (self);
}

void
sip_description_add_refused (SipDescription *self,
                             const char *kind,
                             const char *proto,
                             const char *formats)
{
  SipRefusedMedia *media = g_new0 (SipRefusedMedia, 1);

  media->kind = g_strdup (kind);
  media->proto = g_strdup (proto);
  media->formats = g_strdup (formats);
  g_ptr_array_add (self->refused, media);
}

SipDescription *
sip_description_new (void)
{
  SipDescription *self = g_new0 (SipDescription, 1);

  self->direction = SIP_SENDRECV;
  self->fingerprints
      = g_ptr_array_new_with_free_func ((GDestroyNotify) tegata_fingerprint_unref);
  self->formats = g_array_new (FALSE, FALSE, sizeof (SipFormat));
  self->refused = g_ptr_array_new_with_free_func (free_refused);
  return self;
}

void
sip_description_free (SipDescription *self)
{
  if (self == NULL)
  {
    return;
  }
  g_free (self->host);
  g_free (self->rtcp_host);
  g_free (self->tls_id);
  g_ptr_array_unref (self->fingerprints);
  g_array_unref (self->formats);
  g_ptr_array_unref (self->refused);
  g_free (self);
}

void
sip_description_copy_refused (SipDescription *self, const SipDescription *other)
{
  self->n_before = other->n_before;
  g_ptr_array_set_size (self->refused, 0);
  for (guint i = 0; i < other->refused->len; i++)
  {
    const SipRefusedMedia *media = g_ptr_array_index (other->refused, i);

    sip_description_add_refused (self, media->kind, media->proto, media->formats);
  }
}

SipDirection
sip_description_mirror (const SipDescription *self)
{
  SipDirection direction = SIP_INACTIVE;

  if ((self->direction & SIP_SENDS) != 0)
  {
    direction |= SIP_RECEIVES;
  }
  if ((self->direction & SIP_RECEIVES) != 0 && !self->is_unreachable)
  {
    direction |= SIP_SENDS;
  }
  return direction;
}

static const char *
address_type (const char *host)
{
  return strchr (host, ':') != NULL ? "IP6" : "IP4";
}

static void
add_line (GstSDPMedia *media, const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line + strlen ("a="), ":", 2);

  gst_sdp_media_add_attribute (media, parts[0], parts[1]);
}

static void
add_formats (GstSDPMedia *media, const GArray *formats)
{
  for (guint i = 0; i < formats->len; i++)
  {
    const SipFormat *format = &g_array_index (formats, SipFormat, i);
    g_autofree char *number = g_strdup_printf ("%u", format->payload_type);
    g_autofree char *rtpmap = g_strconcat (number, " ", format->rtpmap, NULL);

    gst_sdp_media_add_format (media, number);
    gst_sdp_media_add_attribute (media, "rtpmap", rtpmap);
    if (sip_format_is_events (format))
    {
      g_autofree char *digits = g_strconcat (number, " 0-15", NULL);

      gst_sdp_media_add_attribute (media, "fmtp", digits);
    }
  }
}

static void
add_association (GstSDPMedia *media, const SipDescription *self)
{
  g_autofree char *setup = tegata_sdp_write_setup (self->setup);

  add_line (media, setup);
  for (guint i = 0; i < self->fingerprints->len; i++)
  {
    g_autofree char *line
        = tegata_sdp_write_fingerprint (g_ptr_array_index (self->fingerprints, i));

    add_line (media, line);
  }
  if (self->tls_id != NULL)
  {
    g_autofree char *line = tegata_sdp_write_tls_id (self->tls_id);

    add_line (media, line);
  }
}

static void
add_audio (GstSDPMessage *message, const SipDescription *self)
{
  g_autofree char *rtcp = g_strdup_printf ("%u", self->rtcp_port);
  GstSDPMedia *media;

  gst_sdp_media_new (&media);
  gst_sdp_media_set_media (media, "audio");
  gst_sdp_media_set_port_info (media, self->port, 1);
  gst_sdp_media_set_proto (media,
                           self->has_feedback ? "UDP/TLS/RTP/SAVPF" : "UDP/TLS/RTP/SAVP");
  add_formats (media, self->formats);
  gst_sdp_media_add_attribute (media, sip_direction_to_string (self->direction), NULL);
  if (self->rtcp_port != 0)
  {
    gst_sdp_media_add_attribute (media, "rtcp", rtcp);
  }
  if (self->rtcp_mux)
  {
    gst_sdp_media_add_attribute (media, "rtcp-mux", NULL);
  }
  add_association (media, self);
  gst_sdp_message_add_media (message, media);
  gst_sdp_media_free (media);
}

static void
add_refused (GstSDPMessage *message, const SipRefusedMedia *refused)
{
  GstSDPMedia *media;

  gst_sdp_media_new (&media);
  gst_sdp_media_set_media (media, refused->kind);
  gst_sdp_media_set_port_info (media, 0, 1);
  gst_sdp_media_set_proto (media, refused->proto);
  gst_sdp_media_add_format (media, refused->formats);
  gst_sdp_message_add_media (message, media);
  gst_sdp_media_free (media);
}

char *
sip_description_to_text (const SipDescription *self)
{
  g_autoptr (GstSDPMessage) message = NULL;
  g_autofree char *session_id = g_strdup_printf ("%" G_GUINT64_FORMAT, self->session_id);
  g_autofree char *version = g_strdup_printf ("%u", self->version);
  const char *type = address_type (self->host);

  gst_sdp_message_new (&message);
  gst_sdp_message_set_version (message, "0");
  gst_sdp_message_set_origin (message, "-", session_id, version, "IN", type, self->host);
  gst_sdp_message_set_session_name (message, "-");
  gst_sdp_message_set_connection (message, "IN", type, self->host, 0, 0);
  gst_sdp_message_add_time (message, "0", "0", NULL);
  for (guint i = 0; i <= self->refused->len; i++)
  {
    if (i == self->n_before)
    {
      add_audio (message, self);
    }
    if (i < self->refused->len)
    {
      add_refused (message, g_ptr_array_index (self->refused, i));
    }
  }
  return gst_sdp_message_as_text (message);
}
