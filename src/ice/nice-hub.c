/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nice-hub.h"

typedef struct
{
  GMutex lock;
  GHashTable *attachments; /* of TegataNiceAttachment, by its key */
} Hub;

/* Held while an agent gets its hub. */
G_LOCK_DEFINE_STATIC (birth);

static GQuark
hub_quark (void)
{
  return g_quark_from_static_string ("tegata-nice-hub");
}

guint64
tegata_nice_hub_key (guint stream_id, guint component_id)
{
  return (guint64) stream_id << 32 | component_id;
}

/* Returns: (transfer full) (nullable): who is attached there */
static TegataNiceAttachment *
find (Hub *hub, guint stream_id, guint component_id)
{
  guint64 key = tegata_nice_hub_key (stream_id, component_id);
  TegataNiceAttachment *attachment;

  g_mutex_lock (&hub->lock);
  attachment = g_hash_table_lookup (hub->attachments, &key);
  if (attachment != NULL)
  {
    tegata_nice_attachment_ref (attachment);
  }
  g_mutex_unlock (&hub->lock);
  return attachment;
}

/* What libnice calls. */

static void
on_received (NiceAgent *agent,
             guint stream_id,
             guint component_id,
             guint len,
             gchar *buffer,
             gpointer user_data)
{
  g_autoptr (TegataNiceAttachment) attachment = find (user_data, stream_id, component_id);

  (void) agent;
  if (attachment != NULL)
  {
    tegata_nice_attachment_receive (attachment, (guint8 *) buffer, len);
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
  g_autoptr (TegataNiceAttachment) attachment = find (user_data, stream_id, component_id);

  (void) agent;
  (void) local;
  (void) remote;
  if (attachment != NULL)
  {
    tegata_nice_attachment_post_way (attachment);
  }
}

static void
on_state (NiceAgent *agent,
          guint stream_id,
          guint component_id,
          guint state,
          gpointer user_data)
{
  g_autoptr (TegataNiceAttachment) attachment = NULL;

  (void) agent;
  if (state != NICE_COMPONENT_STATE_FAILED)
  {
    return;
  }
  attachment = find (user_data, stream_id, component_id);
  if (attachment != NULL)
  {
    tegata_nice_attachment_post_failure (attachment);
  }
}

/* The hub. */

static void
hub_free (gpointer data)
{
  Hub *hub = data;

  g_hash_table_unref (hub->attachments);
  g_mutex_clear (&hub->lock);
  g_free (hub);
}

static Hub *
hub_new (NiceAgent *agent)
{
  Hub *hub = g_new0 (Hub, 1);

  g_mutex_init (&hub->lock);
  hub->attachments = g_hash_table_new_full (
      g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) tegata_nice_attachment_unref);
  g_object_set_qdata_full (G_OBJECT (agent), hub_quark (), hub, hub_free);
  g_signal_connect (agent, "new-selected-pair-full", G_CALLBACK (on_selected_pair), hub);
  g_signal_connect (agent, "component-state-changed", G_CALLBACK (on_state), hub);
  return hub;
}

static Hub *
hub_of (NiceAgent *agent)
{
  Hub *hub;

  G_LOCK (birth);
  hub = g_object_get_qdata (G_OBJECT (agent), hub_quark ());
  if (hub == NULL)
  {
    hub = hub_new (agent);
  }
  G_UNLOCK (birth);
  return hub;
}

static gboolean
take_place (Hub *hub, TegataNiceAttachment *attachment)
{
  gboolean is_free;

  g_mutex_lock (&hub->lock);
  is_free = !g_hash_table_contains (hub->attachments, &attachment->key);
  if (is_free)
  {
    g_hash_table_insert (hub->attachments, &attachment->key,
                         tegata_nice_attachment_ref (attachment));
  }
  g_mutex_unlock (&hub->lock);
  return is_free;
}

gboolean
tegata_nice_hub_add (NiceAgent *agent,
                     guint stream_id,
                     guint component_id,
                     GMainContext *main_context,
                     TegataNiceAttachment *attachment)
{
  Hub *hub = hub_of (agent);

  if (!take_place (hub, attachment))
  {
    g_critical ("Component %u of stream %u is attached to another channel", component_id,
                stream_id);
    return FALSE;
  }
  if (!nice_agent_attach_recv (agent, stream_id, component_id, main_context, on_received,
                               hub))
  {
    tegata_nice_hub_remove (agent, attachment);
    return FALSE;
  }
  return TRUE;
}

void
tegata_nice_hub_remove (NiceAgent *agent, TegataNiceAttachment *attachment)
{
  Hub *hub = hub_of (agent);

  g_mutex_lock (&hub->lock);
  if (g_hash_table_lookup (hub->attachments, &attachment->key) == attachment)
  {
    g_hash_table_remove (hub->attachments, &attachment->key);
  }
  g_mutex_unlock (&hub->lock);
}
