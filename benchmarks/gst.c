/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst: what a packet costs on its way through our elements and through GStreamer's own.
 *
 *     scripts/bench gst
 *
 * Bare pads push into an element and count at its other side, so that nothing but the
 * element is measured. The subjects of a case take turns, round by round, in one process
 * and thread: what disturbs the machine disturbs all of them. Each has been seen to do
 * its work before the first round, and every packet of every round is counted.
 *
 * Prints measurements for scripts/bench, which makes a table of them. Exit status: 0; 1
 * where a subject did not do its work; 2 for wrong options.
 */

#include "gst-entrant.h"
#include "measure.h"

#include <stdio.h>
#include <string.h>

#define LIST_PACKETS 32
#define QUICK_ROUNDS 3
#define QUICK_PACKETS 128

typedef struct
{
  int rounds;
  int packets;
  gboolean is_quick;
  char *only_case;
  char *only_subject;
} Options;

static char *
case_name (const Case *what)
{
  static const char *const SHAPES[] = { "", " shared", " payloader" };

  return g_strdup_printf ("%s %" G_GSIZE_FORMAT " B %s %s%s",
                          what->decodes ? "decode" : "encode", what->payload_len,
                          subject_profile_name (what->profile),
                          what->list_len != 0 ? "list" : "single", SHAPES[what->shape]);
}

/* The first round warms up, and is not counted. @ns: of each entrant's rounds */
static gboolean
run_rounds (GPtrArray *entrants, double *ns, const Options *options)
{
  for (int round = -1; round < options->rounds; round++)
  {
    for (guint i = 0; i < entrants->len; i++)
    {
      double *place = &ns[(int) i * options->rounds + MAX (round, 0)];

      if (!entrant_run_round (entrants->pdata[i], options->packets, place))
      {
        return FALSE;
      }
    }
  }
  return TRUE;
}

static void
print_entrant (Entrant *entrant, const char *name, double *ns, gsize n_rounds)
{
  const char *subject = entrant_name (entrant);
  g_autofree char *reference = entrant_dup_reference (entrant);
  double spread = measure_spread (ns, n_rounds);
  double median = measure_median (ns, n_rounds);

  measure_print (name, subject, "time a packet", median, "ns", reference);
  measure_print (name, subject, "rate", 1e9 / median, "packets/s", reference);
  measure_print (name, subject, "spread", spread, "%", NULL);
}

static gboolean
is_wanted (const Subject *subject, const Case *what, const Options *options)
{
  const char *name = what->decodes ? subject->decoder : subject->encoder;

  return options->only_subject == NULL || strstr (name, options->only_subject) != NULL;
}

/* FALSE where somebody does not do its work; those who do are measured all the same. */
static gboolean
enter_all (GPtrArray *entrants, const Case *what, const Options *options)
{
  gboolean succeeded = TRUE;

  for (guint i = 0; i < n_subjects; i++)
  {
    if (is_wanted (&subjects[i], what, options)
        && entrant_is_possible (&subjects[i], what))
    {
      Entrant *entrant = entrant_new (&subjects[i], what);

      succeeded = succeeded && entrant != NULL;
      if (entrant != NULL)
      {
        g_ptr_array_add (entrants, entrant);
      }
    }
  }
  return succeeded;
}

static gboolean
run_case (const Case *what, const char *name, const Options *options)
{
  g_autoptr (GPtrArray) entrants
      = g_ptr_array_new_with_free_func ((GDestroyNotify) entrant_free);
  gboolean succeeded = enter_all (entrants, what, options);
  gsize n_rounds = (gsize) options->rounds;
  double *ns = g_new0 (double, entrants->len *n_rounds);

  if (run_rounds (entrants, ns, options))
  {
    for (guint i = 0; i < entrants->len; i++)
    {
      print_entrant (entrants->pdata[i], name, ns + i * n_rounds, n_rounds);
    }
  }
  else
  {
    succeeded = FALSE;
  }
  g_free (ns);
  return succeeded;
}

