/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "transport/udp-node.h"

static GSocketAddress *
wide_address (const char *host, guint16 port, guint32 flow, guint32 scope)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return g_object_new (G_TYPE_INET_SOCKET_ADDRESS, "address", address, "port",
                       (guint) port, "flowinfo", (guint) flow, "scope-id", (guint) scope,
                       NULL);
}

static TegataAddress
bytes_of (GSocketAddress *address)
{
  TegataAddress self;

  memset (&self, 0xee, sizeof self);
  g_assert_true (tegata_address_from_socket_address (&self, address));
  return self;
}

static void
assert_round_trip (GSocketAddress *there)
{
  TegataAddress address = bytes_of (there);
  g_autoptr (GSocketAddress) back = tegata_address_to_socket_address (&address);
  g_autofree char *expected
      = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (there));
  g_autofree char *text = NULL;
  TegataAddress again;

  g_assert_nonnull (back);
  text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (back));
  g_assert_cmpstr (text, ==, expected);
  again = bytes_of (back);
  g_assert_true (tegata_address_equal (&address, &again));
}

static void
test_round_trip (void)
{
  g_autoptr (GSocketAddress) narrow = udp_address ("192.0.2.7", 5004);
  g_autoptr (GSocketAddress) wide = udp_address ("2001:db8::7", 65535);

  assert_round_trip (narrow);
  assert_round_trip (wide);
}

static void
test_differences (void)
{
  g_autoptr (GSocketAddress) plain = wide_address ("fe80::7", 5004, 0, 3);
  g_autoptr (GSocketAddress) flowing = wide_address ("fe80::7", 5004, 0x12345, 3);
  g_autoptr (GSocketAddress) link = wide_address ("fe80::7", 5004, 0, 4);
  g_autoptr (GSocketAddress) port = wide_address ("fe80::7", 5005, 0, 3);
  TegataAddress address = bytes_of (plain);
  TegataAddress other = bytes_of (flowing);
  g_autoptr (GSocketAddress) back = tegata_address_to_socket_address (&other);

  g_assert_true (tegata_address_equal (&address, &other));
  g_assert_cmpuint (g_inet_socket_address_get_scope_id (G_INET_SOCKET_ADDRESS (back)), ==,
                    3);
  other = bytes_of (link);
  g_assert_false (tegata_address_equal (&address, &other));
  other = bytes_of (port);
  g_assert_false (tegata_address_equal (&address, &other));
}

static void
test_one_spelling (void)
{
  g_autoptr (GSocketAddress) narrow = udp_address ("192.0.2.7", 5004);
  g_autoptr (GSocketAddress) mapped = udp_address ("::ffff:192.0.2.7", 5004);
  TegataAddress address = bytes_of (narrow);
  TegataAddress other = bytes_of (mapped);

  g_assert_true (tegata_address_equal (&address, &other));
}

static void
test_others (void)
{
  g_autoptr (GSocketAddress) path = g_unix_socket_address_new ("/nowhere");
  TegataAddress address;
  TegataAddress untouched;

  memset (&address, 0x5a, sizeof address);
  untouched = address;
  g_assert_false (tegata_address_from_socket_address (&address, path));
  g_assert_cmpmem (&address, sizeof address, &untouched, sizeof untouched);

  tegata_address_init (&address, NULL, 0);
  g_assert_null (tegata_address_to_socket_address (&address));
  tegata_address_init (&address, "\1\0/tmp/nowhere..", 16);
  g_assert_null (tegata_address_to_socket_address (&address));
  tegata_address_init (&address, "sixteen bytes...and twelve..", 28);
  g_assert_null (tegata_address_to_socket_address (&address));
  tegata_address_init (&address, "\2\0four", 6);
  g_assert_null (tegata_address_to_socket_address (&address));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/socket-address/goes-there-and-back", test_round_trip);
  g_test_add_func ("/socket-address/differs-by-scope-and-port-but-not-by-flow",
                   test_differences);
  g_test_add_func ("/socket-address/ipv4-has-one-spelling", test_one_spelling);
  g_test_add_func ("/socket-address/nothing-else-is-one", test_others);
  return g_test_run ();
}
