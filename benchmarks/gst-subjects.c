/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst-subjects.h"

#include <stdio.h>

#define RTP_CAPS                                                                         \
  "application/x-rtp, media=(string)video, clock-rate=(int)90000, payload=(int)96, "     \
  "encoding-name=(string)VP8"
#define SRTP_CAPS "application/x-srtp"

static const struct
{
  const char *name;
  const char *registered_name;
  const char *cipher; /* of srtpenc */
  const char *auth;
  gsize key_len; /* master key and salt */
  gsize overhead;
} PROFILES[SUBJECT_N_PROFILES] = {
  [SUBJECT_CM_80]
  = { "CM_80", "SRTP_AES128_CM_HMAC_SHA1_80", "aes-128-icm", "hmac-sha1-80", 30, 10 },
  [SUBJECT_GCM_128]
  = { "GCM_128", "SRTP_AEAD_AES_128_GCM", "aes-128-gcm", "null", 28, 16 },
};

const char *
subject_profile_name (SubjectProfile profile)
{
  return PROFILES[profile].name;
}

gsize
subject_profile_overhead (SubjectProfile profile)
{
  return PROFILES[profile].overhead;
}

static Rig *
make_floor (SubjectProfile profile)
{
  Rig *rig = rig_new ();

  (void) profile;
  rig_pass_through (rig);
  return rig;
}

/* srtpenc and srtpdec: a key that both are given. */

static GstBuffer *
new_key (SubjectProfile profile)
{
  gsize len = PROFILES[profile].key_len;
  guint8 *key = g_malloc (len);

  for (gsize i = 0; i < len; i++)
  {
    key[i] = (guint8) (i * 5 + 1);
  }
  return gst_buffer_new_wrapped (key, len);
}

static GstCaps *
answer_request_key (GstElement *element, guint ssrc, gpointer user_data)
{
  SubjectProfile profile = (SubjectProfile) GPOINTER_TO_INT (user_data);
  const char *cipher = PROFILES[profile].cipher;
  const char *auth = PROFILES[profile].auth;
  g_autoptr (GstBuffer) key = new_key (profile);

  (void) element;
  (void) ssrc;
  return gst_caps_new_simple ("application/x-srtp", "srtp-key", GST_TYPE_BUFFER, key,
                              "srtp-cipher", G_TYPE_STRING, cipher, "srtp-auth",
                              G_TYPE_STRING, auth, "srtcp-cipher", G_TYPE_STRING, cipher,
                              "srtcp-auth", G_TYPE_STRING, auth, NULL);
}

static Rig *
make_srtp (SubjectProfile profile)
{
  g_autoptr (Rig) rig = rig_new ();
  GstElement *encoder = rig_add (rig, "srtpenc");
  GstElement *decoder = rig_add (rig, "srtpdec");
  g_autoptr (GstBuffer) key = new_key (profile);

  g_object_set (encoder, "key", key, NULL);
  gst_util_set_object_arg (G_OBJECT (encoder), "rtp-cipher", PROFILES[profile].cipher);
  gst_util_set_object_arg (G_OBJECT (encoder), "rtp-auth", PROFILES[profile].auth);
  gst_util_set_object_arg (G_OBJECT (encoder), "rtcp-cipher", PROFILES[profile].cipher);
  gst_util_set_object_arg (G_OBJECT (encoder), "rtcp-auth", PROFILES[profile].auth);
  g_signal_connect (decoder, "request-key", G_CALLBACK (answer_request_key),
                    GINT_TO_POINTER (profile));

  rig->head = rig_feed (rig, encoder, "rtp_sink_0", RTP_CAPS);
  rig_drain (rig, &rig->wire, encoder, "rtp_src_0");
  rig->wire_in = rig_feed (rig, decoder, "rtp_sink", SRTP_CAPS);
  rig_drain (rig, &rig->tail, decoder, "rtp_src");
  rig_start (rig);
  rig_sink_set_mode (&rig->wire, RIG_COUNT);
  rig_sink_set_mode (&rig->tail, RIG_COUNT);
  return g_steal_pointer (&rig);
}

/* All others: two ends that shake hands. */

typedef struct
{
  GstElement *encoder;
  GstElement *decoder; /* the same one for tegatatransport */
} End;

typedef struct
{
  const char *net_sink;
  const char *net_src;
} NetPads;

static const NetPads UPSTREAM_PADS = { "sink", "src" };
static const NetPads TRANSPORT_PADS = { "net_sink", "net_src" };

