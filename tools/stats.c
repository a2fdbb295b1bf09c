/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stats.h"

void
stats_collect (Stats *self,
               TegataTransport *transport,
               TegataUdpChannel *channel,
               TegataTransportListener *listener,
               PlainSide *plain)
{
  *self = (Stats){ .transport = transport };
  tegata_udp_channel_get_stats (channel, &self->channel);
  if (transport != NULL)
  {
    tegata_session_get_stats (tegata_transport_get_session (transport), &self->session);
  }
  if (listener != NULL)
  {
    self->has_listener = TRUE;
    tegata_transport_listener_get_stats (listener, &self->listener);
  }
  if (plain != NULL)
  {
    self->has_plain = TRUE;
    self->plain = *plain_side_get_stats (plain);
  }
}

static guint64
srtp_count (const TegataSrtpStats *stats, guint outcome)
{
  return stats->rtp[outcome] + stats->rtcp[outcome];
}

/* What is 0 would be most of it, for a user who has no trouble. */
static void
append_count (GString *text, const char *title, const char *name, guint64 n)
{
  if (n > 0)
  {
    g_string_append_printf (text, "%s%s %" G_GUINT64_FORMAT,
                            text->len == 0 ? title : ", ", name, n);
  }
}

/* To follow a number. */
static const char *const refusals[] = {
  [TEGATA_REFUSED_UNKNOWN] = "neither DTLS nor media",
  [TEGATA_REFUSED_SOURCE] = "from another address",
  [TEGATA_REFUSED_RECORD] = "no record of DTLS",
  [TEGATA_REFUSED_HANDSHAKE] = "out of place in the handshake",
  [TEGATA_REFUSED_ALERT] = "an alert in the clear",
  [TEGATA_REFUSED_COOKIE] = "asked for a cookie",
  [TEGATA_REFUSED_HELLO] = "a hello that cannot be met",
  [TEGATA_REFUSED_DATA] = "data before there are keys",
  [TEGATA_REFUSED_OVERFLOW] = "too much at once",
  [TEGATA_REFUSED_ENDED] = "after the end",
};
G_STATIC_ASSERT (G_N_ELEMENTS (refusals) == TEGATA_N_REFUSALS);

/* As append_count(), where the number comes first. */
static void
append_words (GString *text, const char *title, guint64 n, const char *words)
{
  if (n > 0)
  {
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s",
                            text->len == 0 ? title : ", ", n, words);
  }
}

static char *
describe_refused (const Stats *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    append_words (text, "refused: ", self->session.refused[i], refusals[i]);
  }
  for (guint i = TEGATA_SRTP_OK + 1; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    append_words (text, "refused: ", srtp_count (&self->session.inbound, i),
                  tegata_srtp_outcome_to_string ((TegataSrtpOutcome) i));
  }
  return g_string_free (text, FALSE);
}

static char *
describe_strangers (const Stats *self)
{
  const char *title = "from strangers: ";
  GString *text = g_string_new (NULL);

  append_words (text, title, self->listener.cookies_sent, "asked for a cookie");
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    /* who is asked for a cookie is counted as refused, too */
    if (i != TEGATA_REFUSED_COOKIE)
    {
      append_words (text, title, self->listener.refused[i],
                    i == TEGATA_REFUSED_SOURCE ? "media without an association"
                                               : refusals[i]);
    }
  }
  return g_string_free (text, FALSE);
}

/* What a packet is sent for twice, before all. */
static void
append_reasons (GString *text, const PlainSideStats *plain)
{
  g_autoptr (GString) reasons = g_string_new (NULL);

  for (guint i = TEGATA_SRTP_OK + 1; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    append_words (reasons, "", plain->refused_for[i],
                  tegata_srtp_outcome_to_string ((TegataSrtpOutcome) i));
  }
  if (reasons->len > 0)
  {
    g_string_append_printf (text, " (%s)", reasons->str);
  }
}

static char *
describe_plain (const Stats *self)
{
  const PlainSideStats *plain = &self->plain;
  GString *text = g_string_new (NULL);

  append_count (text, "plain side: ", "received", plain->received);
  append_count (text, "plain side: ", "secured", plain->secured);
  append_count (text, "plain side: ", "dropped before there were keys", plain->early);
  append_count (text, "plain side: ", "refused", plain->refused);
  append_reasons (text, plain);
  append_count (text, "plain side: ", "not media", plain->not_media);
  append_count (text, "plain side: ", "delivered", plain->delivered);
  append_count (text, "plain side: ", "undelivered", plain->undelivered);
  return g_string_free (text, FALSE);
}

