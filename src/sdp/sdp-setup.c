/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity/text-private.h"
#include "sdp/sdp-private.h"

#include <tegata/error.h>

/* RFC 4145 section 4 */
static const struct
{
  TegataSetup setup;
  const char *name;
} setups[] = {
  { TEGATA_SETUP_ACTIVE, "active" },
  { TEGATA_SETUP_PASSIVE, "passive" },
  { TEGATA_SETUP_ACTPASS, "actpass" },
  { TEGATA_SETUP_HOLDCONN, "holdconn" },
};

/* What a description without a=setup means: likewise. */
#define DEFAULT_OFFER TEGATA_SETUP_ACTIVE
#define DEFAULT_ANSWER TEGATA_SETUP_PASSIVE

/* (nullable) */
static const char *
setup_name (TegataSetup setup)
{
  for (gsize i = 0; i < G_N_ELEMENTS (setups); i++)
  {
    if (setups[i].setup == setup)
    {
      return setups[i].name;
    }
  }
  return NULL;
}

gboolean
tegata_sdp_parse_setup (const char *line, TegataSetup *setup, GError **error)
{
  g_autofree char *value = NULL;
  g_autofree char *quoted = NULL;

  g_return_val_if_fail (line != NULL, FALSE);
  g_return_val_if_fail (setup != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  value = tegata_sdp_line_dup_value (line, "setup", error);
  if (value == NULL)
  {
    return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (setups); i++)
  {
    if (g_ascii_strcasecmp (value, setups[i].name) == 0)
    {
      *setup = setups[i].setup;
      return TRUE;
    }
  }

  quoted = tegata_text_quote (value, strlen (value));
  g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_PARSE,
               "found setup %s: expected active, passive, actpass or holdconn", quoted);
  return FALSE;
}

char *
tegata_sdp_write_setup (TegataSetup setup)
{
  const char *name = setup_name (setup);

  g_return_val_if_fail (name != NULL, NULL);

  return g_strconcat ("a=setup:", name, NULL);
}

TegataSetup
tegata_sdp_answer_setup (TegataSetup offered, TegataSetup preferred)
{
  g_return_val_if_fail (preferred == TEGATA_SETUP_ACTIVE
                            || preferred == TEGATA_SETUP_PASSIVE,
                        TEGATA_SETUP_HOLDCONN);

  switch (offered)
  {
  case TEGATA_SETUP_NONE:
  case TEGATA_SETUP_ACTIVE:
    return TEGATA_SETUP_PASSIVE;
  case TEGATA_SETUP_PASSIVE:
    return TEGATA_SETUP_ACTIVE;
  case TEGATA_SETUP_ACTPASS:
    return preferred;
  case TEGATA_SETUP_HOLDCONN:
  default:
    return TEGATA_SETUP_HOLDCONN;
  }
}

/* For a message: what a description says, and where it says nothing what that means.
 * (transfer full) */
static char *
describe_setup (TegataSetup setup, TegataSetup otherwise)
{
  const char *name = setup_name (setup);

  if (setup == TEGATA_SETUP_NONE)
  {
    return g_strdup_printf ("no setup (so \"%s\")", setup_name (otherwise));
  }
  return g_strdup_printf ("setup \"%s\"", name != NULL ? name : "?");
}

static TegataSetup
or_default (TegataSetup setup, TegataSetup otherwise)
{
  return setup == TEGATA_SETUP_NONE ? otherwise : setup;
}

gboolean
tegata_sdp_negotiate_role (TegataSetup local,
                           TegataSetup remote,
                           gboolean local_is_offerer,
                           TegataRole *role,
                           GError **error)
{
  TegataSetup offered = local_is_offerer ? local : remote;
  TegataSetup answered = local_is_offerer ? remote : local;
  TegataSetup offer = or_default (offered, DEFAULT_OFFER);
  TegataSetup answer = or_default (answered, DEFAULT_ANSWER);
  gboolean local_is_client;

  g_return_val_if_fail (role != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (setup_name (offer) == NULL || offer == TEGATA_SETUP_HOLDCONN
      || (answer != TEGATA_SETUP_ACTIVE && answer != TEGATA_SETUP_PASSIVE))
  {
    g_autofree char *offer_text = describe_setup (offered, DEFAULT_OFFER);
    g_autofree char *answer_text = describe_setup (answered, DEFAULT_ANSWER);

    g_set_error (error, TEGATA_ERROR, TEGATA_ERROR_INVALID,
                 "found an offer of %s and an answer of %s: expected an offer other than "
                 "holdconn and an answer of active or passive",
                 offer_text, answer_text);
    return FALSE;
  }

  /* The answer alone decides: it chooses where the offer was actpass, it is the
   * complement of a fixed role, and an agent that answers with the offerer's own role has
   * not read the offer and will not adapt, so that the offerer must. */
  local_is_client = (answer == TEGATA_SETUP_ACTIVE) != (local_is_offerer != FALSE);
  *role = local_is_client ? TEGATA_ROLE_CLIENT : TEGATA_ROLE_SERVER;
  return TRUE;
}
