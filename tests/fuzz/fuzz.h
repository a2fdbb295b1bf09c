/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/bytes.h"

/*
 * The one function that a fuzz target has, by libFuzzer's name. With -Dfuzz=true (clang)
 * it becomes a fuzzer; without, replay.c runs it over the corpus, as a test.
 */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
