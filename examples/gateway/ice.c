/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice.h"

#include "addresses.h"

#include <interfaces.h>

#define COMPONENT 1

/* RFC 9725 section 4.3.2 wants all candidates in the answer; but a server that is down
 * keeps nobody waiting. */
#define GATHER_MS 2000

/* RFC 5389 section 7.2.1; libnice's own 3 give up one session of 25 where 15 % is lost.
 */
#define MAX_TRANSMISSIONS 7

/*
 * An agent emits its signals on whatever thread leaves its lock, so also where media is
 * sent. So they only post, to this; and what is posted finds out on the main thread
 * whether there is still somebody.
 */
typedef struct
{
  GatewayIce *ice; /* main thread; NULL: it is closed */
} Poster;

struct _GatewayIce
{
  NiceAgent *agent;
  guint stream_id;
  TegataNiceChannel *channel;
  Poster *poster;
  guint gather_source;
  gboolean is_gathered;
  guint n_candidates; /* of the peer's, in this ICE session */
  GatewayIceCallbacks callbacks;
  gpointer user_data;
};

/* ---- what the agent tells ---- */

static void
tell_gathered (GatewayIce *self)
{
  if (!self->is_gathered)
  {
    self->is_gathered = TRUE;
    g_clear_handle_id (&self->gather_source, g_source_remove);
    self->callbacks.gathered (self->user_data);
  }
}

static gboolean
on_gathering_done (gpointer user_data)
{
  Poster *poster = user_data;

  if (poster->ice != NULL)
  {
    tell_gathered (poster->ice);
  }
  return G_SOURCE_REMOVE;
}

static gboolean
on_state_changed (gpointer user_data)
{
  Poster *poster = user_data;

  if (poster->ice != NULL)
  {
    poster->ice->callbacks.changed (poster->ice->user_data);
  }
  return G_SOURCE_REMOVE;
}

static gboolean
on_gather_timeout (gpointer user_data)
{
  GatewayIce *self = user_data;

  self->gather_source = 0;
  tell_gathered (self);
  return G_SOURCE_REMOVE;
}

static void
poster_unref (gpointer poster)
{
  g_atomic_rc_box_release (poster);
}

static void
post (Poster *poster, GSourceFunc function)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, function, g_atomic_rc_box_acquire (poster),
                   poster_unref);
}

static void
post_gathering_done (NiceAgent *agent G_GNUC_UNUSED,
                     guint stream_id G_GNUC_UNUSED,
                     gpointer poster)
{
  post (poster, on_gathering_done);
}

static void
post_state_changed (NiceAgent *agent G_GNUC_UNUSED,
                    guint stream_id G_GNUC_UNUSED,
                    guint component_id G_GNUC_UNUSED,
                    guint state G_GNUC_UNUSED,
                    gpointer poster)
{
  post (poster, on_state_changed);
}

static void
unref_poster_of_closure (gpointer poster, GClosure *closure G_GNUC_UNUSED)
{
  poster_unref (poster);
}

static void
listen_to (GatewayIce *self, const char *signal, GCallback handler)
{
  g_signal_connect_data (self->agent, signal, handler,
                         g_atomic_rc_box_acquire (self->poster), unref_poster_of_closure,
                         0);
}

/* ---- beginning ---- */

/* Of an agent: what wakes it, and what it looks for interfaces by. */
#define N_MORE_FILES 2

static void
add_address (NiceAgent *agent, const char *text)
{
  NiceAddress address;

  nice_address_init (&address);
  if (nice_address_set_from_string (&address, text))
  {
    nice_agent_add_local_address (agent, &address);
  }
}

/*
 * libnice leaves loopback out, which is all that some machines have. Whoever can only be
 * asked from this machine may be asked by a program that sends from loopback, too; and
 * libnice's sockets reach but the network that their address belongs to.
 */
static GList *
list_addresses (const GatewayOptions *options)
{
  GList *found = NULL;

  for (char **each = options->ice_addresses; each != NULL && *each != NULL; each++)
  {
    found = g_list_append (found, g_strdup (*each));
  }
  if (found != NULL)
  {
    return found;
  }
  found = nice_interfaces_get_local_ips (FALSE);
  if (found == NULL || address_is_loopback (G_SOCKET_ADDRESS (options->listen)))
  {
    found = g_list_append (found, g_strdup ("127.0.0.1"));
  }
  return found;
}

static void
add_addresses (NiceAgent *agent, const GatewayOptions *options)
{
  GList *addresses = list_addresses (options);

  for (GList *each = addresses; each != NULL; each = each->next)
  {
    add_address (agent, each->data);
  }
  g_list_free_full (addresses, g_free);
}

guint
gateway_ice_count_files (const GatewayOptions *options)
{
  GList *addresses = list_addresses (options);
  guint n_addresses = g_list_length (addresses);

  g_list_free_full (addresses, g_free);
  return n_addresses + N_MORE_FILES;
}

static char *
dup_host (GInetSocketAddress *address)
{
  return g_inet_address_to_string (g_inet_socket_address_get_address (address));
}

static void
add_servers (GatewayIce *self, const GatewayOptions *options)
{
  if (options->stun != NULL)
  {
    g_autofree char *host = dup_host (options->stun);

    g_object_set (self->agent, "stun-server", host, "stun-server-port",
                  (guint) g_inet_socket_address_get_port (options->stun), NULL);
  }
  if (options->turn.address != NULL)
  {
    g_autofree char *host = dup_host (options->turn.address);

    nice_agent_set_relay_info (self->agent, self->stream_id, COMPONENT, host,
                               g_inet_socket_address_get_port (options->turn.address),
                               options->turn.user, options->turn.password,
                               NICE_RELAY_TYPE_TURN_UDP);
  }
}

