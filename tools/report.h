/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"
#include "stats.h"

G_BEGIN_DECLS

/*
 * The one place that prints what happens: lines of "word: text" for people, or a JSON
 * object a line. Errors go to standard error as sentences in both cases.
 */
typedef struct _Report Report;

Report *report_new (gboolean json);
void report_free (Report *self);

/*
 * @sdp_lines: NULL-terminated
 * @listening: (nullable): where we listen, for a listener
 * @local: (nullable): where we send from, for who connects, and
 * @peer: (nullable): to whom
 * @plain, @plain_rtcp: (nullable): where media comes in
 */
typedef struct
{
  const char *const *sdp_lines;
  const char *listening;
  const char *local;
  const char *peer;
  const char *plain;
  const char *plain_rtcp;
} ReportReady;

/* All that shall be open is open. */
void report_ready (Report *self, const ReportReady *ready);

typedef enum
{
  REPORT_WAITING,       /* for something that the user, or the peer's, has to bring */
  REPORT_NETWORK_ERROR, /* the network would not take or deliver something */
  REPORT_WARNING,       /* something may be wrong */
  REPORT_NOTE,          /* something is as it should be, and worth knowing */
  N_REPORT_NOTES,
} ReportNote;

/* Something that ends nothing. @peer: (nullable): whom it concerns */
void report_note (Report *self, ReportNote note, const char *peer, const char *sentence);

/*
 * A handshake is complete, and the peer the right one.
 *
 * @local, @peer: addresses
 * @ladder: (nullable): of the handshake
 */
void report_connected (Report *self,
                       TegataTransport *transport,
                       const char *local,
                       const char *peer,
                       Ladder *ladder);

void report_stats (Report *self, const char *peer, const Stats *stats);

/*
 * The end of an association. Of strangers at most one a second is told; the others are
 * counted, and the count is told with the next end or connection.
 *
 * @peer: (nullable): with whom
 * @by: who closed it, in words; NULL where it failed:
 * @by_peer: whether that was the peer
 * @sentence: why it did, and what to do, for standard error
 * @expected, @found: (nullable): fingerprints, where these are why: of
 * #TegataFingerprint, and a text
 * @is_stranger: whether it is of a caller who was never verified
 * @ladder: (nullable): of a handshake that was not completed
 */
typedef struct
{
  const char *local;
  const char *peer;
  const char *by;
  gboolean by_peer;
  const GPtrArray *expected;
  const char *found;
  const char *sentence;
  int exit_status;
  gboolean is_stranger;
  Ladder *ladder;
  const Stats *stats;
} ReportEnd;

void report_end (Report *self, const ReportEnd *end);

/* It did not come to an association: a "failed" event, and the sentence. */
void report_failure (Report *self, const char *sentence, int exit_status);

/* "tegata: SENTENCE" on standard error */
void report_error (Report *self, const char *sentence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

G_END_DECLS
