/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scenarios.h"

/*
 * Who may be talked to: the fingerprint, wrong or late, in both roles. What is told of
 * media is told of both directions.
 */

#define SSRC 0x7e6a7a01U

#define NOBODY                                                                           \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                             \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

/* The one of @rig whose trust is in question, and who calls on it. */
typedef struct
{
  RigEnd *judge;
  RigEnd *stranger;
} Roles;

static Roles
get_roles (Rig *rig, gboolean judges_as_client)
{
  return judges_as_client ? (Roles){ &rig->client, &rig->server }
                          : (Roles){ &rig->server, &rig->client };
}

static void
push_some (RigEnd *end, guint16 first, guint n)
{
  for (guint i = 0; i < n; i++)
  {
    guint16 sequence = (guint16) (first + i);

    g_assert_cmpint (rig_end_push (end, RIG_RTP, rig_rtp (SSRC, 96, sequence)), ==,
                     GST_FLOW_OK);
    g_assert_cmpint (rig_end_push (end, RIG_RTCP, rig_rtcp (SSRC, sequence)), ==,
                     GST_FLOW_OK);
  }
}

/* Whatever is pushed in anywhere, nothing gets out, and nobody hears of it. */
static void
assert_nothing_passes (Rig *rig)
{
  push_some (&rig->client, 1, 20);
  push_some (&rig->server, 1, 20);
  rig_end_push (&rig->client, RIG_DATA, rig_data (1, 100));
  rig_end_push (&rig->server, RIG_DATA, rig_data (1, 100));
  g_assert_cmpuint (wire_get_counts (rig->client.wire).n_media, ==, 0);
  g_assert_cmpuint (wire_get_counts (rig->server.wire).n_media, ==, 0);
  rig_end_assert_silent (&rig->client);
  rig_end_assert_silent (&rig->server);
}

/* It says whom it met, and whom it had expected. */
static void
assert_names_both (RigEnd *judge, RigEnd *stranger, const char *expected)
{
  g_autoptr (GError) error = rig_end_await_error (judge);
  g_autofree char *found = rig_end_dup_fingerprint (stranger);

  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_nonnull (strstr (error->message, found));
  g_assert_nonnull (strstr (error->message, expected));
}

static void
assert_wrong_fingerprint_stops (const RigCase *rig_case, gboolean judges_as_client)
{
  Rig *rig = rig_new (rig_case);
  Roles roles = get_roles (rig, judges_as_client);

  rig->expects_errors = TRUE;
  g_object_set (roles.judge->receiver, "peer-fingerprint", NOBODY, NULL);
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  assert_names_both (roles.judge, roles.stranger, NOBODY);
  rig_end_wait_state (roles.judge, RIG_FAILED);
  /* An alert that nobody can authenticate ends nothing: the stranger goes on calling. */
  g_assert_cmpint (rig_end_get_state (roles.stranger), ==, RIG_CONNECTING);
  assert_nothing_passes (rig);
  rig_free (rig);
}

static void
wrong_fingerprint_stops_the_client (gconstpointer rig_case)
{
  assert_wrong_fingerprint_stops (rig_case, TRUE);
}

static void
wrong_fingerprint_stops_the_server (gconstpointer rig_case)
{
  assert_wrong_fingerprint_stops (rig_case, FALSE);
}

static gboolean
has_peer_pem (gconstpointer subject)
{
  const RigEnd *end = subject;
  g_autofree char *pem = NULL;

  g_object_get (end->receiver, "peer-pem", &pem, NULL);
  return pem != NULL;
}

/* The judge has done its handshake and waits for a fingerprint; the other side does not
 * know that, is connected, and has sent media. */
