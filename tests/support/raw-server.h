/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_RAW_SERVER_H
#define CFP_TESTS_SUPPORT_RAW_SERVER_H

#include <glib.h>

/** An HTTP/1.1 server on 127.0.0.1 that says what it is told, byte by byte: for answers that a
 * decent server never gives. It knows nothing of the API. */
typedef struct CfpRawServer CfpRawServer;

/** What happens to the connection behind an answer. */
typedef enum {
    CFP_RAW_KEEP,  /* the next request may come */
    CFP_RAW_CLOSE, /* closed in order */
    CFP_RAW_RESET, /* closed with a TCP reset */
    CFP_RAW_HANG,  /* nothing more comes, until the client closes it */
} CfpRawEnd;

typedef struct {
    const char *request; /* how the request line must begin, "POST /"; NULL: any request */
    unsigned status;     /* 0: no byte is sent */
    const char *headers; /* "Name: value\r\n"…, or NULL */
    const char *body;    /* NULL: none */
    size_t body_len;     /* bytes; 0: it is text */
    size_t sent;         /* bytes of the body that are sent before the end comes; 0: all */
    gboolean bare;       /* no Content-Length is added to the headers */
    CfpRawEnd end;
} CfpRawAnswer;

typedef struct {
    char *line;       /* "GET /path HTTP/1.1" */
    char *head;       /* the header lines */
    char *body;       /* "" without Content-Length */
    guint connection; /* from 1 */
} CfpRawRequest;

/** Answers the requests with `answers`, in their order; copied, but not what they point to. */
CfpRawServer *cfp_raw_server_start(const CfpRawAnswer *answers, size_t n);

/** Decides on the answer to a request; runs in the server's threads, one at a time. */
typedef void (*CfpRawHandler)(const CfpRawRequest *request, CfpRawAnswer *ret_answer, void *data);

CfpRawServer *cfp_raw_server_start_with(CfpRawHandler handler, void *data);

/** Closes all connections and ends the threads. */
void cfp_raw_server_stop(CfpRawServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpRawServer, cfp_raw_server_stop)

/** "http://127.0.0.1:PORT". Borrowed. */
const char *cfp_raw_server_url(const CfpRawServer *self);

/** Requests so far. */
guint cfp_raw_server_count(CfpRawServer *self);

/** Requests so far whose line begins with `line`. */
guint cfp_raw_server_count_of(CfpRawServer *self, const char *line);

/** A request that came. Borrowed until the server stops. */
const CfpRawRequest *cfp_raw_server_request(CfpRawServer *self, guint index);

/** TRUE when all answers were used, each for the request it was made for, and no further request
 * came. */
gboolean cfp_raw_server_is_done(CfpRawServer *self);

/** How many connections have begun to hang so far: all bytes that will come on them were sent. */
guint cfp_raw_server_hangs(CfpRawServer *self);

/** The value of a header line, owned; NULL when it isn't there. */
char *cfp_raw_request_header(const CfpRawRequest *self, const char *name);

#endif
