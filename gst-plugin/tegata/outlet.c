/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outlet-private.h"

#include <string.h>

/*
 * Who pushes: the threads of the request pads, and the worker, for what DTLS has to say.
 * They take turns by net_src's stream lock, which nobody holds while he waits for
 * anything but the push itself: a source that waits for the association or for the clock
 * keeps nobody else from sending.
 *
 * Whether anything is sent at all follows from net_src, because the core activates source
 * pads before sink pads, and deactivates them first as well: a request pad that is active
 * outside of this time, since it was requested or released in the middle of a state
 * change, refuses what comes and touches nothing. When net_src is deactivated, all waits
 * end. Then the core waits for net_src's stream lock (who held it was woken by the
 * deactivation, or is blocked in an element below that is stopped before us), then for
 * that of each sink pad, and then the element calls stop(), which waits for the worker.
 */

/* It takes microseconds, unless net_src is blocked. */
#define MAX_WAIT_FOR_ALERT_US (100 * G_TIME_SPAN_MILLISECOND)

static GQuark
outlet_quark (void)
{
  return g_quark_from_static_string ("gst-tegata-outlet");
}

typedef struct
{
  GstTegataOutlet *outlet;
  GstTegataSinkPadFunc func;
  gpointer user_data;
} Visit;

/* A GstElementForeachPadFunc. */
static gboolean
visit_pad (G_GNUC_UNUSED GstElement *element, GstPad *pad, gpointer user_data)
{
  const Visit *visit = user_data;

  if (gst_pad_get_element_private (pad) == visit->outlet)
  {
    visit->func (GST_TEGATA_SINK_PAD (pad), visit->user_data);
  }
  return TRUE;
}

void
gst_tegata_outlet_foreach (GstTegataOutlet *self,
                           GstTegataSinkPadFunc func,
                           gpointer user_data)
{
  Visit visit = { self, func, user_data };

  gst_element_foreach_sink_pad (self->element, visit_pad, &visit);
}

/* An encoder that gets a packet with this sends a key frame, with all headers. Not by
 * libgstvideo's function, for which we would link to all of it. */
static void
ask_for_key_frame (GstTegataSinkPad *pad, G_GNUC_UNUSED gpointer user_data)
{
  GstStructure *structure;

  if (!g_atomic_int_compare_and_exchange (&pad->has_dropped, TRUE, FALSE))
  {
    return;
  }
  structure = gst_structure_new ("GstForceKeyUnit", "running-time", GST_TYPE_CLOCK_TIME,
                                 GST_CLOCK_TIME_NONE, "all-headers", G_TYPE_BOOLEAN, TRUE,
                                 "count", G_TYPE_UINT, 0, NULL);
  GST_DEBUG_OBJECT (pad, "asks for a key frame: what came before was dropped");
  gst_pad_push_event (GST_PAD (pad),
                      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, structure));
}

static void
work (gpointer owner)
{
  GstTegataOutlet *self = g_object_get_qdata (owner, outlet_quark ());

  if (self->association != NULL)
  {
    gst_tegata_outlet_drain (self);
  }
  if (g_atomic_int_compare_and_exchange (&self->wants_key_frames, TRUE, FALSE))
  {
    gst_tegata_outlet_foreach (self, ask_for_key_frame, NULL);
  }
}

static gboolean
activate_net_src (GstPad *pad,
                  G_GNUC_UNUSED GstObject *parent,
                  GstPadMode mode,
                  gboolean active)
{
  GstTegataOutlet *self = gst_pad_get_element_private (pad);

  if (mode != GST_PAD_MODE_PUSH)
  {
    return FALSE;
  }
  if (active)
  {
    g_atomic_int_set (&self->net_has_ended, FALSE);
    gst_tegata_outlet_begin (self);
    g_atomic_int_set (&self->is_active, TRUE);
  }
  else
  {
    g_atomic_int_set (&self->is_active, FALSE);
    gst_tegata_outlet_unlock (self);
  }
  return TRUE;
}

void
gst_tegata_outlet_init (GstTegataOutlet *self,
                        GstElement *element,
                        GstPadTemplate *net_template)
{
  self->element = element;
  self->group_id = gst_util_group_id_next ();
  g_object_set_qdata (G_OBJECT (element), outlet_quark (), self);
  gst_tegata_worker_init (&self->worker, element, work);

  self->net_src = gst_tegata_pads_new (net_template, self);
  gst_pad_set_activatemode_function (self->net_src, GST_DEBUG_FUNCPTR (activate_net_src));
  gst_element_add_pad (element, self->net_src);
}

void
gst_tegata_outlet_clear (GstTegataOutlet *self)
{
  gst_clear_object (&self->association);
  gst_tegata_worker_clear (&self->worker);
}

