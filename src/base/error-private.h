/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/error.h>

G_BEGIN_DECLS

/* A new error that says whose fault the end of an association was, and which alert (or
 * -1) went with it. Everything else uses g_set_error() with TEGATA_ERROR: no fault, alert
 * -1. */
GError *tegata_error_new_end (TegataError code,
                              TegataFault fault,
                              int alert,
                              const char *format,
                              ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
