/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <tegata/tegata.h>

G_BEGIN_DECLS

/*
 * What elements stand on: a TegataSession with its locks, its timer, and queues for what
 * it has to say. It knows no pad. One element (tegatatransport) or two (the encoder and
 * the decoder of a pair) observe it.
 *
 * Locks: `lock` guards the session and the queues; `media_lock`, taken second, the
 * sending of media, which is a thread of its own. Neither is held while an observer is
 * called. Stream locks of pads are taken before both.
 *
 * It lives longer than its session: every open() after a close() begins a new one.
 */

#define GST_TYPE_TEGATA_ASSOCIATION (gst_tegata_association_get_type ())
G_DECLARE_FINAL_TYPE (GstTegataAssociation,
                      gst_tegata_association,
                      GST,
                      TEGATA_ASSOCIATION,
                      GstObject)

/**
 * GstTegataObserver:
 * @outgoing: something waits in the queue to the network
 * @incoming: something waits in the queue to the application: data, or media that was
 * held
 * @changed: the state is @state now; in order, none left out, never two at a time
 * @unverified: the peer's certificate was taken as it came, since no fingerprint was
 * given and none was required
 *
 * What an element is told: on any thread, without a lock. The first two must not block
 * (they ask a worker), the others may emit signals. Any may be NULL.
 */
typedef struct
{
  void (*outgoing) (GstElement *element);
  void (*incoming) (GstElement *element);
  void (*changed) (GstElement *element, TegataState state);
  void (*unverified) (GstElement *element);
} GstTegataObserver;

/* (transfer full) With default settings, and closed. */
GstTegataAssociation *gst_tegata_association_new (void);

/* An element observes until it says unobserve, or is disposed. What another thread was
 * just telling it may still come after that. */
void gst_tegata_association_observe (GstTegataAssociation *self,
                                     GstElement *element,
                                     const GstTegataObserver *observer);
void gst_tegata_association_unobserve (GstTegataAssociation *self, GstElement *element);

/*
 * Settings, on any thread at any time; they hold from the next open() on, but for
 * fingerprints, that one is required, and RTT, which hold at once. One that cannot be
 * used makes @error say what is wrong and what was expected, and open() fail with the
 * same until it is set anew.
 */

/* @pem: certificate and private key; NULL for a fresh ECDSA P-256 one */
gboolean gst_tegata_association_set_pem (GstTegataAssociation *self,
                                         const char *pem,
                                         GError **error);
/* The same, for who has it already: associations may share one. */
void gst_tegata_association_set_certificate (GstTegataAssociation *self,
                                             TegataCertificate *certificate);
/* @text: one or several of "sha-256 AB:..", or whole a=fingerprint lines, separated by
 * commas or line ends; NULL or "" for none. While a bad one is set nobody is trusted: a
 * peer that was trusted fails, one that waits for its fingerprint waits on. A session
 * that was told some is not untold them by none. */
gboolean gst_tegata_association_set_peer_fingerprint (GstTegataAssociation *self,
                                                      const char *text,
                                                      GError **error);
/* @names: as tegata_context_set_srtp_profiles(); NULL for its default */
gboolean gst_tegata_association_set_profiles (GstTegataAssociation *self,
                                              const char *names,
                                              GError **error);
void gst_tegata_association_set_versions (GstTegataAssociation *self,
                                          TegataVersion min,
                                          TegataVersion max);
void gst_tegata_association_set_mtu (GstTegataAssociation *self, guint mtu);
/* @timeout_ms: 0 for none */
void gst_tegata_association_set_handshake_timeout (GstTegataAssociation *self,
                                                   guint timeout_ms);
/* @rtt_us: 0 for unknown */
void gst_tegata_association_set_rtt (GstTegataAssociation *self, guint rtt_us);
/* @path: a file that TLS secrets are appended to; NULL for none */
void gst_tegata_association_set_key_log (GstTegataAssociation *self, const char *path);
/* TRUE holds at once: who was taken without a fingerprint fails. FALSE waits for the next
 * open(). */
void gst_tegata_association_set_require_fingerprint (GstTegataAssociation *self,
                                                     gboolean required);

/* What was set. Strings are (transfer full). */
char *gst_tegata_association_dup_pem (GstTegataAssociation *self); /* no private key */
char *gst_tegata_association_dup_peer_fingerprint (GstTegataAssociation *self);
char *gst_tegata_association_dup_profiles (GstTegataAssociation *self);
void gst_tegata_association_get_versions (GstTegataAssociation *self,
                                          TegataVersion *min,
                                          TegataVersion *max);
guint gst_tegata_association_get_mtu (GstTegataAssociation *self);
guint gst_tegata_association_get_handshake_timeout (GstTegataAssociation *self);
guint gst_tegata_association_get_rtt (GstTegataAssociation *self);
char *gst_tegata_association_dup_key_log (GstTegataAssociation *self);
gboolean gst_tegata_association_get_require_fingerprint (GstTegataAssociation *self);
/* Ours, "sha-256 AB:..", from the start on: it makes the certificate where need be. */
char *gst_tegata_association_dup_fingerprint (GstTegataAssociation *self);

