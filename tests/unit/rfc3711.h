/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Test vectors of RFC 3711, as hexadecimal text. */

/* Appendix B.2: AES-CM */
#define RFC3711_B2_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define RFC3711_B2_IV "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"

static const struct
{
  unsigned int block;
  const char *key_stream;
} rfc3711_b2[] = {
  { 0x0000, "e03ead0935c95e80e166b16dd92b4eb4" },
  { 0x0001, "d23513162b02d0f72a43a2fe4a5f97ab" },
  { 0x0002, "41e95b3bb0a2e8dd477901e4fca894c0" },
  { 0xfeff, "ec8cdf7398607cb0f2d21675ea9ea1e4" },
  { 0xff00, "362b7c3c6773516318a077d7fc5073ae" },
  { 0xff01, "6a2cc3787889374fbeb4c81b17ba6c44" },
};

/* Appendix B.3: key derivation */
#define RFC3711_B3_MASTER_KEY "e1f97a0d3e018be0d64fa32c06de4139"
#define RFC3711_B3_MASTER_SALT "0ec675ad498afeebb6960b3aabe6"

static const struct
{
  unsigned char label;
  const char *derived;
} rfc3711_b3[] = {
  { 0, "c61e7a93744f39ee10734afe3ff7a087" },
  { 2, "30cbbc08863d8c85d49db34a9ae1" },
  { 1,
    "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad1"
    "75578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68"
    "642c59bbfc2f34db60dbdfb2" },
};
