/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <tegata/udp-channel.h>

static void
test_address_round_trip (void)
{
  g_autoptr (GSocketAddress) there
      = g_inet_socket_address_new_from_string ("192.0.2.7", 5004);
  g_autoptr (GSocketAddress) back = NULL;
  TegataAddress address;

  g_assert_true (tegata_address_from_socket_address (&address, there));
  back = tegata_address_to_socket_address (&address);
  g_assert_true (G_IS_INET_SOCKET_ADDRESS (back));
  g_assert_cmpuint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (back)), ==,
                    5004);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/socket-address/goes-there-and-back", test_address_round_trip);
  return g_test_run ();
}
