/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/engine.h"
#include "dtls/verifier.h"

#include <tegata/dtls.h>

G_BEGIN_DECLS

struct _TegataDtls
{
  TegataContext *context;
  const TegataEngineClass *engine_class;
  TegataEngine *engine;
  TegataRole role;
  TegataState state;
  TegataState told_state; /* what the last polled output said */
  GError *error;          /* in FAILED */
  TegataVerifier verifier;
  TegataDtlsStats stats;
  char *resumption_name; /* nullable */

  gint64 timeout_us;      /* absolute end of the handshake; -1 before the start */
  gboolean was_connected; /* the fingerprint matched, whatever came after it */
  gboolean wants_cookie;
  gboolean cookie_proven; /* by @peer */
  TegataAddress
      peer; /* where a server's flights go: the source of the ClientHello that it took */
  GByteArray *challenge; /* an answer that asks for a cookie; empty for none */
  TegataAddress challenged;
};

/* Before the start: whether a server takes ClientHellos with a valid cookie only,
 * whatever the context's policy makes of a server on its own. Addresses are needed then.
 */
void tegata_dtls_set_wants_cookie (TegataDtls *self, gboolean wants_cookie);

/* Of a server: whether it has taken a ClientHello, and so knows whom it talks to. */
gboolean tegata_dtls_has_accepted_hello (TegataDtls *self);

G_END_DECLS
