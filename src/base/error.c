/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error-private.h"

typedef struct
{
  TegataFault fault;
  int alert; /* RFC 5246 section 7.2, or -1 */
} TegataErrorPrivate;

static void
tegata_error_private_init (TegataErrorPrivate *priv)
{
  priv->fault = TEGATA_FAULT_NONE;
  priv->alert = -1;
}

static void
tegata_error_private_copy (const TegataErrorPrivate *from, TegataErrorPrivate *to)
{
  *to = *from;
}

static void
tegata_error_private_clear (G_GNUC_UNUSED TegataErrorPrivate *priv)
{
}

/* GLib finds the private part by an offset from the error, which clang sees as a cast to
 * a stricter alignment; GLib keeps it aligned. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
G_DEFINE_EXTENDED_ERROR (TegataError, tegata_error)
#pragma GCC diagnostic pop

TegataFault
tegata_error_get_fault (const GError *error)
{
  const TegataErrorPrivate *priv = tegata_error_get_private (error);

  return priv != NULL ? priv->fault : TEGATA_FAULT_NONE;
}

int
tegata_error_get_alert (const GError *error)
{
  const TegataErrorPrivate *priv = tegata_error_get_private (error);

  return priv != NULL ? priv->alert : -1;
}

GError *
tegata_error_new_end (TegataError code,
                      TegataFault fault,
                      int alert,
                      const char *format,
                      ...)
{
  GError *error;
  TegataErrorPrivate *priv;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (TEGATA_ERROR, (int) code, format, args);
  va_end (args);

  priv = tegata_error_get_private (error);
  priv->fault = fault;
  priv->alert = alert;
  return error;
}
