/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lossy-network.h"

#include <string.h>
#include <unistd.h>

#define INSIDE "TEGATA_TEST_IN_NAMESPACE"
#define UNSHARE "unshare", "--map-root-user", "--net"

/* Returns: whether it ended well. @output: (out) (nullable): what it said */
static gboolean
run (const char *const *argv, char **output)
{
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, output,
                     &errors, &status, &error)
      || !g_spawn_check_wait_status (status, &error))
  {
    g_printerr ("# %s: %s %s\n", argv[0], error->message, errors != NULL ? errors : "");
    return FALSE;
  }
  return TRUE;
}

/* In place of all rules that there were. @which: what is lost of UDP */
static gboolean
apply_rule (const char *which)
{
  g_autofree char *rules = g_strdup_printf ("add table inet tegata\n"
                                            "delete table inet tegata\n"
                                            "table inet tegata {\n"
                                            "  counter lost { }\n"
                                            "  counter arrived { }\n"
                                            "  chain input {\n"
                                            "    type filter hook input priority 0;\n"
                                            "    meta l4proto udp %s"
                                            " counter name lost drop\n"
                                            "    meta l4proto udp counter name arrived\n"
                                            "  }\n"
                                            "}\n",
                                            which);

  return run ((const char *const[]){ "nft", rules, NULL }, NULL);
}

static gboolean
apply_loss (guint percent)
{
  g_autofree char *which = g_strdup_printf ("numgen random mod 100 < %u", percent);

  return apply_rule (which);
}

static gboolean
bring_loopback_up (void)
{
  return run ((const char *const[]){ "ip", "link", "set", "lo", "up", NULL }, NULL);
}

static void
enter (char **argv)
{
  const char *const unshare[] = { UNSHARE };
  g_autoptr (GPtrArray) command = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (unshare); i++)
  {
    g_ptr_array_add (command, (char *) unshare[i]);
  }
  for (guint i = 0; argv[i] != NULL; i++)
  {
    g_ptr_array_add (command, argv[i]);
  }
  g_ptr_array_add (command, NULL);
  g_setenv (INSIDE, "1", TRUE);
  execvp (unshare[0], (char **) command->pdata);
  g_error ("unshare could not be run");
}

static gboolean
has_tools (void)
{
  static const char *const tools[] = { "unshare", "ip", "nft" };

  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
  {
    g_autofree char *path = g_find_program_in_path (tools[i]);

    if (path == NULL)
    {
      return FALSE;
    }
  }
  return TRUE;
}

const char *
lossy_network_enter (char **argv)
{
  if (g_getenv (INSIDE) != NULL)
  {
    return bring_loopback_up () && apply_loss (0)
               ? NULL
               : "this kernel's nftables, or ip, does not do what it should";
  }
  if (!has_tools ())
  {
    return "unshare, ip (iproute2) or nft (nftables) is not installed";
  }
  if (!run ((const char *const[]){ UNSHARE, "true", NULL }, NULL))
  {
    return "this machine gives no network namespace to its users";
  }
  enter (argv);
  return NULL;
}

void
lossy_network_set_loss (guint percent)
{
  g_assert_true (apply_loss (percent));
}

void
lossy_network_cut_off (const char *host)
{
  g_autofree char *which = g_strdup_printf ("ip saddr . ip daddr { %s . 127.0.0.0/8, "
                                            "127.0.0.0/8 . %s }",
                                            host, host);

  g_assert_true (apply_rule (which));
}

/* "packets 17 bytes 2000" */
static guint64
count (const char *name)
{
  g_autofree char *output = NULL;
  const char *number;

  g_assert_true (run (
      (const char *const[]){ "nft", "list", "counter", "inet", "tegata", name, NULL },
      &output));
  number = strstr (output, "packets ");
  g_assert_nonnull (number);
  return g_ascii_strtoull (number + strlen ("packets "), NULL, 10);
}

void
lossy_network_count (guint64 *n_lost, guint64 *n_arrived)
{
  *n_lost = count ("lost");
  *n_arrived = count ("arrived");
}
