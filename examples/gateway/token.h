/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a bearer token (RFC 6750) is compared with: its hash alone is kept. */
typedef struct
{
  gboolean is_wanted;
  guint8 hash[32];
} GatewayToken;

/* @text: NULL: none is wanted, and everything matches */
void gateway_token_init (GatewayToken *self, const char *text);

/* @authorization: the value of that header; NULL where there is none. In a time that does
 * not depend on how much of it is right. */
gboolean gateway_token_matches (const GatewayToken *self, const char *authorization);