void
gst_tegata_outlet_set_association (GstTegataOutlet *self,
                                   GstTegataAssociation *association)
{
  GstTegataAssociation *old;

  GST_OBJECT_LOCK (self->element);
  old = self->association;
  self->association = association != NULL ? gst_object_ref (association) : NULL;
  GST_OBJECT_UNLOCK (self->element);
  gst_clear_object (&old);
}

GstTegataAssociation *
gst_tegata_outlet_ref_association (GstTegataOutlet *self)
{
  GstTegataAssociation *association = NULL;

  GST_OBJECT_LOCK (self->element);
  if (self->association != NULL)
  {
    association = gst_object_ref (self->association);
  }
  GST_OBJECT_UNLOCK (self->element);
  return association;
}

static gint
compare_name (gconstpointer pad, gconstpointer name)
{
  return g_strcmp0 (GST_PAD_NAME (pad), name);
}

/* FALSE where a pad has it, or another thread is about to add one. */
static gboolean
promise_name (GstTegataOutlet *self, const char *name)
{
  gboolean is_free;

  GST_OBJECT_LOCK (self->element);
  is_free
      = g_list_find_custom (self->element->pads, name, compare_name) == NULL
        && g_slist_find_custom (self->promised, name, (GCompareFunc) g_strcmp0) == NULL;
  if (is_free)
  {
    self->promised = g_slist_prepend (self->promised, g_strdup (name));
  }
  GST_OBJECT_UNLOCK (self->element);
  return is_free;
}

static void
keep_promise (GstTegataOutlet *self, const char *name)
{
  GSList *link;

  GST_OBJECT_LOCK (self->element);
  link = g_slist_find_custom (self->promised, name, (GCompareFunc) g_strcmp0);
  g_free (link->data);
  self->promised = g_slist_delete_link (self->promised, link);
  GST_OBJECT_UNLOCK (self->element);
}

/* (transfer full) (nullable) */
static char *
promise_next_name (GstTegataOutlet *self,
                   const char *name_template,
                   GstTegataStream stream)
{
  const char *percent = strchr (name_template, '%');
  char *name = NULL;

  if (percent == NULL)
  {
    return promise_name (self, name_template) ? g_strdup (name_template) : NULL;
  }
  do
  {
    int number = g_atomic_int_add (&self->next_number[stream], 1);

    g_free (name);
    name = g_strdup_printf ("%.*s%d", (int) (percent - name_template), name_template,
                            number);
  }
  while (!promise_name (self, name));
  return name;
}

GstPad *
gst_tegata_outlet_request_pad (GstTegataOutlet *self,
                               GstPadTemplate *templ,
                               const char *name,
                               GstTegataStream stream)
{
  g_autofree char *own_name = NULL;
  GstTegataSinkPad *pad;

  if (name == NULL)
  {
    own_name = promise_next_name (self, GST_PAD_TEMPLATE_NAME_TEMPLATE (templ), stream);
  }
  else if (promise_name (self, name))
  {
    own_name = g_strdup (name);
  }
  if (own_name == NULL)
  {
    GST_WARNING_OBJECT (self->element, "there is a pad of that name already");
    return NULL;
  }
  pad = gst_tegata_sink_pad_new (self, templ, own_name, stream);
  /* which activates it where the element is */
  gst_element_add_pad (self->element, GST_PAD (pad));
  keep_promise (self, own_name);
  return GST_PAD (pad);
}

void
gst_tegata_outlet_release_pad (GstTegataOutlet *self, GstPad *pad)
{
  gst_object_ref (pad);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (self->element, pad);
  gst_tegata_outlet_forget (self, GST_TEGATA_SINK_PAD (pad));
  gst_object_unref (pad);
}

static void
unlock_pad (GstTegataSinkPad *pad, G_GNUC_UNUSED gpointer user_data)
{
  gst_tegata_sink_pad_unlock (pad);
}

void
gst_tegata_outlet_unlock (GstTegataOutlet *self)
{
  gst_tegata_outlet_foreach (self, unlock_pad, NULL);
}

void
gst_tegata_outlet_start (GstTegataOutlet *self)
{
  gst_tegata_worker_start (&self->worker);
  /* for what was said before it could hear */
  gst_tegata_worker_ask (&self->worker);
}

void
gst_tegata_outlet_stop (GstTegataOutlet *self)
{
  gst_tegata_worker_stop (&self->worker);
  g_atomic_int_set (&self->wants_key_frames, FALSE);
}

void
gst_tegata_outlet_send (GstTegataOutlet *self)
{
  gst_tegata_worker_ask (&self->worker);
}

void
gst_tegata_outlet_failed (GstTegataOutlet *self)
{
  gst_tegata_worker_ask (&self->worker);
  gst_tegata_worker_await (&self->worker, MAX_WAIT_FOR_ALERT_US);
}

void
gst_tegata_outlet_connected (GstTegataOutlet *self)
{
  g_atomic_int_set (&self->wants_key_frames, TRUE);
  gst_tegata_worker_ask (&self->worker);
}
