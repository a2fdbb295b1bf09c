/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/* The library's, in its order. */
#define OPTIONS_DEFAULT_PROFILES                                                         \
  "AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES128_CM_HMAC_SHA1_80"

/* What `tegata listen` and `tegata connect` were told. Strings are NULL where nothing was
 * said, and owned. */
typedef struct
{
  gboolean is_listener;
  char *help; /* the whole text, where it was asked for; nothing else is set then */
  char *where;
  char *bind;
  char *role_name;
  TegataRole role;

  char **peer_fingerprints;
  char *certificate_file;
  char *fingerprint_out;

  char *profiles;
  char *min_version_name;
  char *max_version_name;
  TegataVersion min_version;
  TegataVersion max_version;
  int mtu;
  double timeout_s;
  char *key_log_file;

  char *plain_in;
  char *plain_out;
  char *plain_rtcp_in;
  char *plain_rtcp_out;

  char *ladder_file;
  double stats_s; /* 0 for none */
  gboolean json;
  gboolean once;
} Options;

/*
 * @argv: NULL-terminated, the subcommand first
 *
 * Returns: FALSE with G_OPTION_ERROR
 */
gboolean options_parse (Options *self, char **argv, GError **error);
void options_clear (Options *self);

/* Returns: whether media is to be carried */
gboolean options_have_media (const Options *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

G_END_DECLS
