/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice-peer.h"

#include "turn-server.h"

#define COMPONENT 1

/* libnice gives a check up after three requests: where 15 % are lost each way, that is 2
 * % of them, and for good. These are nine within 26 s. */
#define PERSISTENT_TIMEOUT_MS 100
#define PERSISTENT_REQUESTS 10

/* What libnice tells. */

static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, gpointer user_data)
{
  IcePeer *self = user_data;

  g_ptr_array_add (self->candidates,
                   nice_agent_generate_local_candidate_sdp (agent, candidate));
  if (self->trickle_to != NULL)
  {
    ice_peer_tell_candidate (self, self->candidates->len - 1, self->trickle_to);
  }
}

static void
on_gathered (NiceAgent *agent, guint stream_id, gpointer user_data)
{
  IcePeer *self = user_data;

  (void) agent;
  (void) stream_id;
  self->has_gathered = TRUE;
  if (self->trickle_to != NULL)
  {
    ice_peer_tell_end_of_candidates (self, self->trickle_to);
  }
}

static void
on_selected_pair (NiceAgent *agent,
                  guint stream_id,
                  guint component_id,
                  NiceCandidate *local,
                  NiceCandidate *remote,
                  gpointer user_data)
{
  IcePeer *self = user_data;

  (void) agent;
  (void) stream_id;
  (void) component_id;
  (void) local;
  (void) remote;
  self->n_selected++;
}

/* A life. */

static void
add_address (NiceAgent *agent, const char *text)
{
  NiceAddress address;

  nice_address_init (&address);
  g_assert_true (nice_address_set_from_string (&address, text));
  g_assert_true (nice_agent_add_local_address (agent, &address));
}

static NiceAgent *
new_agent (const IceSettings *settings)
{
  NiceAgent *agent
      = nice_agent_new_full (NULL, NICE_COMPATIBILITY_RFC5245, settings->flags);

  g_object_set (agent, "ice-tcp", FALSE, "upnp", FALSE, "controlling-mode",
                settings->is_controlling, "force-relay", settings->is_relayed_only, NULL);
  if (settings->is_persistent)
  {
    g_object_set (agent, "stun-initial-timeout", PERSISTENT_TIMEOUT_MS,
                  "stun-max-retransmissions", PERSISTENT_REQUESTS, NULL);
  }
  if (settings->stun_port != 0)
  {
    g_object_set (agent, "stun-server", "127.0.0.1", "stun-server-port",
                  (guint) settings->stun_port, NULL);
  }
  add_address (agent,
               settings->addresses[0] != NULL ? settings->addresses[0] : "127.0.0.1");
  if (settings->addresses[1] != NULL)
  {
    add_address (agent, settings->addresses[1]);
  }
  return agent;
}

static TegataContext *
new_context (const IceSettings *settings)
{
  g_autoptr (GError) error = NULL;
  TegataContext *context = tegata_context_new (NULL, &error);

  g_assert_no_error (error);
  if (settings->handshake_timeout_us != 0)
  {
    tegata_context_set_handshake_timeout_us (context, settings->handshake_timeout_us);
  }
  return context;
}

IcePeer *
ice_peer_new (const IceSettings *settings)
{
  IcePeer *self = g_new0 (IcePeer, 1);

  self->agent = new_agent (settings);
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect (self->agent, "new-candidate-full", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->agent, "candidate-gathering-done", G_CALLBACK (on_gathered),
                    self);
  g_signal_connect (self->agent, "new-selected-pair-full", G_CALLBACK (on_selected_pair),
                    self);
  self->stream_id = nice_agent_add_stream (self->agent, COMPONENT);
  g_assert_cmpuint (self->stream_id, >, 0);
  if (settings->turn_port != 0)
  {
    g_assert_true (nice_agent_set_relay_info (self->agent, self->stream_id, COMPONENT,
                                              "127.0.0.1", settings->turn_port, TURN_USER,
                                              TURN_PASSWORD, NICE_RELAY_TYPE_TURN_UDP));
  }
  self->channel = tegata_nice_channel_new (self->agent, self->stream_id, COMPONENT);
  self->party
      = party_new (new_context (settings), TEGATA_DATAGRAM_CHANNEL (self->channel));
  return self;
}

static void
on_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  gboolean *is_closed = user_data;

  (void) agent;
  (void) result;
  *is_closed = TRUE;
}

