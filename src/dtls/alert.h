/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 5246 section 7.2: those that the code names */
typedef enum
{
  TEGATA_ALERT_CLOSE_NOTIFY = 0,
  TEGATA_ALERT_BAD_CERTIFICATE = 42,
} TegataAlert;

/* The registered name of an alert, for messages; "unknown" for a number without one. */
const char *tegata_alert_to_string (int alert);

G_END_DECLS
