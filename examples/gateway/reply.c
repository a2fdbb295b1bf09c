/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reply.h"

#include "problem.h"

#include <string.h>

/* Seconds until it is worth another try: a viewer's typical visit is longer, a browser
 * that never connects is forgotten after about that. */
#define RETRY_AFTER "10"

void
gateway_reply_add_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_append (soup_server_message_get_response_headers (message), name,
                               value);
}

void
gateway_reply (SoupServerMessage *message,
               guint status,
               const char *content_type,
               const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, content_type, SOUP_MEMORY_COPY, body,
                                    strlen (body));
}

void
gateway_reply_text (SoupServerMessage *message, guint status, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  gateway_reply (message, status, "text/plain; charset=utf-8", line);
}

void
gateway_reply_problem (SoupServerMessage *message, const GError *problem)
{
  guint status = problem->domain == GATEWAY_PROBLEM
                     ? (guint) problem->code
                     : (guint) SOUP_STATUS_INTERNAL_SERVER_ERROR;

  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE || status == 429)
  {
    gateway_reply_add_header (message, "Retry-After", RETRY_AFTER);
  }
  gateway_reply_text (message, status, problem->message);
}