/* Every way to give packets to an encoder or a decoder. A second copy of the same bytes
 * says little of short packets, and of lists nothing that single ones do not. */
static GArray *
all_cases (void)
{
  static const gsize LENGTHS[] = { 60, 1200 };
  GArray *cases = g_array_new (FALSE, FALSE, sizeof (Case));

  for (int decodes = 0; decodes < 2; decodes++)
  {
    for (guint profile = 0; profile < SUBJECT_N_PROFILES; profile++)
    {
      Case what = { .decodes = decodes == 1, .profile = (SubjectProfile) profile };

      for (guint i = 0; i < 2 * G_N_ELEMENTS (LENGTHS); i++)
      {
        what.payload_len = LENGTHS[i / 2];
        what.list_len = i % 2 == 1 ? LIST_PACKETS : 0;
        g_array_append_val (cases, what);
      }
      what.list_len = 0;
      what.shape = PACKETS_SHARED;
      g_array_append_val (cases, what);
      what.shape = PACKETS_PAYLOADER;
      if (!what.decodes)
      {
        g_array_append_val (cases, what);
      }
    }
  }
  return cases;
}

static void
tell_what_is_left_out (void)
{
  for (guint i = 0; i < n_subjects; i++)
  {
    g_autoptr (GstElementFactory) factory
        = gst_element_factory_find (subjects[i].encoder);

    if (!subjects[i].is_floor && factory == NULL)
    {
      fprintf (stderr, "left out: %s: GStreamer does not find it here\n",
               subjects[i].encoder);
    }
  }
  fprintf (stderr,
           "left out: lists to srtpdec and dtlssrtpdec, which corrupt memory or crash "
           "in 1.22:\n          they get the packets of a list singly\n"
           "left out: shared buffers to them: they corrupt reference counts\n"
           "left out: GCM for dtlssrtpenc and dtlssrtpdec, which do not offer it\n");
}

static gboolean
run_all (const Options *options)
{
  g_autoptr (GArray) cases = all_cases ();
  gboolean succeeded = TRUE;

  for (guint i = 0; i < cases->len; i++)
  {
    const Case *what = &g_array_index (cases, Case, i);
    g_autofree char *name = case_name (what);

    if (options->only_case == NULL || strstr (name, options->only_case) != NULL)
    {
      fprintf (stderr, "case %u of %u: %s\n", i + 1, cases->len, name);
      succeeded = run_case (what, name, options) && succeeded;
    }
  }
  return succeeded;
}

static gboolean
parse_options (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[]
      = { { "rounds", 'r', 0, G_OPTION_ARG_INT, &options->rounds,
            "of each subject in a case (15)", "N" },
          { "packets", 'p', 0, G_OPTION_ARG_INT, &options->packets, "in a round (2048)",
            "N" },
          { "quick", 'q', 0, G_OPTION_ARG_NONE, &options->is_quick,
            "few rounds of few packets: to see whether it works", NULL },
          { "case", 0, 0, G_OPTION_ARG_STRING, &options->only_case,
            "cases with this in their name alone, to profile them", "TEXT" },
          { "subject", 0, 0, G_OPTION_ARG_STRING, &options->only_subject,
            "likewise of subjects", "TEXT" },
          { 0 } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Measures a packet's way through SRTP elements. "
                                         "Prints JSON lines, for scripts/bench.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, error))
  {
    return FALSE;
  }
  if (options->is_quick)
  {
    options->rounds = QUICK_ROUNDS;
    options->packets = QUICK_PACKETS;
  }
  if (argc > 1 || options->rounds < 1 || options->packets < 1)
  {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected at least one round and one packet, and no other word");
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Options options = { .rounds = 15, .packets = 2048 };
  g_autoptr (GError) error = NULL;
  gboolean succeeded;

  if (!parse_options (&options, argc, argv, &error))
  {
    fprintf (stderr, "gst: %s\n", error->message);
    return 2;
  }
  tell_what_is_left_out ();
  succeeded = run_all (&options);
  g_free (options.only_case);
  g_free (options.only_subject);
  return succeeded ? 0 : 1;
}