static Rig *
new_waiting_rig (const RigCase *rig_case, gboolean judges_as_client)
{
  Rig *rig = rig_new (rig_case);
  Roles roles = get_roles (rig, judges_as_client);

  g_object_set (roles.judge->receiver, "peer-fingerprint", NULL, "require-fingerprint",
                TRUE, NULL);
  rig_end_start (&rig->server);
  rig_end_start (&rig->client);
  rig_end_wait_state (roles.stranger, RIG_CONNECTED);
  rig_wait (rig, has_peer_pem, roles.judge, "the peer's certificate");
  push_some (roles.stranger, 100, 20);
  rig_end_wait_media (roles.stranger, 40);
  g_assert_cmpint (rig_end_get_state (roles.judge), ==, RIG_CONNECTING);
  /* what it sends is a live source's, and dropped */
  push_some (roles.judge, 1, 20);
  g_assert_cmpuint (wire_get_counts (roles.judge->wire).n_media, ==, 0);
  rig_end_assert_silent (roles.judge);
  return rig;
}

static void
assert_late_fingerprint_connects (const RigCase *rig_case, gboolean judges_as_client)
{
  Rig *rig = new_waiting_rig (rig_case, judges_as_client);
  Roles roles = get_roles (rig, judges_as_client);
  g_autofree char *right = rig_end_dup_fingerprint (roles.stranger);

  g_object_set (roles.judge->receiver, "peer-fingerprint", right, NULL);
  rig_end_wait_state (roles.judge, RIG_CONNECTED);
  for (guint i = 0; i < 20; i++)
  {
    guint16 sequence = (guint16) (100 + i);

    rig_end_assert_receives (roles.judge, RIG_RTP, rig_rtp (SSRC, 96, sequence));
    rig_end_assert_receives (roles.judge, RIG_RTCP, rig_rtcp (SSRC, sequence));
  }
  rig_assert_media_passes (rig, 10);
  rig_assert_data_passes (rig);
  g_assert_cmpuint (rig_end_get_n_warnings (roles.judge), ==, 0);
  rig_free (rig);
}

static void
late_fingerprint_connects_the_client (gconstpointer rig_case)
{
  assert_late_fingerprint_connects (rig_case, TRUE);
}

static void
late_fingerprint_connects_the_server (gconstpointer rig_case)
{
  assert_late_fingerprint_connects (rig_case, FALSE);
}

typedef struct
{
  RigEnd *judge;
  const char *fingerprint;
} Setting;

static gpointer
set_fingerprint (gpointer data)
{
  const Setting *setting = data;

  g_object_set (setting->judge->receiver, "peer-fingerprint", setting->fingerprint, NULL);
  return NULL;
}

/* Held media comes up by another thread than the network's then, while this goes on. */
static void
late_fingerprint_keeps_media_in_order (gconstpointer rig_case)
{
  for (guint round = 0; round < 8; round++)
  {
    Rig *rig = new_waiting_rig (rig_case, round % 2 == 0);
    Roles roles = get_roles (rig, round % 2 == 0);
    g_autofree char *right = rig_end_dup_fingerprint (roles.stranger);
    Setting setting = { roles.judge, right };
    GThread *setter = g_thread_new ("setter", set_fingerprint, &setting);

    push_some (roles.stranger, 120, 40);
    g_thread_join (setter);
    for (guint i = 0; i < 60; i++)
    {
      guint16 sequence = (guint16) (100 + i);

      rig_end_assert_receives (roles.judge, RIG_RTP, rig_rtp (SSRC, 96, sequence));
      rig_end_assert_receives (roles.judge, RIG_RTCP, rig_rtcp (SSRC, sequence));
    }
    rig_free (rig);
  }
}

static void
assert_late_wrong_fingerprint_stops (const RigCase *rig_case, gboolean judges_as_client)
{
  Rig *rig = new_waiting_rig (rig_case, judges_as_client);
  Roles roles = get_roles (rig, judges_as_client);
  guint n_media = wire_get_counts (roles.stranger->wire).n_media;

  rig->expects_errors = TRUE;
  g_object_set (roles.judge->receiver, "peer-fingerprint", NOBODY, NULL);
  assert_names_both (roles.judge, roles.stranger, NOBODY);
  rig_end_wait_state (roles.judge, RIG_FAILED);
  rig_wait (rig, rig_end_is_over, roles.stranger, "the stranger to be told");
  push_some (roles.stranger, 200, 20);
  push_some (roles.judge, 200, 20);
  g_assert_cmpuint (wire_get_counts (roles.stranger->wire).n_media, ==, n_media);
  g_assert_cmpuint (wire_get_counts (roles.judge->wire).n_media, ==, 0);
  rig_end_assert_silent (roles.judge);
  rig_end_assert_silent (roles.stranger);
  rig_free (rig);
}

