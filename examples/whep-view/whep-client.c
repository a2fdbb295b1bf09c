/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "whep-client.h"

#include <libsoup/soup.h>
#include <string.h>

#define SDP_TYPE "application/sdp"
/* of a gateway's own words that are repeated */
#define MAX_REASON_LEN 200
/* Many viewers join at once, and none waits for another one's answer. */
#define MAX_CONNECTIONS 64

struct _WhepClient
{
  SoupSession *http;
  GUri *url;
  char *authorization; /* NULL for none */
  guint n_pending;
};

struct _WhepSession
{
  WhepClient *client;
  SoupMessage *post; /* NULL once it was answered */
  GUri *location;    /* NULL before, and where there is none */
  WhepAnswerFunc func;
  gpointer user_data;
  gboolean is_left;
};

/* What is easily left out is named: the scheme, and the path. */
static GUri *
parse_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = NULL;

  if (strstr (url, "://") == NULL)
  {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_SCHEME,
                 "found no http:// or https:// before it: did you mean http://%s?", url);
    return NULL;
  }
  uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  if (uri == NULL)
  {
    return NULL;
  }
  if (!g_str_equal (g_uri_get_scheme (uri), "http")
      && !g_str_equal (g_uri_get_scheme (uri), "https"))
  {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_SCHEME,
                 "found %s://: expected http:// or https://", g_uri_get_scheme (uri));
    return NULL;
  }
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
  {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_HOST,
                 "found no host: expected %s://HOST:PORT/whep", g_uri_get_scheme (uri));
    return NULL;
  }
  if (strlen (g_uri_get_path (uri)) <= strlen ("/"))
  {
    g_autofree char *guess
        = g_uri_resolve_relative (url, "/whep", SOUP_HTTP_URI_FLAGS, NULL);

    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_PATH,
                 "found no path: expected a WHEP endpoint's, did you mean %s?", guess);
    return NULL;
  }
  return g_steal_pointer (&uri);
}

/* A file of nothing would trust nobody, without a word. */
static GTlsDatabase *
open_authorities (const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  GList *found = g_tls_certificate_list_new_from_file (absolute, error);

  if (found == NULL)
  {
    if (error != NULL && *error == NULL)
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                   "found no certificate: expected PEM, -----BEGIN CERTIFICATE-----");
    }
    g_prefix_error (error, "--tls-ca %s: ", path);
    return NULL;
  }
  g_list_free_full (found, g_object_unref);
  return g_tls_file_database_new (absolute, error);
}

WhepClient *
whep_client_new (const char *url, const char *token, const char *tls_ca, GError **error)
{
  g_autoptr (GUri) uri = parse_url (url, error);
  g_autoptr (GTlsDatabase) authorities = NULL;
  WhepClient *self;

  if (uri == NULL)
  {
    g_prefix_error (error, "%s: ", url);
    return NULL;
  }
  if (tls_ca != NULL)
  {
    authorities = open_authorities (tls_ca, error);
    if (authorities == NULL)
    {
      return NULL;
    }
  }
  self = g_new0 (WhepClient, 1);
  self->url = g_steal_pointer (&uri);
  self->authorization = token != NULL ? g_strconcat ("Bearer ", token, NULL) : NULL;
  self->http
      = soup_session_new_with_options ("max-conns", MAX_CONNECTIONS, "max-conns-per-host",
                                       MAX_CONNECTIONS, "user-agent", "whep-view ", NULL);
  if (authorities != NULL)
  {
    soup_session_set_tls_database (self->http, authorities);
  }
  return self;
}

void
whep_client_free (WhepClient *self)
{
  if (self == NULL)
  {
    return;
  }
  soup_session_abort (self->http);
  g_object_unref (self->http);
  g_uri_unref (self->url);
  g_free (self->authorization);
  g_free (self);
}

guint
whep_client_get_n_pending (WhepClient *self)
{
  return self->n_pending;
}

static SoupMessage *
new_message (WhepClient *self, const char *method, GUri *url)
{
  SoupMessage *message = soup_message_new_from_uri (method, url);

  if (self->authorization != NULL)
  {
    soup_message_headers_append (soup_message_get_request_headers (message),
                                 "Authorization", self->authorization);
  }
  return message;
}

static void
session_destroy (WhepSession *self)
{
  g_clear_object (&self->post);
  g_clear_pointer (&self->location, g_uri_unref);
  g_free (self);
}

/* Whatever came of it: the gateway forgets by itself who is gone. */
static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WhepClient *client = user_data;
  GBytes *body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);

  g_clear_pointer (&body, g_bytes_unref);
  client->n_pending--;
}

static void
delete_and_destroy (WhepSession *self)
{
  if (self->location != NULL)
  {
    g_autoptr (SoupMessage) message
        = new_message (self->client, SOUP_METHOD_DELETE, self->location);

    self->client->n_pending++;
    soup_session_send_and_read_async (self->client->http, message, G_PRIORITY_DEFAULT,
                                      NULL, on_deleted, self->client);
  }
  session_destroy (self);
}

