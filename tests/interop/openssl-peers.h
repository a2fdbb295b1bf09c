/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "scenario.h"

G_BEGIN_DECLS

/* libssl's names for the profiles: not the registered ones. */
typedef struct
{
  TegataSrtpProfile profile;
  const char *name;
} OpensslProfile;

#define OPENSSL_N_PROFILES 4

extern const OpensslProfile openssl_profiles[OPENSSL_N_PROFILES];
extern const Peer openssl_s_server;
extern const Peer openssl_s_client;

G_END_DECLS
