/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nice-attachment.h"

/*
 * What is attached to which component of an agent, and kept by the agent.
 *
 * libnice calls nice_agent_attach_recv()'s function with a plain pointer that it read
 * under its lock, and calls it without: who detaches never learns when the last such
 * call is over, above all on another thread. The same holds of a signal's handler. So
 * both get the hub, which lives as long as the agent, whom libnice holds for the time of
 * each call; and they find there who is attached now, or nobody.
 */

guint64 tegata_nice_hub_key (guint stream_id, guint component_id);

/* Begins to read the component in @main_context, for @attachment. Returns: whether it
 * has the component now: %FALSE where another one has it, or the agent has none such */
gboolean tegata_nice_hub_add (NiceAgent *agent,
                              guint stream_id,
                              guint component_id,
                              GMainContext *main_context,
                              TegataNiceAttachment *attachment);

/* libnice goes on to read the component, since its connectivity checks come that way,
 * too: data of nobody is dropped. Any thread. */
void tegata_nice_hub_remove (NiceAgent *agent, TegataNiceAttachment *attachment);