static char *
describe_network (const Stats *self)
{
  GString *text = g_string_new (NULL);

  append_count (text, "network: ", "errors", self->channel.errors);
  append_count (text, "network: ", "dropped", self->channel.dropped);
  return g_string_free (text, FALSE);
}

static const char *
plural (guint64 n)
{
  return n == 1 ? "" : "s";
}

static char *
describe_session (const Stats *self)
{
  const TegataSessionStats *session = &self->session;

  if (self->transport == NULL)
  {
    return g_strdup ("nobody is connected");
  }
  return g_strdup_printf (
      "sent %" G_GUINT64_FORMAT " packet%s, %" G_GUINT64_FORMAT
      " bytes (%" G_GUINT64_FORMAT " RTP, %" G_GUINT64_FORMAT
      " RTCP); received %" G_GUINT64_FORMAT " packet%s, %" G_GUINT64_FORMAT
      " bytes (%" G_GUINT64_FORMAT " RTP, %" G_GUINT64_FORMAT
      " RTCP); retransmissions %" G_GUINT64_FORMAT,
      session->packets_sent, plural (session->packets_sent), session->bytes_sent,
      session->outbound.rtp[TEGATA_SRTP_OK], session->outbound.rtcp[TEGATA_SRTP_OK],
      session->packets_received, plural (session->packets_received),
      session->bytes_received, session->inbound.rtp[TEGATA_SRTP_OK],
      session->inbound.rtcp[TEGATA_SRTP_OK], session->dtls.retransmissions);
}

char *
stats_to_text (const Stats *self)
{
  char *parts[] = {
    describe_session (self), describe_refused (self), describe_strangers (self),
    describe_network (self), describe_plain (self),
  };
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
  {
    if (parts[i][0] != '\0')
    {
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", parts[i]);
    }
    g_free (parts[i]);
  }
  return g_string_free (text, FALSE);
}

static void
add_count (JsonBuilder *builder, const char *name, guint64 n)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) n);
}

static void
add_refused (JsonBuilder *builder, const guint64 *refused)
{
  json_builder_set_member_name (builder, "refused");
  json_builder_begin_object (builder);
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    if (refused[i] > 0)
    {
      add_count (builder, tegata_refusal_to_string ((TegataRefusal) i), refused[i]);
    }
  }
  json_builder_end_object (builder);
}

/* What the library has by the W3C's names. */
static void
add_session (TegataTransport *transport, JsonBuilder *builder)
{
  g_autoptr (GVariant) counts = tegata_transport_dup_stats (transport);
  g_autoptr (JsonNode) node = json_gvariant_serialize (counts);
  JsonObjectIter iter;
  const char *name = NULL;
  JsonNode *member = NULL;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
  {
    json_builder_set_member_name (builder, name);
    json_builder_add_value (builder, json_node_copy (member));
  }
}

static void
add_plain (const PlainSideStats *plain, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "plain");
  json_builder_begin_object (builder);
  add_count (builder, "received", plain->received);
  add_count (builder, "secured", plain->secured);
  add_count (builder, "early", plain->early);
  add_count (builder, "refused", plain->refused);
  add_count (builder, "notMedia", plain->not_media);
  add_count (builder, "delivered", plain->delivered);
  add_count (builder, "undelivered", plain->undelivered);
  json_builder_end_object (builder);
}

static void
add_listener (const TegataListenerStats *listener, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "listener");
  json_builder_begin_object (builder);
  add_count (builder, "sessions", listener->sessions);
  add_count (builder, "accepted", listener->accepted);
  add_count (builder, "cookiesSent", listener->cookies_sent);
  add_refused (builder, listener->refused);
  json_builder_end_object (builder);
}

void
stats_build_json (const Stats *self, JsonBuilder *builder)
{
  if (self->transport != NULL)
  {
    add_session (self->transport, builder);
  }
  add_count (builder, "networkErrors", self->channel.errors);
  add_count (builder, "networkDropped", self->channel.dropped);
  if (self->has_plain)
  {
    add_plain (&self->plain, builder);
  }
  if (self->has_listener)
  {
    add_listener (&self->listener, builder);
  }
}
