/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "problem.h"

GQuark
gateway_problem_quark (void)
{
  return g_quark_from_static_string ("gateway-problem");
}

gboolean
gateway_problem_set (GError **error, guint status, const char *format, ...)
{
  va_list arguments;

  if (error != NULL)
  {
    va_start (arguments, format);
    *error = g_error_new_valist (GATEWAY_PROBLEM, (int) status, format, arguments);
    va_end (arguments);
  }
  return FALSE;
}