static void
count_one_less (gpointer n_agents, GObject *agent G_GNUC_UNUSED)
{
  *(guint *) n_agents -= 1;
}

GatewayIce *
gateway_ice_new (const GatewayOptions *options,
                 guint *n_agents,
                 const GatewayIceCallbacks *callbacks,
                 gpointer user_data)
{
  GatewayIce *self = g_new0 (GatewayIce, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->poster = g_atomic_rc_box_new0 (Poster);
  self->poster->ice = self;
  /* Not NICE_AGENT_OPTION_CONSENT_FRESHNESS: that of libnice 0.1.21 gives up after 10 s
   * of checks that are sent once each, so a call with 5 % of loss ends in a minute or
   * two. keepalive-conncheck asks as often, and gives up after 50 s. */
  self->agent
      = nice_agent_new_full (NULL, NICE_COMPATIBILITY_RFC5245, NICE_AGENT_OPTION_NONE);
  *n_agents += 1;
  g_object_weak_ref (G_OBJECT (self->agent), count_one_less, n_agents);
  g_object_set (self->agent, "ice-tcp", FALSE, "upnp", FALSE, "controlling-mode", FALSE,
                "keepalive-conncheck", TRUE, "stun-max-retransmissions",
                MAX_TRANSMISSIONS, NULL);
  listen_to (self, "candidate-gathering-done", G_CALLBACK (post_gathering_done));
  listen_to (self, "component-state-changed", G_CALLBACK (post_state_changed));
  add_addresses (self->agent, options);
  self->stream_id = nice_agent_add_stream (self->agent, COMPONENT);
  add_servers (self, options);
  self->channel = tegata_nice_channel_new (self->agent, self->stream_id, COMPONENT);
  return self;
}

TegataDatagramChannel *
gateway_ice_get_channel (GatewayIce *self)
{
  return TEGATA_DATAGRAM_CHANNEL (self->channel);
}

gboolean
gateway_ice_gather (GatewayIce *self, GError **error)
{
  if (!nice_agent_gather_candidates (self->agent, self->stream_id))
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 "no UDP socket can be had for ICE: see --ice-address, and how many "
                 "files may be open (ulimit -n)");
    return FALSE;
  }
  self->gather_source = g_timeout_add (GATHER_MS, on_gather_timeout, self);
  return TRUE;
}

/* ---- the end ---- */

typedef struct
{
  NiceAgent *agent;
  guint stream_id;
} Remains;

/* It has told its TURN server goodbye, or waited in vain. */
static void
on_agent_closed (GObject *agent, GAsyncResult *result G_GNUC_UNUSED, gpointer user_data)
{
  g_autofree Remains *remains = user_data;

  nice_agent_remove_stream (remains->agent, remains->stream_id);
  g_object_unref (agent);
}

/* With its stream gone it would not hear the TURN server's answer, and wait for that for
 * seconds. */
static gboolean
close_agent (gpointer user_data)
{
  Remains *remains = user_data;

  nice_agent_close_async (remains->agent, on_agent_closed, remains);
  return G_SOURCE_REMOVE;
}

/* On whichever thread let go of it last. */
static void
on_channel_gone (gpointer remains, GObject *channel G_GNUC_UNUSED)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, close_agent, remains, NULL);
}

void
gateway_ice_close (GatewayIce *self)
{
  Remains *remains = g_new0 (Remains, 1);

  self->poster->ice = NULL;
  g_clear_handle_id (&self->gather_source, g_source_remove);
  remains->agent = g_steal_pointer (&self->agent);
  remains->stream_id = self->stream_id;
  g_object_weak_ref (G_OBJECT (self->channel), on_channel_gone, remains);
  g_object_unref (self->channel);
  poster_unref (self->poster);
  g_free (self);
}

/* ---- both sides ---- */

void
gateway_ice_set_remote (GatewayIce *self, const GatewayIceText *remote)
{
  GSList *candidates = NULL;

  if (remote->ufrag != NULL)
  {
    nice_agent_set_remote_credentials (self->agent, self->stream_id, remote->ufrag,
                                       remote->password);
  }
  for (guint i = 0;
       i < remote->candidates->len && self->n_candidates < GATEWAY_MAX_CANDIDATES; i++)
  {
    const char *line = g_ptr_array_index (remote->candidates, i);
    NiceCandidate *candidate
        = nice_agent_parse_remote_candidate_sdp (self->agent, self->stream_id, line);

    if (candidate != NULL)
    {
      candidates = g_slist_prepend (candidates, candidate);
      self->n_candidates++;
    }
  }
  candidates = g_slist_reverse (candidates);
  if (candidates != NULL)
  {
    nice_agent_set_remote_candidates (self->agent, self->stream_id, COMPONENT,
                                      candidates);
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

void
gateway_ice_restart (GatewayIce *self)
{
  nice_agent_restart_stream (self->agent, self->stream_id);
  self->n_candidates = 0;
}

void
gateway_ice_describe (GatewayIce *self, GatewayIceText *ours)
{
  GSList *candidates
      = nice_agent_get_local_candidates (self->agent, self->stream_id, COMPONENT);

  for (GSList *each = candidates; each != NULL; each = each->next)
  {
    g_ptr_array_add (ours->candidates,
                     nice_agent_generate_local_candidate_sdp (self->agent, each->data));
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  nice_agent_get_local_credentials (self->agent, self->stream_id, &ours->ufrag,
                                    &ours->password);
}

NiceComponentState
gateway_ice_get_state (GatewayIce *self)
{
  return nice_agent_get_component_state (self->agent, self->stream_id, COMPONENT);
}
