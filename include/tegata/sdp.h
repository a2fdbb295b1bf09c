/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>
#include <tegata/fingerprint.h>

G_BEGIN_DECLS

/*
 * The attributes by which signalling sets up DTLS-SRTP, and the decisions that follow
 * from them. Pure functions on text: a whole description is the business of an SDP
 * library. Any thread may call any of them; nothing that they are given is kept.
 *
 * All of it is about one media section, and one DTLS association. Where RTCP is not
 * multiplexed with RTP (no a=rtcp-mux), RTP and RTCP have an association each (RFC 5764
 * section 3), so a #TegataSession each: with the same fingerprints, role and tls-id, on
 * two transports.
 */

/**
 * tegata_sdp_parse_fingerprints:
 * @lines: (array length=n_lines) (nullable): "a=fingerprint:sha-256 AB:..." lines, or
 * their values; any case
 * @n_lines: how many
 * @flags: what else to accept
 * @error: return location for an error
 *
 * Reads the fingerprints of one media section: the a=fingerprint lines of the section
 * itself or, where it has none, those of the session level (RFC 8122 section 5); never
 * both together, since what the section says replaces what the session says. No other
 * lines: whatever is not a=fingerprint is malformed.
 *
 * A line with a hash function that is unknown or not allowed is passed over, as RFC 8122
 * section 5 has it, as long as another one is left.
 *
 * The array is handed on with a cast:
 *
 * |[<!-- language="C" -->
 *   tegata_session_set_peer_fingerprints (
 *       session, (TegataFingerprint *const *) array->pdata, array->len);
 * ]|
 *
 * Returns: (transfer container) (element-type TegataFingerprint) (nullable): at least one
 * fingerprint, freed with the array; or %NULL with %TEGATA_ERROR_PARSE (a malformed line,
 * or none at all; the message counts the lines from one) or %TEGATA_ERROR_UNSUPPORTED (no
 * hash that is supported: what is wrong with the first line)
 */
TEGATA_API GPtrArray *tegata_sdp_parse_fingerprints (const char *const *lines,
                                                     gsize n_lines,
                                                     TegataFingerprintFlags flags,
                                                     GError **error);

/**
 * tegata_sdp_write_fingerprint:
 * @fingerprint: a fingerprint
 *
 * Returns: (transfer full): an "a=fingerprint:" line, without a line end
 */
TEGATA_API char *tegata_sdp_write_fingerprint (TegataFingerprint *fingerprint);

/**
 * TegataSetup:
 * @TEGATA_SETUP_NONE: no such line: in an offer it means active, in an answer passive
 * (RFC 4145 section 4)
 * @TEGATA_SETUP_ACTIVE: will send the ClientHello
 * @TEGATA_SETUP_PASSIVE: will wait for it
 * @TEGATA_SETUP_ACTPASS: either, as the answerer likes
 * @TEGATA_SETUP_HOLDCONN: no association for now
 *
 * a=setup (RFC 4145 section 4, RFC 5763 section 5).
 */
typedef enum
{
  TEGATA_SETUP_NONE,
  TEGATA_SETUP_ACTIVE,
  TEGATA_SETUP_PASSIVE,
  TEGATA_SETUP_ACTPASS,
  TEGATA_SETUP_HOLDCONN,
} TegataSetup;

/**
 * tegata_sdp_parse_setup:
 * @line: an "a=setup:" line, or its value; any case
 * @setup: (out): what it says; untouched on failure
 * @error: return location for an error
 *
 * Returns: %FALSE with %TEGATA_ERROR_PARSE
 */
TEGATA_API gboolean tegata_sdp_parse_setup (const char *line,
                                            TegataSetup *setup,
                                            GError **error);

/**
 * tegata_sdp_write_setup:
 * @setup: what to say; not %TEGATA_SETUP_NONE
 *
 * Returns: (transfer full): an "a=setup:" line, without a line end
 */
TEGATA_API char *tegata_sdp_write_setup (TegataSetup setup);

/**
 * tegata_sdp_answer_setup:
 * @offered: what the offer says
 * @preferred: what the answerer would like, for an offer of actpass: %TEGATA_SETUP_ACTIVE
 * (which RFC 5763 section 5 recommends) or %TEGATA_SETUP_PASSIVE; anything else is a
 * programmer's error
 *
 * In a later exchange that keeps the association, @preferred is the role that we have:
 * active as the client, passive as the server. The other one asks for a new association.
 *
 * Returns: what to answer: the complement of a fixed role, @preferred to actpass; to an
 * offer without a=setup, %TEGATA_SETUP_PASSIVE, since RFC 4145 section 4 makes it active;
 * %TEGATA_SETUP_HOLDCONN to holdconn, which RFC 8842 section 5.1 forbids to offer with
 * DTLS
 */
