/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dtls/context-private.h"
#include "dtls/verifier.h"

#include <tegata/dtls.h>

G_BEGIN_DECLS

/*
 * What TegataDtls asks of a handshake and record layer. An engine is driven as TegataDtls
 * is: datagrams and the time go in, datagrams and data are taken out. It judges nobody:
 * the verifier that it is given knows whom to expect. It owns the retransmission machine
 * of its flights.
 */

typedef struct _TegataEngine TegataEngine;

typedef enum
{
  TEGATA_ENGINE_HANDSHAKING,
  TEGATA_ENGINE_ESTABLISHED, /* Finished of both sides; the peer proved to have its key */
  TEGATA_ENGINE_CLOSED,      /* by the peer's close_notify */
  TEGATA_ENGINE_FAILED,
} TegataEngineStatus;

/* What an association gives to its engine; all of it outlives the engine. */
typedef struct
{
  TegataContext *context;
  TegataRole role;
  TegataVerifier *verifier;
  TegataDtlsStats *stats; /* the engine counts flights, retransmissions and refusals */
} TegataEngineParams;

/* What was negotiated; strings are static. */
typedef struct
{
  TegataVersion version;
  const char *cipher; /* nullable */
  TegataSrtpProfile profile;
  gboolean resumed;
  gboolean extended_master_secret;
} TegataEngineInfo;

typedef struct
{
  /* For a context that is being sealed: what its associations share. */
  gpointer (*shared_new) (TegataContext *context, GError **error);
  void (*shared_free) (gpointer shared);
  gboolean (*has_version) (TegataVersion version);
  gboolean (*has_groups) (const char *groups);
  gboolean (*can_serve) (TegataContext *context, GError **error);

  TegataEngine *(*new) (gpointer shared,
                        const TegataEngineParams *params,
                        GError **error);
  void (*free) (TegataEngine *self);
  void (*set_rtt_us) (TegataEngine *self, gint64 rtt_us);
  void (*start) (TegataEngine *self, const char *resumption_name, gint64 now_us);

  /* The next datagram begins with a ClientHello whose cookie was proven; may be said
   * again. */
  void (*expect_cookie) (TegataEngine *self, gint64 now_us);
  void (*handle_datagram) (TegataEngine *self,
                           const guint8 *bytes,
                           gsize len,
                           gint64 now_us);
  void (*handle_deadline) (TegataEngine *self, gint64 now_us);
  gint64 (*deadline_us) (TegataEngine *self);

  GBytes *(*take_datagram) (TegataEngine *self); /* (transfer full) (nullable) */
  GBytes *(*take_data) (TegataEngine *self);     /* (transfer full) (nullable) */

  TegataEngineStatus (*get_status) (TegataEngine *self);
  /* Whether it ever was; one datagram may establish and close it. */
  gboolean (*was_established) (TegataEngine *self);
  /* FAILED: why. Before: what stood in the way so far, nullable. */
  const GError *(*get_error) (TegataEngine *self);
  gboolean (*has_accepted_hello) (TegataEngine *self);
  void (*get_info) (TegataEngine *self, TegataEngineInfo *info);

  /* Established only. */
  gboolean (*send_data) (TegataEngine *self, const guint8 *bytes, gsize len);
  gsize (*get_max_data_len) (TegataEngine *self);
  gboolean (*export_keys) (TegataEngine *self, const char *label, guint8 *out, gsize len);

  /* The peer is the right one, once: its session may be resumed. */
  void (*keep_session) (TegataEngine *self);

  /* Tells the peer, where there is one: close_notify once established. */
  void (*close) (TegataEngine *self);
} TegataEngineClass;

/* libssl; see docs/libssl-limits.md for what it cannot do. */
extern const TegataEngineClass tegata_openssl_engine;

G_END_DECLS