/*
 * The fixed key of srtpenc's kind, in place of DTLS: the one place where a key comes in
 * from outside. @key is master key and salt; copied, and wiped when it is replaced or the
 * association ends. NULL goes back to DTLS.
 */
gboolean gst_tegata_association_set_fixed_key (GstTegataAssociation *self,
                                               TegataSrtpProfile profile,
                                               const guint8 *key,
                                               gsize key_len,
                                               GError **error);
gboolean gst_tegata_association_has_fixed_key (GstTegataAssociation *self);

/*
 * Life. open() may come twice, from the two of a pair: the second finds it open, unless
 * the session has ended: then it begins a new one. From then on datagrams are taken, and
 * held until start() tells the role: once, else it is an error, and NOT_CONNECTED where
 * it is not open. With a fixed key start() does nothing, and the state is closed
 * throughout.
 */
gboolean gst_tegata_association_open (GstTegataAssociation *self, GError **error);
gboolean gst_tegata_association_start (GstTegataAssociation *self,
                                       TegataRole role,
                                       GError **error);
/* Sends close_notify behind all that waits. */
void gst_tegata_association_close (GstTegataAssociation *self);
/* Behind all that waits in the queue to the network. (transfer full) Dropped where it is
 * not open. */
void gst_tegata_association_queue_event (GstTegataAssociation *self, GstEvent *event);
/* At once, without a word to the peer: the session is freed, the queues are emptied, the
 * timer is over. Observers are told that it is closed. */
void gst_tegata_association_stop (GstTegataAssociation *self);
/* The same, where nobody has started a session since it was opened. */
void gst_tegata_association_stop_unless_started (GstTegataAssociation *self);

/*
 * A datagram from the network, in the caller's own buffer. NOTHING: look whether
 * something is incoming, which is not told then; media behind what waits there is there
 * too. Under the stream lock of the pad that it came by.
 */
TegataReceived
gst_tegata_association_receive (GstTegataAssociation *self, guint8 *bytes, gsize *len);

/* What waits, or NULL. (transfer full) A GstBuffer (a datagram), or a queued event. */
GstMiniObject *gst_tegata_association_pop_outgoing (GstTegataAssociation *self);

typedef enum
{
  GST_TEGATA_INCOMING_NONE,
  GST_TEGATA_INCOMING_RTP,
  GST_TEGATA_INCOMING_RTCP,
  GST_TEGATA_INCOMING_DATA,
  GST_TEGATA_INCOMING_CLOSED, /* nothing more will come; told once */
} GstTegataIncoming;

/* @buffer: (out) (transfer full) (nullable): NULL with NONE and CLOSED. Under the stream
 * lock of the network's pad, which orders it with what receive() left in place. */
GstTegataIncoming
gst_tegata_association_pop_incoming (GstTegataAssociation *self, GstBuffer **buffer);

/* As tegata_session_send_rtp(), on any thread. */
TegataSrtpOutcome gst_tegata_association_protect (GstTegataAssociation *self,
                                                  gboolean is_rtcp,
                                                  const guint8 *in,
                                                  gsize in_len,
                                                  guint8 *out,
                                                  gsize out_size,
                                                  gsize *out_len);

/* As tegata_session_send_data(), on any thread. Its datagram waits in the queue, which is
 * not told: the caller empties it. */
gboolean gst_tegata_association_send_data (GstTegataAssociation *self,
                                           const guint8 *bytes,
                                           gsize len,
                                           GError **error);

/*
 * Waits until media may be sent or never will be. @is_flushing: the caller's own, that
 * ends the wait when it is set and wake() called.
 *
 * Returns: whether it is connected
 */
gboolean
gst_tegata_association_wait (GstTegataAssociation *self, const gint *is_flushing);
void gst_tegata_association_wake (GstTegataAssociation *self);

/* What it is now. Any thread. */
typedef struct
{
  gboolean is_open;
  TegataState state;
  TegataVersion version;
  const char *cipher; /* static; NULL before it is negotiated */
  TegataSrtpProfile profile;
} GstTegataFacts;

void gst_tegata_association_get_facts (GstTegataAssociation *self, GstTegataFacts *facts);
/* Counts of media that elements dropped, not having been connected, and of the queue. */
typedef struct
{
  guint64 media_before_connected;
  guint64 data_before_connected;
  guint64 outgoing_overflow;
} GstTegataDropped;

void gst_tegata_association_count_dropped (GstTegataAssociation *self, gboolean is_data);
/* FALSE where there is no session. Strings in @stats are static. */
gboolean gst_tegata_association_get_stats (GstTegataAssociation *self,
                                           TegataSessionStats *stats,
                                           GstTegataDropped *dropped);
/* (transfer full) (nullable) */
char *gst_tegata_association_dup_peer_pem (GstTegataAssociation *self);
/* (transfer full) (nullable) Why it FAILED; until the next open(). */
GError *gst_tegata_association_dup_error (GstTegataAssociation *self);
/* For the elements of upstream that hand keys out: master key and salt of one direction,
 * (transfer full); NULL before CONNECTED. */
GBytes *
gst_tegata_association_dup_srtp_key (GstTegataAssociation *self, gboolean is_outbound);

G_END_DECLS
