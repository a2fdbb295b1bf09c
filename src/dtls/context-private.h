/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/cookie.h"

#include <tegata/context.h>

G_BEGIN_DECLS

/** TEGATA_MAX_PROFILES: as many SRTP profiles as there are */
#define TEGATA_MAX_PROFILES 4

/* What was set; read only once the context is sealed, and then from any thread. */
typedef struct
{
  TegataCertificate *certificate;
  TegataVersion min_version;
  TegataVersion max_version;
  TegataSrtpProfile profiles[TEGATA_MAX_PROFILES]; /* the preferred one first */
  gsize n_profiles;
  char *groups;
  guint mtu;                   /* bytes of UDP payload */
  gint64 handshake_timeout_us; /* from the start */
  TegataCookies cookies;
  gboolean resumption;
  TegataKeyLogFunc key_log; /* nullable */
  gpointer key_log_data;
  GDestroyNotify key_log_notify; /* nullable */
} TegataContextSettings;

const TegataContextSettings *tegata_context_get_settings (TegataContext *self);

/* Seals it; the first call decides, also about its error. */
gboolean tegata_context_seal (TegataContext *self, GError **error);

/* NULL unless it was sealed. */
gpointer tegata_context_get_engine_shared (TegataContext *self);
TegataCookieJar *tegata_context_get_cookie_jar (TegataContext *self);

/* Whether the engine can serve with the context's certificate; an error says why not. */
gboolean tegata_context_can_serve (TegataContext *self, GError **error);

G_END_DECLS
