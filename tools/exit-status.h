/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the command ends. Scripts rely on the numbers: --help has the same table. */
typedef enum
{
  EXIT_STATUS_CLOSED = 0,
  EXIT_STATUS_FAILED = 1,
  EXIT_STATUS_OPTIONS = 2,
  EXIT_STATUS_SET_UP = 3,
  EXIT_STATUS_FINGERPRINT = 4,
  EXIT_STATUS_TIMEOUT = 5,
  EXIT_STATUS_NO_PROFILE = 6,
} ExitStatus;

#define EXIT_STATUS_TABLE                                                                \
  "Exit status:\n"                                                                       \
  "  0  closed by Ctrl-C, by SIGTERM or by the peer, or since nobody reads what is\n"    \
  "     printed; or --once is done\n"                                                    \
  "  1  the association failed otherwise; or --once was ended before there was a peer\n" \
  "  2  wrong options\n"                                                                 \
  "  3  set-up failed: a file is missing, a port is in use, ...\n"                       \
  "  4  wrong fingerprint: the peer is not the one that was named\n"                     \
  "  5  the handshake did not complete in time; the peer may never have answered\n"      \
  "  6  media was asked for, and there is no SRTP profile in common"
