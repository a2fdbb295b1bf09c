/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Why a request is refused. The code is the status that HTTP answers by, and the message
 * what its client reads: it names what was found and what was expected.
 */
#define GATEWAY_PROBLEM (gateway_problem_quark ())
GQuark gateway_problem_quark (void);

/* Sets it, with a status of libsoup's, and returns FALSE. */
gboolean gateway_problem_set (GError **error, guint status, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
