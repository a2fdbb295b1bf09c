/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Test vectors of RFC 7714, as hexadecimal text. The keys are session keys. */

#define RFC7714_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RFC7714_SALT "517569642070726f2071756f"

/* Section 16: ROC 0 */
#define RFC7714_RTP                                                                      \
  "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361"               \
  "20696e207061727465732074726573"

/* Section 17 */
#define RFC7714_RTCP                                                                     \
  "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"                     \
  "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
#define RFC7714_RTCP_INDEX 0x5d4

static const struct
{
  unsigned int key_len;
  const char *srtp;  /* sections 16.1.1 and 16.2.1 */
  const char *srtcp; /* sections 17.1 and 17.2 */
} rfc7714[] = {
  { 16,
    "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7"
    "d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
    "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce0"
    "9b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4" },
  { 32,
    "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ff"
    "ae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
    "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415"
    "f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4" },
};
