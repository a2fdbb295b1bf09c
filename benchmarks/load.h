/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * What the processes of listener-load have in common. The server is a process with one
 * thread, so that its memory and CPU are nobody else's; the clients are another one; who
 * prints is a third. They share a piece of memory, and pass one byte at a time through a
 * pair of sockets to say whose turn it is.
 */

typedef enum
{
  LOAD_STYLE_EPOLL,     /* TegataListener, epoll and recvmmsg */
  LOAD_STYLE_TRANSPORT, /* TegataTransportListener on a GMainLoop */
  LOAD_N_STYLES,
} LoadStyle;

typedef struct
{
  int n_sessions;
  int concurrency; /* handshakes under way at once */
  int seconds;     /* of media */
  int rate;        /* packets a second of each client */
  int min_len;     /* of a plain RTP packet, bytes */
  int max_len;     /* inclusive */
  gboolean prints_json;
} LoadOptions;

typedef enum
{
  LOAD_TURN_CLIENTS_READY = 'c', /* clients: our fingerprint is there */
  LOAD_TURN_SERVER_READY = 's',  /* server: so are our fingerprint and port */
  LOAD_TURN_CONNECTED = 'h',     /* clients: every handshake has ended */
  LOAD_TURN_MEDIA = 'm',         /* server: go on */
  LOAD_TURN_END = 'e',           /* clients: all has been sent, and had time to arrive */
} LoadTurn;

typedef enum
{
  LOAD_MARK_LISTENING,
  LOAD_MARK_CONNECTED,
  LOAD_MARK_MEDIA,
  LOAD_MARK_END,
  LOAD_N_MARKS,
} LoadMarkName;

/* What the server's process had used up by then. */
typedef struct
{
  gint64 wall_us;
  gint64 cpu_ns;
  gint64 rss;  /* bytes */
  gint64 heap; /* bytes of malloc() in use */
} LoadMark;

/* Of a plain packet: it fits the path, protected. */
#define LOAD_MAX_LEN 1400
#define LOAD_FINGERPRINT_SIZE 256

typedef struct
{
  LoadOptions options;
  char server_fingerprint[LOAD_FINGERPRINT_SIZE];
  char client_fingerprint[LOAD_FINGERPRINT_SIZE];
  guint16 port;
  LoadMark marks[LOAD_N_MARKS];
  guint n_connected; /* the server's count */
  guint n_failed;    /* the clients' */
  guint64 n_sent;    /* packets that the kernel took of the clients */
  guint64 n_received;
  guint64 n_batches;     /* in which the server got them */
  gint64 handshake_us[]; /* of each client; -1: failed */
} LoadShared;

/* One side's view. */
typedef struct
{
  LoadShared *shared;
  int control;
} LoadRun;

LoadShared *load_shared_new (const LoadOptions *options);
void load_shared_free (LoadShared *shared);

void load_mark (LoadRun *run, LoadMarkName name);
void load_tell (LoadRun *run, LoadTurn turn);
/* Waits. Whoever is gone cannot have their turn: that ends this process. */
void load_await (LoadRun *run, LoadTurn turn);
/* The server's answer to what the clients tell. Returns FALSE at the end */
gboolean load_server_next (LoadRun *run);

TegataContext *load_context_new (char fingerprint[LOAD_FINGERPRINT_SIZE]);
void load_trust (TegataSession *session, const char *fingerprint);
void load_fail (const char *what, const char *why) G_GNUC_NORETURN;

/* Each is a process, and returns when it is over. */
void load_clients (LoadRun *run);
void load_serve_by_epoll (LoadRun *run);
void load_serve_by_transport (LoadRun *run);

G_END_DECLS
