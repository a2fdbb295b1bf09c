/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whose ladders are kept, and how much of them, whatever comes from whomever. */

#include "ladders.h"

#include <string.h>

/* What a message takes in memory, at least, and what all of them may. */
#define MESSAGE_SIZE 64
#define MAX_SIZE ((gsize) 4 * 1024 * 1024)

#define RECORD_LEN 14
#define N_RECORDS 32
#define HELLO_LEN 67

static void
add (Ladders *ladders, guint source, const guint8 *bytes, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (bytes, len);
  TegataDatagram datagram = { .bytes = copy, .len = len };

  tegata_address_init (&datagram.peer, &source, sizeof source);
  ladders_add (LADDER_RECEIVED, &datagram, 1000, ladders);
}

/* Whatever is not set is the zeroes of a session, a cookie, and so on that are not there.
 */
static void
add_hello (Ladders *ladders, guint source, guint8 random)
{
  guint8 bytes[HELLO_LEN] = {
    22, 0xfe, 0xfd, [12] = 54, [13] = 1, [16] = 42, [24] = 42, [25] = 0xfe, [26] = 0xfd
  };

  memset (bytes + 27, random, 32);
  bytes[62] = 2;
  bytes[65] = 1;
  add (ladders, source, bytes, sizeof bytes);
}

/* As many messages as a row can have, of as little as begins a ladder. */
static void
add_nonsense (Ladders *ladders, guint source)
{
  guint8 bytes[N_RECORDS][RECORD_LEN] = { { 0 } };

  for (guint i = 0; i < N_RECORDS; i++)
  {
    const guint8 record[RECORD_LEN] = { 22, 0xfe, 0xfd, [12] = 1, [13] = 1 };

    memcpy (bytes[i], record, sizeof record);
  }
  add (ladders, source, bytes[0], sizeof bytes);
}

/* The same of what belongs to a flight. */
static void
add_crowd (Ladders *ladders, guint source)
{
  guint8 bytes[N_RECORDS][RECORD_LEN] = { { 0 } };

  for (guint i = 0; i < N_RECORDS; i++)
  {
    const guint8 record[RECORD_LEN] = { 20, 0xfe, 0xfd, [12] = 1, [13] = 1 };

    memcpy (bytes[i], record, sizeof record);
  }
  add (ladders, source, bytes[0], sizeof bytes);
}

static void
claim (Ladders *ladders, guint source, gsize owner)
{
  TegataAddress peer;

  tegata_address_init (&peer, &source, sizeof source);
  ladders_claim (ladders, &peer, GSIZE_TO_POINTER (owner));
}

/* -1: it has none. */
static gint
steal_and_count_rows (Ladders *ladders, gsize owner, gsize *n_messages)
{
  g_autoptr (Ladder) ladder = ladders_steal (ladders, GSIZE_TO_POINTER (owner));
  g_autoptr (JsonNode) node = NULL;
  JsonArray *array;
  gint n_rows = 0;

  if (ladder == NULL)
  {
    return -1;
  }
  node = ladder_to_json (ladder);
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
  {
    JsonObject *row = json_array_get_object_element (array, i);

    if (json_object_has_member (row, "messages"))
    {
      n_rows++;
      *n_messages
          += json_array_get_length (json_object_get_array_member (row, "messages"));
    }
  }
  return n_rows;
}

static gint
steal_rows (Ladders *ladders, gsize owner)
{
  gsize n_messages = 0;

  return steal_and_count_rows (ladders, owner, &n_messages);
}

static void
test_strangers (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();
  gsize n_messages = 0;

  for (guint i = 0; i < 3 * LADDER_STRANGER_ROWS; i++)
  {
    add_hello (ladders, 1, 7);
  }
  claim (ladders, 1, 1);
  add_hello (ladders, 1, 7);
  g_assert_cmpint (steal_and_count_rows (ladders, 1, &n_messages), ==,
                   LADDER_STRANGER_ROWS + 1);
  g_assert_cmpuint (n_messages, ==, LADDER_STRANGER_ROWS + 1);
}

/* Somebody said hello in its name before. */
static void
test_begins_anew (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();

  for (guint8 i = 0; i < 10; i++)
  {
    add_hello (ladders, 1, i);
    add_crowd (ladders, 1);
    add_nonsense (ladders, 1);
  }
  add_hello (ladders, 1, 100);
  add_hello (ladders, 1, 100);
  claim (ladders, 1, 1);
  g_assert_cmpint (steal_rows (ladders, 1), ==, 2);
}

