/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/srtp-profile-private.h"

#include <string.h>

/* RFC 5764 section 4.1.2 (SRTCP keeps 80 bits with _32 too), RFC 7714 sections 12
 * and 14.2. */
static const TegataSrtpProfileInfo profiles[] = {
  { TEGATA_SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM", 16, 12, 16, 16 },
  { TEGATA_SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM", 32, 12, 16, 16 },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_80, "SRTP_AES128_CM_HMAC_SHA1_80", 16, 14, 10, 10 },
  { TEGATA_SRTP_AES128_CM_HMAC_SHA1_32, "SRTP_AES128_CM_HMAC_SHA1_32", 16, 14, 4, 10 },
};

#define SRTCP_INDEX_LEN 4 /* the E bit and the index: RFC 3711 section 3.4 */

const TegataSrtpProfileInfo *
tegata_srtp_profile_get_info (TegataSrtpProfile profile)
{
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    if (profiles[i].profile == profile)
    {
      return &profiles[i];
    }
  }
  return NULL;
}

const char *
tegata_srtp_profile_to_string (TegataSrtpProfile profile)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);

  return info != NULL ? info->name : NULL;
}

TegataSrtpProfile
tegata_srtp_profile_parse (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  g_return_val_if_fail (name != NULL, TEGATA_SRTP_PROFILE_NONE);

  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
  {
    const char *registered = profiles[i].name;

    if (g_ascii_strcasecmp (name, registered) == 0
        || g_ascii_strcasecmp (name, registered + strlen ("SRTP_")) == 0)
    {
      return profiles[i].profile;
    }
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", registered);
  }

  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
               "unknown SRTP profile \"%s\": expected one of %s", name, names->str);
  return TEGATA_SRTP_PROFILE_NONE;
}

gsize
tegata_srtp_profile_get_key_len (TegataSrtpProfile profile)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);

  return info != NULL ? info->cipher_key_len + info->salt_len : 0;
}

gsize
tegata_srtp_profile_get_salt_len (TegataSrtpProfile profile)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);

  return info != NULL ? info->salt_len : 0;
}

gsize
tegata_srtp_profile_get_rtp_overhead (TegataSrtpProfile profile)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);

  return info != NULL ? info->rtp_tag_len : 0;
}

gsize
tegata_srtp_profile_get_rtcp_overhead (TegataSrtpProfile profile)
{
  const TegataSrtpProfileInfo *info = tegata_srtp_profile_get_info (profile);

  return info != NULL ? info->rtcp_tag_len + SRTCP_INDEX_LEN : 0;
}
