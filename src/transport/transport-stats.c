/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a session counts, for those who have no struct: other languages, JSON. */

#include "transport/transport-private.h"

#include <tegata/enum-types.h>

static void
add_text (GVariantDict *dict, const char *name, const char *text)
{
  if (text != NULL)
  {
    g_variant_dict_insert (dict, name, "s", text);
  }
}

static void
add_count (GVariantDict *dict, const char *name, guint64 n)
{
  g_variant_dict_insert (dict, name, "t", n);
}

static void
add_refused (GVariantDict *dict, const guint64 *refused)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < TEGATA_N_REFUSALS; i++)
  {
    if (refused[i] > 0)
    {
      g_variant_builder_add (&builder, "{st}",
                             tegata_refusal_to_string ((TegataRefusal) i), refused[i]);
    }
  }
  g_variant_dict_insert_value (dict, "refused", g_variant_builder_end (&builder));
}

/* "auth-failed" is authFailed beside the names of the W3C. (transfer full) */
static char *
camel_case (const char *nick)
{
  GString *text = g_string_new (NULL);

  for (; *nick != '\0'; nick++)
  {
    gboolean begins_word = nick[0] == '-' && nick[1] != '\0';

    nick += begins_word ? 1 : 0;
    g_string_append_c (text, begins_word ? g_ascii_toupper (*nick) : *nick);
  }
  return g_string_free (text, FALSE);
}

/* Outcomes by their nicks: what is said to people has blanks. */
static void
add_srtp (GVariantDict *dict, const char *name, const TegataSrtpStats *stats)
{
  GEnumClass *outcomes = g_type_class_ref (TEGATA_TYPE_SRTP_OUTCOME);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_builder_add (&builder, "{st}", "rtp", stats->rtp[TEGATA_SRTP_OK]);
  g_variant_builder_add (&builder, "{st}", "rtcp", stats->rtcp[TEGATA_SRTP_OK]);
  for (guint i = TEGATA_SRTP_OK + 1; i < TEGATA_N_SRTP_OUTCOMES; i++)
  {
    g_autofree char *outcome
        = camel_case (g_enum_get_value (outcomes, (gint) i)->value_nick);
    guint64 n = stats->rtp[i] + stats->rtcp[i];

    if (n > 0)
    {
      g_variant_builder_add (&builder, "{st}", outcome, n);
    }
  }
  g_variant_dict_insert_value (dict, name, g_variant_builder_end (&builder));
  g_type_class_unref (outcomes);
}

GVariant *
tegata_transport_dup_stats (TegataTransport *self)
{
  TegataSessionStats stats;
  GVariantDict dict;

  g_return_val_if_fail (TEGATA_IS_TRANSPORT (self), NULL);

  tegata_session_get_stats (self->session, &stats);
  g_variant_dict_init (&dict, NULL);
  add_text (&dict, "dtlsState", stats.dtls_state);
  add_text (&dict, "dtlsRole", stats.dtls_role);
  add_text (&dict, "tlsVersion", stats.tls_version);
  add_text (&dict, "dtlsCipher", stats.dtls_cipher);
  add_text (&dict, "srtpCipher", stats.srtp_cipher);
  add_count (&dict, "packetsSent", stats.packets_sent);
  add_count (&dict, "packetsReceived", stats.packets_received);
  add_count (&dict, "bytesSent", stats.bytes_sent);
  add_count (&dict, "bytesReceived", stats.bytes_received);
  add_count (&dict, "flightsSent", stats.dtls.flights_sent);
  add_count (&dict, "flightsReceived", stats.dtls.flights_received);
  add_count (&dict, "retransmissions", stats.dtls.retransmissions);
  add_count (&dict, "heldMedia", stats.held_media);
  add_refused (&dict, stats.refused);
  add_srtp (&dict, "outbound", &stats.outbound);
  add_srtp (&dict, "inbound", &stats.inbound);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}
