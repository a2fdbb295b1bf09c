/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/cookie.h"

#include <tegata/context.h>

G_BEGIN_DECLS

/* Seals it; what follows reads a sealed context from any thread. */
gboolean tegata_context_seal (TegataContext *self, GError **error);

TegataCookieJar *tegata_context_get_cookie_jar (TegataContext *self);
TegataCookies tegata_context_get_cookies (TegataContext *self);

/* NULL where it can serve, else why not. */
gboolean tegata_context_can_serve (TegataContext *self, GError **error);

G_END_DECLS