/* Nothing of a hello but what begins a ladder, so that there is no random to differ. */
static void
test_begins_behind_nonsense (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();

  for (guint8 i = 0; i < 10; i++)
  {
    add_nonsense (ladders, 1);
    add_crowd (ladders, 1);
  }
  add_hello (ladders, 1, 100);
  add_hello (ladders, 1, 100);
  claim (ladders, 1, 1);
  g_assert_cmpint (steal_rows (ladders, 1), ==, 2);
}

static void
test_flood_of_strangers (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();

  add_hello (ladders, 0, 7);
  claim (ladders, 0, 1);
  for (guint source = 1; source < 5000; source++)
  {
    add_hello (ladders, source, 7);
    add_crowd (ladders, source);
  }
  add_hello (ladders, 0, 7);
  g_assert_cmpint (steal_rows (ladders, 1), ==, 2);
}

/* Also where all of them have an association. */
static void
test_bounded (gconstpointer are_claimed)
{
  g_autoptr (Ladders) ladders = ladders_new ();
  gsize n_messages = 0;
  guint n_rows = 0;

  add_hello (ladders, 0, 7);
  claim (ladders, 0, 1);
  for (guint source = 1; source <= 100; source++)
  {
    add_nonsense (ladders, source);
    if (are_claimed != NULL)
    {
      claim (ladders, source, source + 1);
    }
    for (guint i = 0; i < LADDER_MAX_ROWS; i++)
    {
      add_nonsense (ladders, source);
      add_crowd (ladders, source);
    }
  }
  g_assert_cmpint (steal_rows (ladders, 1), ==, 1);
  for (guint source = 1; source <= 100; source++)
  {
    claim (ladders, source, source + 1);
    n_rows += (guint) steal_and_count_rows (ladders, source + 1, &n_messages);
  }
  g_assert_cmpuint (n_rows, >, 50);
  g_assert_cmpuint (n_messages * MESSAGE_SIZE, <, MAX_SIZE);
}

/* So that it need not give way to others, nor they to it. */
static void
test_one_is_bounded (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();
  gsize n_messages = 0;

  add_hello (ladders, 1, 7);
  claim (ladders, 1, 1);
  for (guint i = 0; i < LADDER_MAX_ROWS; i++)
  {
    add_crowd (ladders, 1);
  }
  g_assert_cmpint (steal_and_count_rows (ladders, 1, &n_messages), >, 50);
  g_assert_cmpuint (n_messages * MESSAGE_SIZE, <, LADDER_MAX_SIZE);
}

static void
test_stolen (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();

  add_hello (ladders, 1, 7);
  claim (ladders, 1, 1);
  g_assert_cmpint (steal_rows (ladders, 1), ==, 1);
  add_hello (ladders, 1, 8);
  g_assert_cmpint (steal_rows (ladders, 1), ==, -1);
}

static void
test_successor (void)
{
  g_autoptr (Ladders) ladders = ladders_new ();

  add_hello (ladders, 1, 7);
  claim (ladders, 1, 1);
  add_hello (ladders, 1, 8);
  claim (ladders, 1, 2);
  g_assert_cmpint (steal_rows (ladders, 1), ==, -1);
  g_assert_cmpint (steal_rows (ladders, 2), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/ladders/a-stranger-has-few-rows", test_strangers);
  g_test_add_func ("/ladders/a-stranger-who-begins-anew-has-no-rows-from-before",
                   test_begins_anew);
  g_test_add_func ("/ladders/a-stranger-has-no-rows-from-before-its-hello",
                   test_begins_behind_nonsense);
  g_test_add_func ("/ladders/a-flood-of-strangers-takes-no-associations-ladder",
                   test_flood_of_strangers);
  g_test_add_data_func ("/ladders/strangers-take-bounded-memory", NULL, test_bounded);
  g_test_add_data_func ("/ladders/associations-take-bounded-memory", "claimed",
                        test_bounded);
  g_test_add_func ("/ladders/one-association-takes-a-part-of-it", test_one_is_bounded);
  g_test_add_func ("/ladders/one-that-was-reported-gets-no-other", test_stolen);
  g_test_add_func ("/ladders/the-newest-association-of-an-address-has-it",
                   test_successor);

  return g_test_run ();
}