/* A line of the gateway's own, as far as it can be printed. */
static char *
reason_of (GBytes *body)
{
  gsize len;
  const char *bytes = g_bytes_get_data (body, &len);
  g_autofree char *text = g_utf8_make_valid (bytes, (gssize) MIN (len, MAX_REASON_LEN));

  text[strcspn (text, "\r\n")] = '\0';
  return g_strescape (text, NULL);
}

/* What the one who calls us can do about it. */
static const char *
hint_for (guint status)
{
  switch (status)
  {
  case SOUP_STATUS_UNAUTHORIZED:
    return " (see --token)";
  case SOUP_STATUS_NOT_FOUND:
  case SOUP_STATUS_METHOD_NOT_ALLOWED:
    return " (is that a WHEP endpoint? A gateway's ends in /whep)";
  default:
    return "";
  }
}

static gboolean
check_answer (SoupMessage *message, GBytes *body, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  guint status = soup_message_get_status (message);

  if (status != SOUP_STATUS_CREATED)
  {
    g_autofree char *reason = reason_of (body);

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "the gateway answered %u %s%s%s%s", status,
                 soup_message_get_reason_phrase (message), *reason != '\0' ? ": " : "",
                 reason, hint_for (status));
    return FALSE;
  }
  if (g_strcmp0 (type, SDP_TYPE) != 0
      || soup_message_headers_get_one (headers, "Location") == NULL)
  {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "found a %s and %s Location in the answer: expected %s and where the "
                 "session is. Is that a WHEP endpoint?",
                 type != NULL ? type : "body of no type",
                 soup_message_headers_get_one (headers, "Location") != NULL ? "a" : "no",
                 SDP_TYPE);
    return FALSE;
  }
  return TRUE;
}

/* libsoup's own message is "Unacceptable TLS certificate", whatever was wrong. */
static void
explain_certificate (WhepClient *self, GTlsCertificateFlags wrong, GError **error)
{
  const char *host = g_uri_get_host (self->url);

  g_clear_error (error);
  if (wrong & G_TLS_CERTIFICATE_UNKNOWN_CA)
  {
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 "the certificate of %s is signed by nobody who is trusted here: "
                 "name who did, or that certificate itself, by --tls-ca FILE",
                 host);
  }
  else if (wrong & G_TLS_CERTIFICATE_BAD_IDENTITY)
  {
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 "the certificate is not for %s: expected that in its subjectAltName",
                 host);
  }
  else
  {
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 "the certificate of %s %s", host,
                 wrong & G_TLS_CERTIFICATE_EXPIRED         ? "has expired"
                 : wrong & G_TLS_CERTIFICATE_NOT_ACTIVATED ? "is not valid yet"
                                                           : "is not acceptable");
  }
}

/* Known also where the rest of the answer is not to be used: there is a session then. */
static void
take_location (WhepSession *self, SoupMessage *message)
{
  const char *text = soup_message_headers_get_one (
      soup_message_get_response_headers (message), "Location");

  if (text != NULL && soup_message_get_status (message) == SOUP_STATUS_CREATED)
  {
    self->location = g_uri_parse_relative (soup_message_get_uri (message), text,
                                           SOUP_HTTP_URI_FLAGS, NULL);
  }
}

static void
on_posted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  WhepSession *self = user_data;
  g_autoptr (SoupMessage) message = g_steal_pointer (&self->post);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body
      = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  self->client->n_pending--;
  if (body != NULL)
  {
    take_location (self, message);
  }
  else if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
  {
    explain_certificate (self->client,
                         soup_message_get_tls_peer_certificate_errors (message), &error);
  }
  if (self->is_left)
  {
    delete_and_destroy (self);
  }
  else if (body == NULL || !check_answer (message, body, &error))
  {
    self->func (NULL, 0, error, self->user_data);
  }
  else
  {
    self->func (g_bytes_get_data (body, NULL), g_bytes_get_size (body), NULL,
                self->user_data);
  }
}

WhepSession *
whep_client_post (WhepClient *self,
                  const char *offer,
                  WhepAnswerFunc func,
                  gpointer user_data)
{
  g_autoptr (GBytes) body = g_bytes_new (offer, strlen (offer));
  WhepSession *session = g_new0 (WhepSession, 1);

  session->client = self;
  session->func = func;
  session->user_data = user_data;
  session->post = new_message (self, SOUP_METHOD_POST, self->url);
  soup_message_headers_append (soup_message_get_request_headers (session->post), "Accept",
                               SDP_TYPE);
  soup_message_set_request_body_from_bytes (session->post, SDP_TYPE, body);
  self->n_pending++;
  soup_session_send_and_read_async (self->http, session->post, G_PRIORITY_DEFAULT, NULL,
                                    on_posted, session);
  return session;
}

void
whep_session_free (WhepSession *self)
{
  if (self == NULL)
  {
    return;
  }
  if (self->post != NULL)
  {
    self->is_left = TRUE;
    return;
  }
  delete_and_destroy (self);
}
