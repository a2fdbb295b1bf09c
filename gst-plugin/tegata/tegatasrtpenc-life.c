/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an encoder gets its association, and what its states do to it. With a fixed key it
 * has one of its own, otherwise that of its decoder. */

#include "tegatasrtpenc-private.h"

GstTegataAssociation *
gst_tegata_srtp_enc_dup_association (GstTegataSrtpEnc *self)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  GstTegataAssociation *association = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->association != NULL)
  {
    association = gst_object_ref (priv->association);
  }
  GST_OBJECT_UNLOCK (self);
  return association;
}

static void
on_outgoing (GstElement *element)
{
  gst_tegata_outlet_send (&gst_tegata_srtp_enc_get_private (element)->outlet);
}

static gboolean
has_srtp (GstTegataSrtpEnc *self)
{
  g_autoptr (GstTegataAssociation) association
      = gst_tegata_srtp_enc_dup_association (self);
  GstTegataFacts facts = { .profile = TEGATA_SRTP_PROFILE_NONE };

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  return facts.profile != TEGATA_SRTP_PROFILE_NONE;
}

static void
on_changed (GstElement *element, TegataState state)
{
  GstTegataSrtpEnc *self = GST_TEGATA_SRTP_ENC (element);

  if (state == TEGATA_STATE_CONNECTED)
  {
    gst_tegata_outlet_connected (&gst_tegata_srtp_enc_get_private (self)->outlet);
    if (has_srtp (self))
    {
      g_signal_emit_by_name (self, "on-key-set");
    }
  }
  if (state == TEGATA_STATE_FAILED)
  {
    gst_tegata_outlet_failed (&gst_tegata_srtp_enc_get_private (self)->outlet);
  }
  gst_tegata_properties_notify (element, state);
}

static const GstTegataObserver observer = {
  .outgoing = on_outgoing,
  .changed = on_changed,
};

static gboolean
is_open (GstTegataAssociation *association)
{
  GstTegataFacts facts = { .is_open = FALSE };

  if (association != NULL)
  {
    gst_tegata_association_get_facts (association, &facts);
  }
  return facts.is_open;
}

/* @association: (transfer full) (nullable) */
static void
set_association (GstTegataSrtpEnc *self,
                 GstTegataAssociation *association,
                 gboolean is_own)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  g_autoptr (GstTegataAssociation) old = NULL;

  GST_OBJECT_LOCK (self);
  old = g_steal_pointer (&priv->association);
  priv->association = association;
  priv->is_own = is_own;
  GST_OBJECT_UNLOCK (self);

  if (old != NULL)
  {
    gst_tegata_association_unobserve (old, GST_ELEMENT (self));
    gst_tegata_pair_give_back (old, self);
  }
  gst_tegata_outlet_set_association (&priv->outlet, association);
  if (association != NULL)
  {
    gst_tegata_association_observe (association, GST_ELEMENT (self), &observer);
  }
  /* that of a decoder that listens already */
  if (is_open (old) != is_open (association))
  {
    g_object_notify (G_OBJECT (self), "connection-state");
  }
}

void
gst_tegata_srtp_enc_forget_association (GstTegataSrtpEnc *self)
{
  set_association (self, NULL, FALSE);
}

static gboolean
find_association (GstTegataSrtpEnc *self, const char *id, GError **error)
{
  GstTegataAssociation *association = gst_tegata_pair_find (id, self, error);

  if (association == NULL)
  {
    return FALSE;
  }
  set_association (self, association, FALSE);
  return TRUE;
}

/* Its own, or that of the decoder, as its properties say now. */
static gboolean
choose_association (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  g_autofree char *id = NULL;
  gboolean wants_own;
  gboolean has_wanted;

  GST_OBJECT_LOCK (self);
  id = g_strdup (priv->connection_id);
  wants_own = gst_tegata_fixed_key_is_set (&priv->fixed_key);
  has_wanted = priv->association != NULL && priv->is_own == wants_own;
  GST_OBJECT_UNLOCK (self);

  if (has_wanted)
  {
    return TRUE;
  }
  if (wants_own)
  {
    set_association (self, gst_tegata_association_new (), TRUE);
    return TRUE;
  }
  return find_association (self, id, error);
}

static gboolean
apply_fixed_key (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  gboolean is_applied;

  GST_OBJECT_LOCK (self);
  is_applied = !priv->is_own
               || gst_tegata_fixed_key_apply (&priv->fixed_key, priv->association, error);
  GST_OBJECT_UNLOCK (self);
  return is_applied;
}

static gboolean
enter (GstTegataSrtpEnc *self, GError **error)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);
  TegataRole role;

  GST_OBJECT_LOCK (self);
  role = priv->is_client ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER;
  GST_OBJECT_UNLOCK (self);

  return gst_tegata_pair_begin (priv->association, role, error);
}

static gboolean
prepare (GstTegataSrtpEnc *self)
{
  g_autoptr (GError) error = NULL;

  if (!choose_association (self, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

/* Before the pads are active: what can fail fails while the element is READY still. */
static gboolean
start (GstTegataSrtpEnc *self)
{
  g_autoptr (GError) error = NULL;

  if (!choose_association (self, &error) || !apply_fixed_key (self, &error)
      || !enter (self, &error))
  {
    gst_tegata_post_unusable (GST_ELEMENT (self), error);
    return FALSE;
  }
  return TRUE;
}

gboolean
gst_tegata_srtp_enc_before_change (GstTegataSrtpEnc *self, GstStateChange transition)
{
  switch (transition)
  {
  case GST_STATE_CHANGE_NULL_TO_READY:
    return prepare (self);
  case GST_STATE_CHANGE_READY_TO_PAUSED:
    return start (self);
  case GST_STATE_CHANGE_PAUSED_TO_READY:
    gst_tegata_outlet_unlock (&gst_tegata_srtp_enc_get_private (self)->outlet);
    return TRUE;
  default:
    return TRUE;
  }
}

void
gst_tegata_srtp_enc_after_change (GstTegataSrtpEnc *self,
                                  GstStateChange transition,
                                  gboolean has_failed)
{
  GstTegataSrtpEncPrivate *priv = gst_tegata_srtp_enc_get_private (self);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && has_failed)
  {
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
  {
    gst_tegata_outlet_start (&priv->outlet);
    /* what was said before somebody could send it */
    gst_tegata_outlet_send (&priv->outlet);
  }
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
  {
    gst_tegata_outlet_stop (&priv->outlet);
    gst_tegata_pair_leave (priv->association, GST_TEGATA_PAIR_ENCODER);
  }
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL
           || (transition == GST_STATE_CHANGE_NULL_TO_READY && has_failed))
  {
    set_association (self, NULL, FALSE);
  }
}
