/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-call-path.h"

#include <agent.h>
#include <string.h>

#define COMPONENT 1

/* DTLS has its own pace: a sink must not wait for the clock, nor for a first buffer. */
#define UDP_ELEMENTS                                                                     \
  "udpsrc name=net-in close-socket=false ! transport.net_sink "                          \
  "transport.net_src ! udpsink name=net-out close-socket=false sync=false async=false "
#define ICE_ELEMENTS                                                                     \
  "nicesrc name=net-in ! transport.net_sink "                                            \
  "transport.net_src ! nicesink name=net-out sync=false async=false "

struct _Path
{
  GstBin *pipeline; /* not referenced */
  GSocket *socket;  /* NULL with ICE */
  char *host;       /* where who listens is, as the user knows it; else NULL */
  guint16 port;
  NiceAgent *agent; /* NULL over UDP */
  guint stream;
};

/* ---- UDP ---- */

/* "HOST:PORT", in digits; [HOST]:PORT for IPv6. */
static GSocketAddress *
parse_address (const char *text, GError **error)
{
  g_autoptr (GSocketConnectable) place = g_network_address_parse (text, 0, error);
  GSocketAddress *address = NULL;

  if (place == NULL)
  {
    return NULL;
  }
  address = g_inet_socket_address_new_from_string (
      g_network_address_get_hostname (G_NETWORK_ADDRESS (place)),
      g_network_address_get_port (G_NETWORK_ADDRESS (place)));
  if (address == NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "“%s” is no address: expected digits, as 127.0.0.1:5000", text);
  }
  return address;
}

/* Which of our addresses leads to @peer is the kernel's to say: it is asked by a socket
 * that is connected there, which sends nothing. */
static GSocketAddress *
find_local_address (GSocketAddress *peer, GError **error)
{
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocket) probe
      = g_socket_new (g_socket_address_get_family (peer), G_SOCKET_TYPE_DATAGRAM,
                      G_SOCKET_PROTOCOL_UDP, error);

  if (probe == NULL || !g_socket_connect (probe, peer, NULL, error))
  {
    return NULL;
  }
  local = g_socket_get_local_address (probe, error);
  return local == NULL
             ? NULL
             : g_inet_socket_address_new (
                 g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)), 0);
}

static void
read_inet_address (GSocketAddress *address, char **host, guint16 *port)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);

  *host = g_inet_address_to_string (g_inet_socket_address_get_address (inet));
  *port = g_inet_socket_address_get_port (inet);
}

static GSocket *
bind_socket (GSocketAddress *local, GError **error)
{
  g_autoptr (GSocket) made
      = g_socket_new (g_socket_address_get_family (local), G_SOCKET_TYPE_DATAGRAM,
                      G_SOCKET_PROTOCOL_UDP, error);

  return made != NULL && g_socket_bind (made, local, FALSE, error)
             ? g_steal_pointer (&made)
             : NULL;
}

Path *
path_new_udp (const char *address, gboolean is_listening, GError **error)
{
  g_autoptr (GSocketAddress) named = parse_address (address, error);
  g_autoptr (GSocketAddress) local = NULL;
  GSocket *bound = NULL;
  Path *self = NULL;

  if (named != NULL)
  {
    local = is_listening ? g_object_ref (named) : find_local_address (named, error);
  }
  if (local != NULL)
  {
    bound = bind_socket (local, error);
  }
  if (bound != NULL)
  {
    self = g_new0 (Path, 1);
    self->socket = bound;
    if (!is_listening)
    {
      read_inet_address (named, &self->host, &self->port);
    }
  }
  return self;
}

static void
udp_prepare (Path *self)
{
  g_autoptr (GstElement) source = gst_bin_get_by_name (self->pipeline, "net-in");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (self->pipeline, "net-out");
  gboolean is_ipv6 = g_socket_get_family (self->socket) == G_SOCKET_FAMILY_IPV6;

  g_object_set (source, "socket", self->socket, NULL);
  g_object_set (sink, is_ipv6 ? "socket-v6" : "socket", self->socket, NULL);
}

static void
udp_describe (Path *self, Description *local)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);

  read_inet_address (address, &local->host, &local->port);
}

/* Who listens on 0.0.0.0 cannot say where that is. */
static gboolean
udp_set_remote (Path *self, const Description *remote, GError **error)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (self->pipeline, "net-out");

  if (remote->host == NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the peer is reached by ICE: start this side with --ice, too");
    return FALSE;
  }
  g_object_set (sink, "host", self->host != NULL ? self->host : remote->host, "port",
                (int) (self->host != NULL ? self->port : remote->port), NULL);
  return TRUE;
}

/* ---- ICE ---- */

static void
tell (GstBus *bus, const char *name)
{
  gst_bus_post (bus, gst_message_new_application (NULL, gst_structure_new_empty (name)));
}

static void
on_gathered (NiceAgent *agent, guint stream, GstBus *bus)
{
  (void) agent;
  (void) stream;
  tell (bus, "path-ready");
}

