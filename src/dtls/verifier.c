/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/verifier.h"

static void
fingerprint_unref (gpointer fingerprint)
{
  tegata_fingerprint_unref (fingerprint);
}

void
tegata_verifier_clear (TegataVerifier *self)
{
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  g_clear_pointer (&self->certificate, tegata_certificate_unref);
}

void
tegata_verifier_set_fingerprints (TegataVerifier *self,
                                  TegataFingerprint *const *fingerprints,
                                  gsize n_fingerprints)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (fingerprint_unref);

  for (gsize i = 0; i < n_fingerprints; i++)
  {
    g_ptr_array_add (copies, tegata_fingerprint_ref (fingerprints[i]));
  }
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  self->fingerprints = copies;
}

void
tegata_verifier_set_certificate (TegataVerifier *self, TegataCertificate *certificate)
{
  tegata_certificate_ref (certificate);
  g_clear_pointer (&self->certificate, tegata_certificate_unref);
  self->certificate = certificate;
}

TegataVerdict
tegata_verifier_judge_certificate (const TegataVerifier *self,
                                   TegataCertificate *certificate)
{
  if (self->fingerprints == NULL || certificate == NULL)
  {
    return TEGATA_VERDICT_UNKNOWN;
  }
  if (tegata_fingerprint_match ((TegataFingerprint *const *) self->fingerprints->pdata,
                                self->fingerprints->len, certificate))
  {
    return TEGATA_VERDICT_MATCH;
  }
  return TEGATA_VERDICT_MISMATCH;
}

TegataVerdict
tegata_verifier_judge (const TegataVerifier *self)
{
  return tegata_verifier_judge_certificate (self, self->certificate);
}

/* A description may have the same line in each of its sections. */
static gboolean
is_repeated (const TegataVerifier *self, guint index)
{
  TegataFingerprint *fingerprint = g_ptr_array_index (self->fingerprints, index);

  for (guint i = 0; i < index; i++)
  {
    if (tegata_fingerprint_equal (g_ptr_array_index (self->fingerprints, i), fingerprint))
    {
      return TRUE;
    }
  }
  return FALSE;
}

char *
tegata_verifier_describe (const TegataVerifier *self)
{
  g_autoptr (GString) text = g_string_new ("expected ");
  g_autoptr (TegataFingerprint) actual = NULL;
  g_autofree char *actual_text = NULL;
  TegataHash hash = TEGATA_HASH_SHA256;

  for (guint i = 0; self->fingerprints != NULL && i < self->fingerprints->len; i++)
  {
    TegataFingerprint *fingerprint = g_ptr_array_index (self->fingerprints, i);
    g_autofree char *expected = NULL;

    if (is_repeated (self, i))
    {
      continue;
    }
    expected = tegata_fingerprint_to_string (fingerprint);
    hash = MAX (hash, tegata_fingerprint_get_hash (fingerprint));
    g_string_append_printf (text, "%s%s", i > 0 ? " or " : "", expected);
  }
  if (self->certificate == NULL)
  {
    g_string_append (text, ", found no certificate");
    return g_string_free (g_steal_pointer (&text), FALSE);
  }

  actual = tegata_fingerprint_new_for_certificate (self->certificate, hash);
  actual_text = tegata_fingerprint_to_string (actual);
  g_string_append_printf (text, ", found %s", actual_text);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
