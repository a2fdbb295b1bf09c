/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/**
 * TEGATA_API:
 *
 * Marks what the shared library exports. Everything else is hidden.
 */
#ifndef TEGATA_API
#define TEGATA_API __attribute__ ((visibility ("default"))) extern
#endif
