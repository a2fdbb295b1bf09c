/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `tegata cert`: makes a certificate, or shows one. @argv: NULL-terminated, the
 * subcommand first. Returns: the exit status */
int cert_run (char **argv);
