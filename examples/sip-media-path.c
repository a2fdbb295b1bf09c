/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-media-path.h"

/* How often the kernel is asked for a port whose next one is free as well. */
#define MAX_TRIES 64

enum
{
  RTP,
  RTCP,
  N_PORTS,
};

struct _SipPath
{
  SipPort *ports[N_PORTS]; /* RTCP: NULL where it is multiplexed */
  char *tls_id;
};

static SipPort *
open_port (const SipPortShared *shared, const char *host, guint port, GError **error)
{
  g_autoptr (GSocketAddress) local = g_inet_socket_address_new_from_string (host, port);

  return sip_port_new (shared, local, error);
}

/* Receivers that know no a=rtcp look for RTCP at the next port (RFC 3550 section 11). */
static gboolean
open_pair (SipPath *self,
           const SipPortShared *shared,
           const char *host,
           guint port,
           GError **error)
{
  g_clear_pointer (&self->ports[RTP], sip_port_free);
  self->ports[RTP] = open_port (shared, host, port, error);
  if (self->ports[RTP] == NULL)
  {
    return FALSE;
  }
  port = sip_port_get_number (self->ports[RTP]);
  if (port % 2 != 0)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "port %u is odd", port);
    return FALSE;
  }
  self->ports[RTCP] = open_port (shared, host, port + 1, error);
  return self->ports[RTCP] != NULL;
}

static gboolean
open_any_pair (SipPath *self,
               const SipPortShared *shared,
               const char *host,
               GError **error)
{
  for (guint i = 1; i < MAX_TRIES; i++)
  {
    if (open_pair (self, shared, host, 0, NULL))
    {
      return TRUE;
    }
  }
  return open_pair (self, shared, host, 0, error);
}

static gboolean
open_pair_between (SipPath *self,
                   const SipPortShared *shared,
                   const SipPathPlace *place,
                   GError **error)
{
  g_autoptr (GError) problem = NULL;

  for (guint port = place->first_port; port < place->last_port; port++)
  {
    g_clear_error (&problem);
    if (port % 2 == 0 && open_pair (self, shared, place->host, port, &problem))
    {
      return TRUE;
    }
    if (problem != NULL
        && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
               "found no even port from %u to %u of %s that is free together with the "
               "next one. Give --ports more of them: a new association needs a new pair",
               place->first_port, place->last_port, place->host);
  return FALSE;
}

SipPath *
sip_path_new (const SipPortShared *shared, const SipPathPlace *place, GError **error)
{
  SipPath *self = g_new0 (SipPath, 1);
  gboolean is_open = place->first_port == 0
                         ? open_any_pair (self, shared, place->host, error)
                         : open_pair_between (self, shared, place, error);

  if (!is_open)
  {
    sip_path_free (self);
    return NULL;
  }
  self->tls_id = tegata_sdp_new_tls_id ();
  return self;
}

void
sip_path_free (SipPath *self)
{
  if (self == NULL)
  {
    return;
  }
  sip_port_free (self->ports[RTCP]);
  sip_port_free (self->ports[RTP]);
  g_free (self->tls_id);
  g_free (self);
}

const char *
sip_path_get_tls_id (SipPath *self)
{
  return self->tls_id;
}

SipPort *
sip_path_get_port (SipPath *self, gboolean rtcp)
{
  return self->ports[rtcp ? RTCP : RTP];
}

void
sip_path_multiplex (SipPath *self)
{
  g_clear_pointer (&self->ports[RTCP], sip_port_free);
}

gboolean
sip_path_listen (SipPath *self, GError **error)
{
  return sip_port_listen (self->ports[RTP], error)
         && (self->ports[RTCP] == NULL || sip_port_listen (self->ports[RTCP], error));
}

void
sip_path_expect (SipPath *self, const SipDescription *remote)
{
  for (guint i = 0; i < N_PORTS; i++)
  {
    if (self->ports[i] != NULL)
    {
      sip_port_expect (self->ports[i], remote != NULL ? remote->fingerprints : NULL);
    }
  }
}

static GSocketAddress *
address_of (const SipDescription *remote, guint kind)
{
  return kind == RTP ? g_inet_socket_address_new_from_string (remote->host, remote->port)
                     : g_inet_socket_address_new_from_string (remote->rtcp_host,
                                                              remote->rtcp_port);
}

static gboolean
dial (SipPath *self, const SipDescription *remote, GError **error)
{
  for (guint i = 0; i < N_PORTS; i++)
  {
    g_autoptr (GSocketAddress) peer = address_of (remote, i);

    if (self->ports[i] != NULL
        && !sip_port_dial (self->ports[i], peer, remote->fingerprints, error))
    {
      return FALSE;
    }
  }
  return TRUE;
}

void
sip_path_begin (SipPath *self, TegataRole role, const SipDescription *remote)
{
  g_autoptr (GError) error = NULL;
  gboolean has_begun = role == TEGATA_ROLE_CLIENT ? dial (self, remote, &error)
                                                  : sip_path_listen (self, &error);

  if (!has_begun)
  {
    /* Told once: of RTP. */
    sip_path_hang_up (self);
    sip_port_fail (self->ports[RTP], error);
  }
  else if (role == TEGATA_ROLE_SERVER)
  {
    sip_path_expect (self, remote);
  }
}

gboolean
sip_path_was_called (SipPath *self)
{
  return sip_port_was_called (self->ports[RTP])
         || (self->ports[RTCP] != NULL && sip_port_was_called (self->ports[RTCP]));
}

gboolean
sip_path_move (SipPath *self, const SipDescription *remote)
{
  gboolean has_moved = TRUE;

  for (guint i = 0; i < N_PORTS; i++)
  {
    g_autoptr (GSocketAddress) peer = address_of (remote, i);

    has_moved
        = has_moved && (self->ports[i] == NULL || sip_port_move (self->ports[i], peer));
  }
  return has_moved;
}

void
sip_path_give_up (SipPath *self, guint timeout_s)
{
  for (guint i = 0; i < N_PORTS; i++)
  {
    if (self->ports[i] != NULL)
    {
      sip_port_give_up (self->ports[i], timeout_s);
    }
  }
}

void
sip_path_hang_up (SipPath *self)
{
  for (guint i = 0; i < N_PORTS; i++)
  {
    if (self->ports[i] != NULL)
    {
      sip_port_hang_up (self->ports[i]);
    }
  }
}

TegataState
sip_path_get_state (SipPath *self)
{
  TegataState rtp = sip_port_get_state (self->ports[RTP]);
  TegataState rtcp = self->ports[RTCP] != NULL ? sip_port_get_state (self->ports[RTCP])
                                               : TEGATA_STATE_CONNECTED;

  if (rtp > TEGATA_STATE_CONNECTED || rtcp > TEGATA_STATE_CONNECTED)
  {
    return MAX (rtp, rtcp);
  }
  return MIN (rtp, rtcp);
}
