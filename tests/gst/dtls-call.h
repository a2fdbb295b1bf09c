/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstharness.h>

G_BEGIN_DECLS

/*
 * Two ends, each an encoder and a decoder, linked to each other directly, with data to
 * send and to receive. What they tell is written down, in order: "encoder state 4" for
 * connection-state, "decoder key" for on-key-received.
 */
typedef struct
{
  GstElement *encoder;
  GstElement *decoder;
  GstBus *bus;
  GstPad *data_in;  /* linked to the encoder */
  GstPad *data_out; /* of the decoder */
  GstHarness *harness;

  GMutex lock;
  GCond cond;
  GPtrArray *told; /* of char * */
} End;

/* Names of elements and pads. */
typedef struct
{
  const char *encoder;
  const char *decoder;
  const char *data_sink;
  const char *data_src;
} Kind;

typedef struct
{
  End *client;
  End *server;
} Call;

Call call_new (const Kind *client, const Kind *server);
/* Each expects the other's fingerprint. */
void call_introduce (Call *self);
void call_connect (Call *self);
/* Waits until all four elements are gone. */
void call_free (Call *self);

void end_start (End *self);
void end_stop (End *self);
gboolean end_was_told (End *self, const char *text);
void end_await (End *self, const char *text);
void end_forget (End *self);
void end_assert_told_in_order (End *self, const char *first, const char *second);

G_END_DECLS
