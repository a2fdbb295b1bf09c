/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/macros.h>

G_BEGIN_DECLS

/**
 * TEGATA_ERROR:
 *
 * The domain of every #GError of this library. An error of this domain also carries
 * whose fault it was and which alert told it: tegata_error_get_fault() and
 * tegata_error_get_alert().
 */
#define TEGATA_ERROR (tegata_error_quark ())

/**
 * TegataError:
 * @TEGATA_ERROR_FAILED: nothing more exact is known; the message tells what is
 * @TEGATA_ERROR_PARSE: a text or an encoding is malformed
 * @TEGATA_ERROR_UNSUPPORTED: understood, but not to be had here (a hash, a version, a
 * key)
 * @TEGATA_ERROR_INVALID: a value outside of its range
 * @TEGATA_ERROR_FINGERPRINT: the peer's certificate is none of those that signalling
 * named
 * @TEGATA_ERROR_TIMEOUT: the handshake was not complete in time. A peer that refused it
 * by an alert ends in this too: alerts of a handshake are not authenticated, so they are
 * remembered (TegataDtlsStats.unauthenticated_alert shows them at once) and end nothing
 * @TEGATA_ERROR_PROTOCOL: the peer's handshake was refused
 * @TEGATA_ERROR_ALERT: the peer ended the association by an authenticated alert
 * @TEGATA_ERROR_NOT_CONNECTED: asked to send before %TEGATA_STATE_CONNECTED, or after the
 * end
 * @TEGATA_ERROR_TOO_BIG: more than one datagram of the MTU can carry
 * @TEGATA_ERROR_NO_PROFILE: no SRTP profile was negotiated, so there are no keys for
 * media
 * @TEGATA_ERROR_SRTP: the packet could not be protected
 */
typedef enum
{
  TEGATA_ERROR_FAILED,
  TEGATA_ERROR_PARSE,
  TEGATA_ERROR_UNSUPPORTED,
  TEGATA_ERROR_INVALID,
  TEGATA_ERROR_FINGERPRINT,
  TEGATA_ERROR_TIMEOUT,
  TEGATA_ERROR_PROTOCOL,
  TEGATA_ERROR_ALERT,
  TEGATA_ERROR_NOT_CONNECTED,
  TEGATA_ERROR_TOO_BIG,
  TEGATA_ERROR_NO_PROFILE,
  TEGATA_ERROR_SRTP,
} TegataError;

/**
 * TegataFault:
 * @TEGATA_FAULT_NONE: nobody's, or not known
 * @TEGATA_FAULT_LOCAL: this side: a setting, a certificate, a resource
 * @TEGATA_FAULT_PEER: the peer: what it sent, or did not send
 * @TEGATA_FAULT_NETWORK: what lies between: no answer came
 *
 * Whose fault the end of an association was.
 */
typedef enum
{
  TEGATA_FAULT_NONE,
  TEGATA_FAULT_LOCAL,
  TEGATA_FAULT_PEER,
  TEGATA_FAULT_NETWORK,
} TegataFault;

/**
 * tegata_error_quark:
 *
 * Returns: the domain of this library's errors
 */
TEGATA_API GQuark tegata_error_quark (void);

/**
 * tegata_error_get_fault:
 * @error: an error of any domain
 *
 * Returns: whose fault it was; %TEGATA_FAULT_NONE for an error of another domain.
 * Any thread.
 */
TEGATA_API TegataFault tegata_error_get_fault (const GError *error);

/**
 * tegata_error_get_alert:
 * @error: an error of any domain
 *
 * Returns: the number of the TLS alert (RFC 5246 section 7.2) that was sent or received
 * with this error, or -1 where there was none. With %TEGATA_ERROR_TIMEOUT it is one that
 * was not authenticated. Any thread.
 */
TEGATA_API int tegata_error_get_alert (const GError *error);

G_END_DECLS
