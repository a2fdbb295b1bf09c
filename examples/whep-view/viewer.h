/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reception.h"
#include "whep-client.h"

/*
 * One who watches: an ICE agent, the channel over it, the transport on that, and the
 * session at the gateway. All on the main loop.
 *
 *   joining -> connecting -> connected -> watching ------> gone
 *      |           |             |       (a frame)          ^
 *      +-----------+-------------+---------------------------+
 */
typedef struct _Viewer Viewer;

typedef enum
{
  VIEWER_JOINING,    /* ICE gathers, then the offer is posted */
  VIEWER_CONNECTING, /* there is an answer: ICE, then DTLS */
  VIEWER_CONNECTED,  /* the fingerprint matched */
  VIEWER_WATCHING,   /* a frame was decoded */
  VIEWER_GONE,
} ViewerState;

/* @n_frames: how many to decode, at least 1
 * @decodes_all: go on then; otherwise packets are only counted and checked */
typedef struct
{
  TegataContext *context;
  TegataLoop *loop;
  WhepClient *client;
  GPtrArray *addresses; /* NiceAddress: ours */
  guint64 n_frames;
  gboolean decodes_all;
  gint64 timeout_us; /* from the start to the first frame */
  /* In another state, or the last of n_frames was decoded. Viewers may leave within, and
   * are not to be freed. */
  void (*changed) (Viewer *viewer, gpointer user_data);
  gpointer user_data;
} ViewerSettings;

/* @settings: borrowed for its life. It joins at once. */
Viewer *viewer_new (const ViewerSettings *settings, guint number);
void viewer_free (Viewer *self);

/* Says goodbye, to the gateway and to ICE; what it has seen is kept. @png: (nullable):
 * where its last picture goes. FALSE where that went wrong. */
gboolean viewer_leave (Viewer *self, const char *png, GError **error);

/* To be called often: what is missing, reports, and who has waited for too long. */
void viewer_tick (Viewer *self, gint64 now_us);

ViewerState viewer_get_state (Viewer *self);
/* Whether it decoded what it was to. */
gboolean viewer_has_enough (Viewer *self);

/* Strings live as long as the viewer. */
typedef struct
{
  guint number;
  const char *trouble; /* NULL: none */
  gboolean has_begun;  /* there was an answer that can be used */
  const char *version;
  const char *cipher;
  const char *profile;
  const char *fingerprint; /* the gateway's, as it proved to own it */
  const char *codec;
  guint width, height;
  guint64 n_frames;
  gint64 connected_us;   /* since the offer was posted; -1: never */
  gint64 first_frame_us; /* likewise */
  ReceptionStats reception;
  guint64 refused_by[TEGATA_N_REFUSALS];
  guint64 refused; /* datagrams and packets that the transport refused, of any cause */
  guint64 failed_authentication;
} ViewerInfo;
void viewer_get_info (Viewer *self, ViewerInfo *info);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Viewer, viewer_free)
