/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/dtls.h>

/* The TLS Alerts registry: RFC 5246 section 7.2, RFC 6066, RFC 7301, RFC 8446 section 6.
 */
static const struct
{
  int number;
  const char *name;
} alerts[] = {
  { 0, "close_notify" },
  { 10, "unexpected_message" },
  { 20, "bad_record_mac" },
  { 22, "record_overflow" },
  { 40, "handshake_failure" },
  { 42, "bad_certificate" },
  { 43, "unsupported_certificate" },
  { 44, "certificate_revoked" },
  { 45, "certificate_expired" },
  { 46, "certificate_unknown" },
  { 47, "illegal_parameter" },
  { 48, "unknown_ca" },
  { 49, "access_denied" },
  { 50, "decode_error" },
  { 51, "decrypt_error" },
  { 70, "protocol_version" },
  { 71, "insufficient_security" },
  { 80, "internal_error" },
  { 86, "inappropriate_fallback" },
  { 90, "user_canceled" },
  { 100, "no_renegotiation" },
  { 109, "missing_extension" },
  { 110, "unsupported_extension" },
  { 112, "unrecognized_name" },
  { 115, "unknown_psk_identity" },
  { 116, "certificate_required" },
  { 120, "no_application_protocol" },
};

const char *
tegata_alert_to_string (int alert)
{
  for (gsize i = 0; i < G_N_ELEMENTS (alerts); i++)
  {
    if (alerts[i].number == alert)
    {
      return alerts[i].name;
    }
  }
  return "unknown";
}
