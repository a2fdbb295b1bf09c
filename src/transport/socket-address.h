/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <tegata/dtls.h>

G_BEGIN_DECLS

/* Of a sockaddr_in or sockaddr_in6: one spelling for one peer. */
void tegata_address_normalize (TegataAddress *self);

G_END_DECLS
