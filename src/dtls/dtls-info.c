/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/dtls-private.h"

#include <openssl/crypto.h>
#include <string.h>

/* What an association tells, and the one place where keys leave it. */

#define EXPORTER_LABEL "EXTRACTOR-dtls_srtp" /* RFC 5764 section 4.2 */

static TegataEngineInfo
get_info (TegataDtls *self)
{
  TegataEngineInfo info = { 0 };

  self->engine_class->get_info (self->engine, &info);
  return info;
}

TegataState
tegata_dtls_get_state (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_STATE_FAILED);

  return self->state;
}

TegataRole
tegata_dtls_get_role (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_ROLE_CLIENT);

  return self->role;
}

const GError *
tegata_dtls_get_error (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->error;
}

const char *
tegata_dtls_get_obstacle (TegataDtls *self)
{
  const GError *obstacle = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (self->state == TEGATA_STATE_CONNECTING)
  {
    obstacle = self->engine_class->get_error (self->engine);
  }
  return obstacle != NULL ? obstacle->message : NULL;
}

TegataCertificate *
tegata_dtls_get_peer_certificate (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  /* Before, nobody has proved to have its key. */
  if (!self->engine_class->was_established (self->engine))
  {
    return NULL;
  }
  return self->verifier.certificate;
}

TegataVersion
tegata_dtls_get_version (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_VERSION_NONE);

  return get_info (self).version;
}

const char *
tegata_dtls_get_cipher (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return get_info (self).cipher;
}

TegataSrtpProfile
tegata_dtls_get_srtp_profile (TegataDtls *self)
{
  g_return_val_if_fail (self != NULL, TEGATA_SRTP_PROFILE_NONE);

  return get_info (self).profile;
}

void
tegata_dtls_get_stats (TegataDtls *self, TegataDtlsStats *stats)
{
  TegataEngineInfo info;

  g_return_if_fail (self != NULL && stats != NULL);

  info = get_info (self);

  *stats = self->stats;
  stats->resumed = info.resumed;
  stats->extended_master_secret = info.extended_master_secret;
}

/* The exporter gives both keys, then both salts (RFC 5764 section 4.2); SRTP wants key
 * and salt of one side together. */
static void
sort_material (TegataSrtpKeys *keys, const guint8 *material, gsize salt_len)
{
  gsize cipher_key_len = keys->key_len - salt_len;
  const guint8 *salts = material + 2 * cipher_key_len;

  memcpy (keys->client, material, cipher_key_len);
  memcpy (keys->server, material + cipher_key_len, cipher_key_len);
  memcpy (keys->client + cipher_key_len, salts, salt_len);
  memcpy (keys->server + cipher_key_len, salts + salt_len, salt_len);
}

gboolean
tegata_dtls_export_srtp_keys (TegataDtls *self, TegataSrtpKeys *keys, GError **error)
{
  guint8 material[2 * TEGATA_SRTP_MAX_KEY_LEN];
  TegataSrtpProfile profile;
  gsize key_len;
  gboolean exported;

  g_return_val_if_fail (self != NULL && keys != NULL, FALSE);

  if (self->state != TEGATA_STATE_CONNECTED)
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_NOT_CONNECTED,
                 "there are no keys: the association is %s, expected connected",
                 tegata_state_to_string (self->state));
    return FALSE;
  }
  profile = tegata_dtls_get_srtp_profile (self);
  key_len = tegata_srtp_profile_get_key_len (profile);
  if (key_len == 0)
  {
    g_set_error_literal (
        error, TEGATA_ERROR, TEGATA_ERROR_NO_PROFILE,
        "no SRTP profile was negotiated: the association carries data only");
    return FALSE;
  }

  /* In DTLS 1.3 the length is part of what is derived: exactly as much as is needed. */
  exported = self->engine_class->export_keys (self->engine, EXPORTER_LABEL, material,
                                              2 * key_len);
  if (exported)
  {
    keys->profile = profile;
    keys->key_len = key_len;
    sort_material (keys, material, tegata_srtp_profile_get_salt_len (profile));
  }
  else
  {
    g_set_error_literal (error, TEGATA_ERROR, TEGATA_ERROR_FAILED,
                         "the keying material could not be exported");
  }
  OPENSSL_cleanse (material, sizeof material);
  return exported;
}
