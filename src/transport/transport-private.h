/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport/pump.h"

#include <tegata/transport.h>

G_BEGIN_DECLS

/* What the media thread is told of the association: why it may not send. */
typedef enum
{
  TEGATA_MEDIA_NOT_YET,
  TEGATA_MEDIA_OPEN,
  TEGATA_MEDIA_NO_PROFILE,
  TEGATA_MEDIA_ENDED,
} TegataMediaPath;

struct _TegataTransport
{
  GObject parent_instance;

  TegataContext *context;
  TegataPump *pump;       /* the listener's too, where it is of one */
  TegataSession *session; /* the pump's, as long as the transport lives */
  gboolean is_of_listener;
  guint told_properties; /* which of those that appear in time were notified: bits */

  gboolean start_is_pending; /* until the channel is writable */
  TegataRole pending_role;
  GError *start_error; /* of a start that had to wait, and failed then */

  TegataTransportCallbacks callbacks;
  gpointer callbacks_data;
  GDestroyNotify destroy_callbacks_data;

  /* What the network thread tells the media thread. */
  gint media_path; /* atomic: TegataMediaPath */
  GMutex peer_lock;
  TegataAddress peer; /* under the lock: where media goes */
};

/* (transfer full): of a session of the listener's; removed from it when the transport is
 * released */
TegataTransport *tegata_transport_new_for_session (TegataContext *context,
                                                   TegataPump *pump,
                                                   TegataSession *session,
                                                   const TegataAddress *peer);

void tegata_transport_publish_peer (TegataTransport *self, const TegataAddress *peer);

/* Properties, signals and call-backs, in transport-tell.c. @self: (transfer full): there
 * is no other reference of ours while somebody is told, so that he may drop his. */

void tegata_transport_class_install (GObjectClass *object_class);
void tegata_transport_tell_state (TegataTransport *self, TegataState state);
void tegata_transport_tell_media (TegataTransport *self,
                                  TegataPacket *packets,
                                  guint n_packets);
void tegata_transport_tell_data (TegataTransport *self, const guint8 *bytes, gsize len);
void tegata_transport_tell_network_error (TegataTransport *self, const GError *error);

G_END_DECLS
