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

/* Outcomes by their nicks, as "auth-failed": what is said to people has blanks. */
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
    guint64 n = stats->rtp[i] + stats->rtcp[i];

    if (n > 0)
    {
      g_variant_builder_add (&builder, "{st}",
                             g_enum_get_value (outcomes, (gint) i)->value_nick, n);
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
