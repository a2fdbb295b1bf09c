/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Of one ICE session: what is over is passed over. Each one is an address that a stranger
 * makes us send checks to. */
#define GATEWAY_MAX_CANDIDATES 24

/* What a description, or a fragment of one (RFC 8840), says of ICE. */
typedef struct
{
  char *ufrag; /* NULL, as the password is: it says none */
  char *password;
  GPtrArray *candidates; /* "a=candidate:..." lines that can be used */
} GatewayIceText;

void gateway_ice_text_init (GatewayIceText *self);
void gateway_ice_text_clear (GatewayIceText *self);

/* Takes both, or neither where both are NULL. FALSE with what is wrong with them, by RFC
 * 8839 section 5.4. */
gboolean gateway_ice_text_set_credentials (GatewayIceText *self,
                                           const char *ufrag,
                                           const char *password,
                                           GError **error);

/* @value: behind "a=candidate:". Passes over what cannot be used here: TCP, a second
 * component, names (mDNS), what is malformed, what is nobody's unicast address, and what
 * is more than GATEWAY_MAX_CANDIDATES. */
void gateway_ice_text_add_candidate (GatewayIceText *self, const char *value);

/* The body of a PATCH: application/trickle-ice-sdpfrag. FALSE with what is wrong. */
gboolean gateway_ice_text_read_fragment (GatewayIceText *self,
                                         const char *text,
                                         gsize len,
                                         GError **error);

/* Appends it as attributes of a section. */
void gateway_ice_text_write (const GatewayIceText *self,
                             gboolean with_candidates,
                             GString *text);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GatewayIceText, gateway_ice_text_clear)