/* Nothing is left behind: an allocation of a TURN server's is given back, too. Closed
 * before the stream is removed: the other way round, libnice 0.1.21 does not hear the
 * server's answer, and waits 2.5 s for it. */
void
ice_peer_free (IcePeer *self)
{
  gboolean is_closed = FALSE;

  party_free (self->party);
  g_assert_finalize_object (self->channel);
  g_signal_handlers_disconnect_by_data (self->agent, self);
  nice_agent_close_async (self->agent, on_closed, &is_closed);
  wait_until (is_closed);
  nice_agent_remove_stream (self->agent, self->stream_id);
  g_object_add_weak_pointer (G_OBJECT (self->agent), (gpointer *) &self->agent);
  g_object_unref (self->agent);
  wait_until (self->agent == NULL);
  g_ptr_array_unref (self->candidates);
  g_free (self);
}

/* Signalling. */

void
ice_peer_gather (IcePeer *self)
{
  g_assert_true (nice_agent_gather_candidates (self->agent, self->stream_id));
}

static void
get_credentials (IcePeer *self, char **ufrag, char **password)
{
  g_assert_true (
      nice_agent_get_local_credentials (self->agent, self->stream_id, ufrag, password));
}

void
ice_peer_tell_credentials (IcePeer *self, IcePeer *to)
{
  g_autofree char *ufrag = NULL;
  g_autofree char *password = NULL;

  get_credentials (self, &ufrag, &password);
  g_assert_true (
      nice_agent_set_remote_credentials (to->agent, to->stream_id, ufrag, password));
}

void
ice_peer_tell_candidate (IcePeer *self, guint index, IcePeer *to)
{
  const char *line = g_ptr_array_index (self->candidates, index);
  NiceCandidate *candidate
      = nice_agent_parse_remote_candidate_sdp (to->agent, to->stream_id, line);
  GSList *list = g_slist_append (NULL, candidate);

  g_assert_nonnull (candidate);
  g_test_message ("signalled: %s", line);
  g_assert_cmpint (
      nice_agent_set_remote_candidates (to->agent, to->stream_id, COMPONENT, list), ==,
      1);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
}

void
ice_peer_tell_candidates (IcePeer *self, IcePeer *to)
{
  for (guint i = 0; i < self->candidates->len; i++)
  {
    ice_peer_tell_candidate (self, i, to);
  }
}

void
ice_peer_tell_end_of_candidates (IcePeer *self, IcePeer *to)
{
  (void) self;
  nice_agent_peer_candidate_gathering_done (to->agent, to->stream_id);
}

void
ice_peer_restart (IcePeer *self)
{
  g_assert_true (nice_agent_restart_stream (self->agent, self->stream_id));
}

/* What became of it. */

char *
ice_peer_dup_ufrag (IcePeer *self)
{
  g_autofree char *password = NULL;
  char *ufrag;

  get_credentials (self, &ufrag, &password);
  return ufrag;
}

static gboolean
get_pair (IcePeer *self, NiceCandidate **local, NiceCandidate **remote)
{
  return nice_agent_get_selected_pair (self->agent, self->stream_id, COMPONENT, local,
                                       remote);
}

static char *
describe (const NiceCandidate *candidate)
{
  char address[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (&candidate->addr, address);
  return g_strdup_printf ("%s:%u (%s)", address, nice_address_get_port (&candidate->addr),
                          nice_candidate_type_to_string (candidate->type));
}

char *
ice_peer_dup_pair (IcePeer *self)
{
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  NiceCandidate *local;
  NiceCandidate *remote;

  if (!get_pair (self, &local, &remote))
  {
    return NULL;
  }
  from = describe (local);
  to = describe (remote);
  return g_strdup_printf ("%s to %s", from, to);
}

NiceCandidateType
ice_peer_local_type (IcePeer *self)
{
  NiceCandidate *local;
  NiceCandidate *remote;

  g_assert_true (get_pair (self, &local, &remote));
  return local->type;
}

NiceCandidateType
ice_peer_remote_type (IcePeer *self)
{
  NiceCandidate *local;
  NiceCandidate *remote;

  g_assert_true (get_pair (self, &local, &remote));
  return remote->type;
}

gboolean
ice_peer_is_ready (IcePeer *self)
{
  return nice_agent_get_component_state (self->agent, self->stream_id, COMPONENT)
         == NICE_COMPONENT_STATE_READY;
}
