/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls/cookie.h"

#include "dtls/wire.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

/*
 * A cookie is the low byte of the number of its minute, so that checking costs no second
 * guess, and 16 bytes of a MAC. A longer one would fit (32 bytes in DTLS 1.0), but the
 * answer must never be longer than what it answers, and nobody guesses 128 bits within
 * two minutes.
 *
 * It is bound to the address alone. Were it bound to the client's random too, as RFC 6347
 * proposes, whoever sends a ClientHello in a client's name would have us send that client
 * a cookie that is good for the forged one only, and libssl's clients take the first that
 * comes. What a cookie proves, that its bearer receives at the address, needs no more.
 */

#define SECRET_LEN 32
#define TAG_LEN 16
#define COOKIE_LEN (1 + TAG_LEN)
#define SLOT_US (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)
/* the address with its length */
#define MAX_SUBJECT_LEN (1 + TEGATA_ADDRESS_MAX_LEN)

struct _TegataCookieJar
{
  guint8 secret[SECRET_LEN];
};

/* Returns: (nullable): NULL where there is no randomness to be had */
TegataCookieJar *
tegata_cookie_jar_new (void)
{
  g_autoptr (TegataCookieJar) self = g_new0 (TegataCookieJar, 1);

  if (RAND_priv_bytes (self->secret, sizeof self->secret) != 1)
  {
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
tegata_cookie_jar_free (TegataCookieJar *self)
{
  if (self != NULL)
  {
    OPENSSL_cleanse (self->secret, sizeof self->secret);
    g_free (self);
  }
}

static gboolean
hmac_sha256 (const guint8 *key, const guint8 *bytes, gsize len, guint8 mac[SECRET_LEN])
{
  gsize mac_len = 0;

  return EVP_Q_mac (NULL, "HMAC", NULL, "SHA256", NULL, key, SECRET_LEN, bytes, len, mac,
                    SECRET_LEN, &mac_len)
             != NULL
         && mac_len == SECRET_LEN;
}

static gsize
write_subject (const TegataAddress *peer, guint8 subject[MAX_SUBJECT_LEN])
{
  subject[0] = peer->len;
  memcpy (subject + 1, peer->bytes, peer->len);
  return 1 + (gsize) peer->len;
}

static gboolean
bake (TegataCookieJar *self,
      gint64 slot,
      const TegataAddress *peer,
      guint8 cookie[COOKIE_LEN])
{
  gint64 slot_be = GINT64_TO_BE (slot);
  guint8 slot_secret[SECRET_LEN];
  guint8 subject[MAX_SUBJECT_LEN];
  guint8 mac[SECRET_LEN];
  gsize subject_len = write_subject (peer, subject);
  gboolean done;

  done
      = hmac_sha256 (self->secret, (const guint8 *) &slot_be, sizeof slot_be, slot_secret)
        && hmac_sha256 (slot_secret, subject, subject_len, mac);
  if (done)
  {
    cookie[0] = (guint8) (slot & 0xff);
    memcpy (cookie + 1, mac, TAG_LEN);
  }
  OPENSSL_cleanse (slot_secret, sizeof slot_secret);
  OPENSSL_cleanse (mac, sizeof mac);
  return done;
}

/* Only the minute that the cookie names is computed: this one or the last. */
static gboolean
is_ours (TegataCookieJar *self,
         gint64 slot,
         const TegataAddress *peer,
         const TegataClientHelloStart *hello)
{
  guint8 expected[COOKIE_LEN];

  if (hello->cookie.len != COOKIE_LEN)
  {
    return FALSE;
  }
  if (hello->cookie.bytes[0] == (guint8) ((slot - 1) & 0xff))
  {
    slot--;
  }
  return bake (self, slot, peer, expected)
         && CRYPTO_memcmp (hello->cookie.bytes, expected, COOKIE_LEN) == 0;
}

/* The first record of the datagram, where it holds the start of a ClientHello. */
static gboolean
read_hello (const guint8 *bytes,
            gsize len,
            TegataRecord *record,
            TegataHandshakeFragment *fragment,
            TegataClientHelloStart *hello)
{
  TegataReader datagram;

  tegata_reader_init (&datagram, bytes, len);
  return tegata_record_read (&datagram, record)
         && record->type == TEGATA_CONTENT_HANDSHAKE && record->version >> 8 == 0xfe
         && record->epoch == 0 && tegata_handshake_fragment_read (&record->body, fragment)
         && fragment->type == TEGATA_HANDSHAKE_CLIENT_HELLO && fragment->offset == 0
         && tegata_client_hello_read_start (fragment->body, hello)
         && hello->version >> 8 == 0xfe;
}

/* RFC 6347 section 4.2.1: DTLS 1.0 whatever version will be negotiated, and the record
 * number of the ClientHello, for nothing was counted here. */
static void
write_answer (guint64 sequence, const guint8 cookie[COOKIE_LEN], GByteArray *answer)
{
  const guint32 message_len = 2 + 1 + COOKIE_LEN;

  tegata_write_u8 (answer, TEGATA_CONTENT_HANDSHAKE);
  tegata_write_u16 (answer, TEGATA_DTLS_1_0_WIRE);
  tegata_write_u16 (answer, 0);
  tegata_write_u48 (answer, sequence);
  tegata_write_u16 (answer, TEGATA_HANDSHAKE_HEADER_LEN + message_len);

  tegata_write_u8 (answer, TEGATA_HANDSHAKE_HELLO_VERIFY_REQUEST);
  tegata_write_u24 (answer, message_len);
  tegata_write_u16 (answer, 0);
  tegata_write_u24 (answer, 0);
  tegata_write_u24 (answer, message_len);

  tegata_write_u16 (answer, TEGATA_DTLS_1_0_WIRE);
  tegata_write_u8 (answer, COOKIE_LEN);
  g_byte_array_append (answer, cookie, COOKIE_LEN);
}

TegataCookieVerdict
tegata_cookie_jar_judge (TegataCookieJar *self,
                         const TegataAddress *peer,
                         const guint8 *bytes,
                         gsize len,
                         gint64 now_us,
                         GByteArray *answer)
{
  gint64 slot = now_us / SLOT_US;
  TegataRecord record;
  TegataHandshakeFragment fragment;
  TegataClientHelloStart hello;
  guint8 cookie[COOKIE_LEN];

  g_return_val_if_fail (self != NULL && answer != NULL, TEGATA_COOKIE_DROP);
  g_return_val_if_fail (peer != NULL && peer->len <= TEGATA_ADDRESS_MAX_LEN,
                        TEGATA_COOKIE_DROP);

  /* A first ClientHello has number 0, one that repeats with a cookie 1. */
  if (!read_hello (bytes, len, &record, &fragment, &hello) || fragment.message_seq > 1)
  {
    return TEGATA_COOKIE_DROP;
  }

  /* Number 0 with a cookie, even a good one, is a client that begins anew: the challenge
   * brings both sides to the same count. */
  if (fragment.message_seq == 1 && is_ours (self, slot, peer, &hello))
  {
    return TEGATA_COOKIE_PROVEN;
  }

  if (!bake (self, slot, peer, cookie))
  {
    return TEGATA_COOKIE_DROP;
  }
  g_byte_array_set_size (answer, 0);
  write_answer (record.sequence, cookie, answer);
  return TEGATA_COOKIE_CHALLENGE;
}
