/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

/* What HTTP answers. */

void gateway_reply (SoupServerMessage *message,
                    guint status,
                    const char *content_type,
                    const char *body);

/* Why not, as text/plain. */
void gateway_reply_text (SoupServerMessage *message, guint status, const char *text);

/* A GATEWAY_PROBLEM's status and message. */
void gateway_reply_problem (SoupServerMessage *message, const GError *problem);

void gateway_reply_add_header (SoupServerMessage *message,
                               const char *name,
                               const char *value);
