/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publisher.h"

/* A place-holder: it drops everything. */
struct _GatewayPublisher
{
  TegataTransport *transport;
};

GatewayPublisher *
gateway_publisher_new (TegataTransport *transport,
                       const GatewayFormat *formats G_GNUC_UNUSED,
                       GInetSocketAddress *const *outputs G_GNUC_UNUSED,
                       GError **error G_GNUC_UNUSED)
{
  GatewayPublisher *self = g_new0 (GatewayPublisher, 1);

  self->transport = g_object_ref (transport);
  return self;
}

void
gateway_publisher_free (GatewayPublisher *self)
{
  g_object_unref (self->transport);
  g_free (self);
}

void
gateway_publisher_handle_media (GatewayPublisher *self G_GNUC_UNUSED,
                                TegataPacket *packets G_GNUC_UNUSED,
                                guint n_packets G_GNUC_UNUSED)
{
}

void
gateway_publisher_get_stats (GatewayPublisher *self G_GNUC_UNUSED,
                             GatewayKind kind G_GNUC_UNUSED,
                             GatewayPublisherStats *stats)
{
  *stats = (GatewayPublisherStats){ 0 };
}