static void
on_component_state (NiceAgent *agent,
                    guint stream,
                    guint component,
                    guint state,
                    GstBus *bus)
{
  (void) agent;
  (void) stream;
  (void) component;
  if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
  {
    tell (bus, "path-usable");
  }
  else if (state == NICE_COMPONENT_STATE_FAILED)
  {
    tell (bus, "path-failed");
  }
}

static gboolean
use_host (NiceAgent *agent, const char *host, GError **error)
{
  NiceAddress address;

  nice_address_init (&address);
  if (nice_address_set_from_string (&address, host)
      && nice_agent_add_local_address (agent, &address))
  {
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "“%s” is no address: expected digits, as 127.0.0.1", host);
  return FALSE;
}

/* For a peer behind a NAT set "stun-server", and nice_agent_set_relay_info(), here. */
Path *
path_new_ice (gboolean is_controlling, const char *host, GError **error)
{
  NiceAgent *agent = nice_agent_new (NULL, NICE_COMPATIBILITY_RFC5245);
  Path *self;

  if (host != NULL && !use_host (agent, host, error))
  {
    g_object_unref (agent);
    return NULL;
  }
  g_object_set (agent, "controlling-mode", is_controlling, "ice-tcp", FALSE, "upnp",
                FALSE, NULL);
  self = g_new0 (Path, 1);
  self->agent = agent;
  self->stream = nice_agent_add_stream (agent, 1);
  return self;
}

/* The agent is driven by this thread's main loop, but tells things on any thread. */
static gboolean
ice_prepare (Path *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (GST_ELEMENT (self->pipeline));

  for (int i = 0; i < 2; i++)
  {
    g_autoptr (GstElement) element
        = gst_bin_get_by_name (self->pipeline, i == 0 ? "net-in" : "net-out");

    g_object_set (element, "agent", self->agent, "stream", self->stream, "component",
                  COMPONENT, NULL);
  }
  g_signal_connect_object (self->agent, "candidate-gathering-done",
                           G_CALLBACK (on_gathered), bus, 0);
  g_signal_connect_object (self->agent, "component-state-changed",
                           G_CALLBACK (on_component_state), bus, 0);
  if (!nice_agent_gather_candidates (self->agent, self->stream))
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 "ICE found no address of this machine that it can use");
    return FALSE;
  }
  return TRUE;
}

static void
ice_describe (Path *self, Description *local)
{
  GSList *candidates
      = nice_agent_get_local_candidates (self->agent, self->stream, COMPONENT);

  nice_agent_get_local_credentials (self->agent, self->stream, &local->ufrag,
                                    &local->pwd);
  for (GSList *each = candidates; each != NULL; each = each->next)
  {
    g_ptr_array_add (local->candidates,
                     nice_agent_generate_local_candidate_sdp (self->agent, each->data));
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

static gboolean
ice_set_remote (Path *self, const Description *remote, GError **error)
{
  GSList *candidates = NULL;
  int n_taken = 0;

  for (guint i = 0; i < remote->candidates->len; i++)
  {
    NiceCandidate *candidate = nice_agent_parse_remote_candidate_sdp (
        self->agent, self->stream, remote->candidates->pdata[i]);

    if (candidate != NULL)
    {
      candidates = g_slist_prepend (candidates, candidate);
    }
  }
  if (remote->ufrag != NULL && candidates != NULL
      && nice_agent_set_remote_credentials (self->agent, self->stream, remote->ufrag,
                                            remote->pwd))
  {
    n_taken = nice_agent_set_remote_candidates (self->agent, self->stream, COMPONENT,
                                                candidates);
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  if (n_taken <= 0)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the peer's description has no a=candidate that can be used: has it "
                 "been started with --ice?");
  }
  return n_taken > 0;
}

/* ---- both ---- */

void
path_free (Path *self)
{
  if (self != NULL)
  {
    g_clear_object (&self->socket);
    g_free (self->host);
    g_clear_object (&self->agent);
    g_free (self);
  }
}

const char *
path_get_elements (const Path *self)
{
  return self->agent != NULL ? ICE_ELEMENTS : UDP_ELEMENTS;
}

gboolean
path_prepare (Path *self, GstBin *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (GST_ELEMENT (pipeline));

  self->pipeline = pipeline;
  if (self->agent != NULL)
  {
    return ice_prepare (self, error);
  }
  udp_prepare (self);
  tell (bus, "path-ready");
  return TRUE;
}

void
path_describe (Path *self, Description *local)
{
  if (self->agent != NULL)
  {
    ice_describe (self, local);
  }
  else
  {
    udp_describe (self, local);
  }
}

gboolean
path_set_remote (Path *self, const Description *remote, GError **error)
{
  return self->agent != NULL ? ice_set_remote (self, remote, error)
                             : udp_set_remote (self, remote, error);
}

gboolean
path_is_immediate (const Path *self)
{
  return self->agent == NULL;
}
