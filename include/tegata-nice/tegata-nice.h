/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ICE by libnice: a library of its own beside tegata. */
#include <tegata-nice/nice-channel.h>
#include <tegata/tegata.h>
