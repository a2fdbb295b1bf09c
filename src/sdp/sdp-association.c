/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * When a changed description means a new DTLS association: RFC 8842.
 *
 *   changed                            tls-id on both    tls-id missing on one or both
 *   ---------------------------------  ----------------  -----------------------------
 *   tls-id                             new               -
 *   fingerprint set                    new               new
 *   role: client <-> server            new               new
 *   address and port, without ICE      kept              new
 *   ICE ufrag and pwd (ICE restart)    kept              kept
 *   direction (hold, resume), order    kept              kept
 *
 * The role is compared with the one that came of the last exchange, and not with what the
 * last description said: section 5.5 has each offer say actpass, so that two descriptions
 * of a side mostly are an actpass and a fixed role, whoever is the client.
 *
 * A tls-id that appears or goes away is no change of tls-id. Section 3.1 speaks of a
 * change of its value, there is no default value to have changed from (section 4), and
 * where a description has none the other characteristics are to decide. Nor does section
 * 5 ask for more: whoever wants a new association gives a new value, whoever keeps it the
 * one assigned before, and for an endpoint that had none, there is none to repeat. In
 * practice it comes and goes with who offers: an endpoint that knows tls-id leaves it out
 * of its answer to one that does not, and has one in its own next offer. To take that for
 * a change would restart the association in each such call. What is lost is a peer that
 * means a restart by its first tls-id and changes nothing else.
 */
#include "identity/text-private.h"
#include "sdp/sdp-private.h"

#include <openssl/rand.h>
#include <tegata/error.h>

/* RFC 8842 section 4: tls-id-value = 20*255(tls-id-char) */
#define TLS_ID_MIN_LEN 20
#define TLS_ID_MAX_LEN 255
#define TLS_ID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"

/* Our own has six random bits a character, of the 120 at least that the section asks
 * for; no + and /, which some put into URIs. */
#define TLS_ID_LEN 32
#define TLS_ID_OWN_CHARS                                                                 \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
G_STATIC_ASSERT (sizeof TLS_ID_OWN_CHARS - 1 == 64);

static gboolean
is_tls_id_len (gsize len)
{
  return len >= TLS_ID_MIN_LEN && len <= TLS_ID_MAX_LEN;
}

char *
tegata_sdp_parse_tls_id (const char *line, GError **error)
{
  g_autofree char *value = NULL;
  gsize len, good_len;

  g_return_val_if_fail (line != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  value = tegata_sdp_line_dup_value (line, "tls-id", error);
  if (value == NULL)
  {
    return NULL;
  }

  len = strlen (value);
  good_len = strspn (value, TLS_ID_CHARS);
  if (good_len < len)
  {
    g_autofree char *quoted = tegata_text_quote (value + good_len, len - good_len);

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found %s in a tls-id: expected letters, digits, +, /, - and _ only",
                 quoted);
    return NULL;
  }
  if (!is_tls_id_len (len))
  {
    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
                 "found a tls-id of %" G_GSIZE_FORMAT " characters: expected %d to %d",
                 len, TLS_ID_MIN_LEN, TLS_ID_MAX_LEN);
    return NULL;
  }
  return g_steal_pointer (&value);
}

char *
tegata_sdp_write_tls_id (const char *tls_id)
{
  g_return_val_if_fail (tls_id != NULL, NULL);
  /* A line end in it would write lines of its own into the description. */
  g_return_val_if_fail (tls_id[strspn (tls_id, TLS_ID_CHARS)] == '\0', NULL);
  g_return_val_if_fail (is_tls_id_len (strlen (tls_id)), NULL);

  return g_strconcat ("a=tls-id:", tls_id, NULL);
}

char *
tegata_sdp_new_tls_id (void)
{
  char text[TLS_ID_LEN + 1];
  guint8 bytes[TLS_ID_LEN];

  /* As GLib does without memory: whoever has no randomness cannot secure anything. */
  if (RAND_bytes (bytes, sizeof bytes) != 1)
  {
    g_error ("libcrypto has no randomness");
  }
  for (gsize i = 0; i < TLS_ID_LEN; i++)
  {
    text[i] = TLS_ID_OWN_CHARS[bytes[i] % 64];
  }
  text[TLS_ID_LEN] = '\0';
  return g_strdup (text);
}

static gboolean
has_all_fingerprints_of (const TegataAssociationParams *self,
                         const TegataAssociationParams *other)
{
  for (gsize i = 0; i < other->n_fingerprints; i++)
  {
    gboolean found = FALSE;

    for (gsize j = 0; j < self->n_fingerprints && !found; j++)
    {
      found = tegata_fingerprint_equal (self->fingerprints[j], other->fingerprints[i]);
    }
    if (!found)
    {
      return FALSE;
    }
  }
  return TRUE;
}

/* As sets: order and repetition say nothing. */
static gboolean
fingerprints_differ (const TegataAssociationParams *before,
                     const TegataAssociationParams *after)
{
  return !has_all_fingerprints_of (before, after)
         || !has_all_fingerprints_of (after, before);
}

/* Only a fixed role that is not the one at hand. actpass and no a=setup leave it to the
 * other side, and holdconn makes no association: the role that was negotiated stands. So
 * does it where a side says again what it said: an offerer of active that had to be the
 * server, since the answer was active too, will have to be it again. */
static gboolean
role_changes (TegataRole current_role, TegataSetup before, TegataSetup after)
{
  gboolean is_client = current_role == TEGATA_ROLE_CLIENT;

  return after != before
         && after == (is_client ? TEGATA_SETUP_PASSIVE : TEGATA_SETUP_ACTIVE);
}

/* A text that is missing on one side says nothing. */
static gboolean
texts_differ (const char *before, const char *after)
{
  return before != NULL && after != NULL && strcmp (before, after) != 0;
}

gboolean
tegata_sdp_is_new_association (const TegataAssociationParams *before,
                               const TegataAssociationParams *after,
                               TegataRole current_role,
                               gboolean with_ice)
{
  gboolean both_have_tls_id;

  g_return_val_if_fail (before != NULL, FALSE);
  g_return_val_if_fail (after != NULL, FALSE);
  g_return_val_if_fail (
      current_role == TEGATA_ROLE_CLIENT || current_role == TEGATA_ROLE_SERVER, FALSE);

  /* A description that puts the connection on hold may leave out who it is with. */
  if (after->setup == TEGATA_SETUP_HOLDCONN && after->n_fingerprints == 0)
  {
    return FALSE;
  }
  if (texts_differ (before->tls_id, after->tls_id) || fingerprints_differ (before, after)
      || role_changes (current_role, before->setup, after->setup))
  {
    return TRUE;
  }

  /* ICE moves an association from path to path, and a peer that knows tls-id says by it
   * what its new address means. */
  both_have_tls_id = before->tls_id != NULL && after->tls_id != NULL;
  return !with_ice && !both_have_tls_id
         && texts_differ (before->transport, after->transport);
}