TEGATA_API TegataSetup tegata_sdp_answer_setup (TegataSetup offered,
                                                TegataSetup preferred);

/**
 * tegata_sdp_negotiate_role:
 * @local: what our description says; %TEGATA_SETUP_NONE where it has no a=setup, which
 * means active in the offer and passive in the answer
 * @remote: what the peer's says, likewise
 * @local_is_offerer: whether ours is the offer
 * @role: (out): what we are; untouched on failure
 * @error: return location for an error
 *
 * Decides who is the client once both descriptions are known (RFC 5763 section 5, RFC
 * 8842). Some SIP agents answer active to an offer of active: whoever offered then gives
 * way and becomes the server, although it said active, whichever side of it we are;
 * likewise passive to passive, where the offerer becomes the client. So take the role
 * from here, and not from what was offered.
 *
 * Where both said the same, that is what follows from the rules, and not what every agent
 * does: baresip 1.0 answers active and then waits as a server. Who wants to reach those
 * too, calls after two seconds in which nobody called.
 *
 * Returns: %FALSE with %TEGATA_ERROR_INVALID where no association follows from them (an
 * answer of actpass, holdconn)
 */
TEGATA_API gboolean tegata_sdp_negotiate_role (TegataSetup local,
                                               TegataSetup remote,
                                               gboolean local_is_offerer,
                                               TegataRole *role,
                                               GError **error);

/**
 * tegata_sdp_parse_tls_id:
 * @line: an "a=tls-id:" line, or its value
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): the value (20 to 255 of the characters that RFC
 * 8842 section 4 allows), or %NULL with %TEGATA_ERROR_PARSE
 */
TEGATA_API char *tegata_sdp_parse_tls_id (const char *line, GError **error);

/**
 * tegata_sdp_write_tls_id:
 * @tls_id: a value that tegata_sdp_new_tls_id() or tegata_sdp_parse_tls_id() gave; any
 * that the latter would refuse is a programmer's error
 *
 * Returns: (transfer full): an "a=tls-id:" line, without a line end
 */
TEGATA_API char *tegata_sdp_write_tls_id (const char *tls_id);

/**
 * tegata_sdp_new_tls_id:
 *
 * An answer has a tls-id only where its offer had one (RFC 8842 section 5.3).
 *
 * Returns: (transfer full): a fresh random value of 32 characters, for a new association
 */
TEGATA_API char *tegata_sdp_new_tls_id (void);

/**
 * TegataAssociationParams:
 * @fingerprints: (array length=n_fingerprints) (nullable): what the description's lines
 * say
 * @n_fingerprints: how many
 * @setup: what its a=setup says, which is not the role that came of it
 * @tls_id: (nullable): its a=tls-id, where it has one
 * @transport: (nullable): an opaque text for what carries it: the ICE ufrag and pwd, or
 * without ICE the address and port of the media line; %NULL for the one there was
 *
 * What one side's description says of its DTLS association. Borrowed by the call that
 * takes it.
 *
 * A hold of the old style, at address 0.0.0.0, names no transport: give %NULL for it, and
 * go on comparing with the transport of before the hold.
 */
typedef struct
{
  TegataFingerprint *const *fingerprints;
  gsize n_fingerprints;
  TegataSetup setup;
  const char *tls_id;
  const char *transport;
} TegataAssociationParams;

/**
 * tegata_sdp_is_new_association:
 * @before: what one side's description said, the last one that took effect
 * @after: what the same side's new one says
 * @current_role: the role that this side has: for our own descriptions what
 * tegata_sdp_negotiate_role() said, for the peer's the other one
 * @with_ice: whether ICE carries the association: an ICE restart alone then keeps it (RFC
 * 8842 section 4)
 *
 * Decides whether a changed description asks for a new DTLS association (RFC 8842 section
 * 3.1): a changed tls-id, fingerprint set or role does, and, where a tls-id is missing
 * and without ICE, a changed transport. The same fingerprints in another order or case,
 * and hold and resume do not.
 *
 * Ask for the local description and for the remote one, each with its own role: a new
 * association is to be made where either of them says so. Ask again when the answer is
 * there: an offer of a=setup:actpass leaves the role open, and RFC 8842 section 5.5 has
 * every offer say that, so that roles are swapped by the answer. No a=setup and holdconn
 * leave the role as it is, and so does a fixed role that is only repeated.
 *
 * A tls-id that only one of @before and @after has is not compared: one that appears or
 * goes away is no change of its value, and such a pair is judged as peers without tls-id
 * are (section 4).
 *
 * Returns: whether a new association is to be made
 */
TEGATA_API gboolean tegata_sdp_is_new_association (const TegataAssociationParams *before,
                                                   const TegataAssociationParams *after,
                                                   TegataRole current_role,
                                                   gboolean with_ice);

G_END_DECLS
