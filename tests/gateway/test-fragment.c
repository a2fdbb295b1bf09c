/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a browser says of ICE: candidates, and what trickles in. */
#include "fragment.h"
#include "problem.h"

#include <libsoup/soup.h>
#include <string.h>

#define PASSWORD "0123456789abcdefghijkl"

static const char fragment[]
    = "a=ice-options:trickle\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 0\r\n"
      "a=mid:0\r\n"
      "a=ice-ufrag:efgh\r\n"
      "a=ice-pwd:" PASSWORD "\r\n"
      "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
      "a=end-of-candidates\r\n";

static void
test_takes_only_candidates_that_it_can_use (void)
{
  const struct
  {
    const char *value;
    gboolean is_usable;
  } rows[] = {
    { "1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw", TRUE },
    { "1 1 UDP 2122260223 2001:db8::1 61764 typ srflx raddr 0.0.0.0 rport 0", TRUE },
    { "1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active", FALSE },
    { "1 1 tcp 1518280447 192.0.2.1 9 typ host", FALSE },
    { "1 2 udp 2122260223 192.0.2.1 61764 typ host", FALSE },
    { "1 1 udp 2122260223 01234567-89ab.local 61764 typ host", FALSE },
    { "1 1 udp 2122260223 224.0.0.251 5353 typ host", FALSE },
    { "1 1 udp 2122260223 255.255.255.255 61764 typ host", FALSE },
    { "1 1 udp 2122260223 0.0.0.0 61764 typ host", FALSE },
    { "1 1 udp 2122260223 192.0.2.1 53 typ host", FALSE },
    { "1 1 udp 2122260223 192.0.2.1 0 typ host", FALSE },
    { "1 1 udp 2122260223 192.0.2.1 65536 typ host", FALSE },
    { "1 1 udp 99999999999 192.0.2.1 61764 typ host", FALSE },
    { "1 1 udp 2122260223 192.0.2.1 61764 typ nonsense", FALSE },
    { "1 1 udp 2122260223 192.0.2.1 61764 typ", FALSE },
    { "1 1 udp", FALSE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_auto (GatewayIceText) text;

    gateway_ice_text_init (&text);
    gateway_ice_text_add_candidate (&text, rows[i].value);
    g_test_message ("%s", rows[i].value);
    g_assert_cmpint (text.candidates->len == 1, ==, rows[i].is_usable);
  }
}

static void
test_takes_so_many_candidates_and_no_more (void)
{
  g_auto (GatewayIceText) text;

  gateway_ice_text_init (&text);
  for (guint i = 0; i < 1000; i++)
  {
    g_autofree char *value
        = g_strdup_printf ("%u 1 udp 2122260223 192.0.2.1 %u typ host", i, 2000 + i);

    gateway_ice_text_add_candidate (&text, value);
  }
  g_assert_cmpuint (text.candidates->len, ==, GATEWAY_MAX_CANDIDATES);
}

static void
test_reads_a_fragment (void)
{
  g_auto (GatewayIceText) text;
  g_autoptr (GError) error = NULL;

  gateway_ice_text_init (&text);
  g_assert_true (
      gateway_ice_text_read_fragment (&text, fragment, strlen (fragment), &error));
  g_assert_no_error (error);
  g_assert_cmpstr (text.ufrag, ==, "efgh");
  g_assert_cmpstr (text.password, ==, PASSWORD);
  g_assert_cmpuint (text.candidates->len, ==, 1);
}

static void
test_refuses_a_broken_fragment (void)
{
  const char *const rows[] = { "",
                               "nonsense",
                               "v=0\r\na=ice-ufrag:abcd\r\n",
                               "a=ice-ufrag:abcd\r\n",
                               "a=ice-pwd:" PASSWORD "\r\n",
                               "a=ice-ufrag:a b c d\r\na=ice-pwd:" PASSWORD "\r\n",
                               "a=candidate:\xff\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
  {
    g_auto (GatewayIceText) text;
    g_autoptr (GError) error = NULL;

    gateway_ice_text_init (&text);
    g_assert_false (
        gateway_ice_text_read_fragment (&text, rows[i], strlen (rows[i]), &error));
    g_assert_error (error, GATEWAY_PROBLEM, SOUP_STATUS_BAD_REQUEST);
    g_assert_null (text.ufrag);
    g_assert_null (strstr (error->message, PASSWORD));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gateway/fragment/takes-only-candidates-that-it-can-use",
                   test_takes_only_candidates_that_it_can_use);
  g_test_add_func ("/gateway/fragment/takes-so-many-candidates-and-no-more",
                   test_takes_so_many_candidates_and_no_more);
  g_test_add_func ("/gateway/fragment/reads-a-fragment", test_reads_a_fragment);
  g_test_add_func ("/gateway/fragment/refuses-a-broken-one",
                   test_refuses_a_broken_fragment);
  return g_test_run ();
}