/* @sender's media is what is measured; the other one's way only answers. */
static Rig *
join (Rig *rig, const NetPads *pads, const End *sender, const End *receiver)
{
  GstPad *back_in;

  rig->head = rig_feed (rig, sender->encoder, "rtp_sink_0", RTP_CAPS);
  rig->wire_in = rig_feed (rig, receiver->decoder, pads->net_sink, NULL);
  rig_drain (rig, &rig->wire, sender->encoder, pads->net_src);
  rig_drain (rig, &rig->tail, receiver->decoder, "rtp_src");
  back_in = rig_feed (rig, sender->decoder, pads->net_sink, NULL);
  rig_drain (rig, &rig->back, receiver->encoder, pads->net_src);
  rig->wire.forward = rig->wire_in;
  rig->back.forward = back_in;
  rig_sink_set_mode (&rig->tail, RIG_COUNT);
  rig_start (rig);

  if (!rig_await_connected (rig, sender->decoder)
      || !rig_await_connected (rig, receiver->decoder))
  {
    fprintf (stderr, "%s: the handshake did not complete\n",
             GST_ELEMENT_NAME (sender->encoder));
    rig_free (rig);
    return NULL;
  }
  rig_sink_set_mode (&rig->wire, RIG_COUNT);
  rig_sink_set_mode (&rig->back, RIG_COUNT);
  return rig;
}

static void
trust (GstElement *truster, GstElement *trusted)
{
  g_autofree char *fingerprint = NULL;

  g_object_get (trusted, "fingerprint", &fingerprint, NULL);
  g_object_set (truster, "peer-fingerprint", fingerprint, NULL);
}

static void
connect_pair (End *self, const char *id, gboolean is_client)
{
  g_object_set (self->decoder, "connection-id", id, NULL);
  g_object_set (self->encoder, "connection-id", id, "is-client", is_client, NULL);
}

/* Decoders and the server start first, so that nobody calls into the void. */
static void
add_pairs (Rig *rig, const char *encoder, const char *decoder, End *sender, End *receiver)
{
  static gint serial;
  gint number = g_atomic_int_add (&serial, 1);
  g_autofree char *sender_id = g_strdup_printf ("%s-sender-%d", encoder, number);
  g_autofree char *receiver_id = g_strdup_printf ("%s-receiver-%d", encoder, number);

  sender->decoder = rig_add (rig, decoder);
  receiver->decoder = rig_add (rig, decoder);
  receiver->encoder = rig_add (rig, encoder);
  sender->encoder = rig_add (rig, encoder);
  connect_pair (sender, sender_id, TRUE);
  connect_pair (receiver, receiver_id, FALSE);
}

static Rig *
make_dtlssrtp (SubjectProfile profile)
{
  Rig *rig = rig_new ();
  End sender, receiver;

  (void) profile;
  add_pairs (rig, "dtlssrtpenc", "dtlssrtpdec", &sender, &receiver);
  return join (rig, &UPSTREAM_PADS, &sender, &receiver);
}

static Rig *
make_tegata_pair (SubjectProfile profile)
{
  Rig *rig = rig_new ();
  End sender, receiver;

  add_pairs (rig, "tegatasrtpenc", "tegatasrtpdec", &sender, &receiver);
  g_object_set (sender.decoder, "profiles", PROFILES[profile].registered_name, NULL);
  g_object_set (receiver.decoder, "profiles", PROFILES[profile].registered_name, NULL);
  trust (sender.decoder, receiver.decoder);
  trust (receiver.decoder, sender.decoder);
  return join (rig, &UPSTREAM_PADS, &sender, &receiver);
}

static Rig *
make_tegata_transport (SubjectProfile profile)
{
  Rig *rig = rig_new ();
  GstElement *server = rig_add (rig, "tegatatransport");
  GstElement *client = rig_add (rig, "tegatatransport");
  End sender = { client, client };
  End receiver = { server, server };

  g_object_set (server, "profiles", PROFILES[profile].registered_name, NULL);
  g_object_set (client, "profiles", PROFILES[profile].registered_name, "is-client", TRUE,
                NULL);
  trust (server, client);
  trust (client, server);
  return join (rig, &TRANSPORT_PADS, &sender, &receiver);
}

const Subject subjects[] = {
  { .encoder = "pass-through",
    .decoder = "pass-through",
    .is_floor = TRUE,
    .make = make_floor },
  { .encoder = "srtpenc", .decoder = "srtpdec", .is_fragile = TRUE, .make = make_srtp },
  { .encoder = "dtlssrtpenc",
    .decoder = "dtlssrtpdec",
    .is_cm_only = TRUE,
    .is_fragile = TRUE,
    .make = make_dtlssrtp },
  { .encoder = "tegatasrtpenc",
    .decoder = "tegatasrtpdec",
    .encoder_reference = "srtpenc",
    .decoder_reference = "srtpdec",
    .make = make_tegata_pair },
  { .encoder = "tegatatransport",
    .decoder = "tegatatransport",
    .encoder_reference = "srtpenc",
    .decoder_reference = "srtpdec",
    .make = make_tegata_transport },
};
const guint n_subjects = G_N_ELEMENTS (subjects);