static void
late_wrong_fingerprint_stops_the_client (gconstpointer rig_case)
{
  assert_late_wrong_fingerprint_stops (rig_case, TRUE);
}

static void
late_wrong_fingerprint_stops_the_server (gconstpointer rig_case)
{
  assert_late_wrong_fingerprint_stops (rig_case, FALSE);
}

/* Any of several, whole lines of SDP, and either case (RFC 8122). */
static void
any_of_several_fingerprints_will_do (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  g_autofree char *right = rig_end_dup_fingerprint (&rig->server);
  g_autofree char *lower = g_ascii_strdown (right, -1);
  g_autofree char *lines
      = g_strconcat ("a=fingerprint:" NOBODY "\r\na=fingerprint:", lower, "\r\n", NULL);

  g_object_set (rig->client.receiver, "peer-fingerprint", lines, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

/* Without one and without being asked for one, anybody is taken, once with a warning. */
static void
missing_fingerprint_is_warned_of_where_none_is_required (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);

  g_object_set (rig->client.receiver, "peer-fingerprint", NULL, "require-fingerprint",
                FALSE, NULL);
  g_object_set (rig->server.receiver, "peer-fingerprint", NULL, "require-fingerprint",
                FALSE, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 10);
  g_assert_cmpuint (rig_end_get_n_warnings (&rig->client), ==, 1);
  g_assert_cmpuint (rig_end_get_n_warnings (&rig->server), ==, 1);
  rig_free (rig);
}

/* While a bad one is set nobody is trusted. */
static void
unreadable_fingerprint_is_an_error (gconstpointer rig_case)
{
  Rig *rig = rig_new (rig_case);
  g_autoptr (GError) error = NULL;
  g_autofree char *right = rig_end_dup_fingerprint (&rig->server);

  rig->expects_errors = TRUE;
  g_object_set (rig->client.receiver, "peer-fingerprint", "sha-256 nonsense",
                "require-fingerprint", FALSE, NULL);
  error = rig_end_await_error (&rig->client);
  g_test_message ("%s", error->message);
  g_object_set (rig->client.receiver, "peer-fingerprint", right, NULL);
  rig_connect (rig);
  rig_assert_media_passes (rig, 5);
  rig_free (rig);
}

void
scenarios_add_trust (const char *prefix, const RigCase *rig_case)
{
  static const Scenario scenarios[] = {
    { "wrong-fingerprint-stops-the-client", wrong_fingerprint_stops_the_client },
    { "wrong-fingerprint-stops-the-server", wrong_fingerprint_stops_the_server },
    { "late-fingerprint-connects-the-client", late_fingerprint_connects_the_client },
    { "late-fingerprint-connects-the-server", late_fingerprint_connects_the_server },
    { "late-fingerprint-keeps-media-in-order", late_fingerprint_keeps_media_in_order },
    { "late-wrong-fingerprint-stops-the-client",
      late_wrong_fingerprint_stops_the_client },
    { "late-wrong-fingerprint-stops-the-server",
      late_wrong_fingerprint_stops_the_server },
    { "any-of-several-fingerprints-will-do", any_of_several_fingerprints_will_do },
    { "missing-fingerprint-is-warned-of-where-none-is-required",
      missing_fingerprint_is_warned_of_where_none_is_required },
    { "unreadable-fingerprint-is-an-error", unreadable_fingerprint_is_an_error },
  };

  scenarios_add (prefix, rig_case, scenarios, G_N_ELEMENTS (scenarios));
}
