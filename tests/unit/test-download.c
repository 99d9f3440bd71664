/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/download.h"

#include <gio/gio.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/child.h"
#include "support/fake-time.h"
#include "support/quiet.h"
#include "support/raw-server.h"

/* A server with one file, and its habits. */
typedef struct {
    char *file;
    size_t len;
    size_t piece;      /* the connection breaks after so many bytes of an answer; 0: never */
    guint breaks;      /* how often it does; G_MAXUINT: always */
    CfpRawEnd end;     /* how */
    size_t at_most;    /* bytes of a range that are sent as one answer; 0: all */
    const char *etag;  /* of the first answer */
    const char *etag2; /* of the others */
    gboolean ignores_range;
    gboolean chunked; /* nobody knows the length */
    guint answers;
    GString *headers;
    GString *body;
} File;

static guint64
wanted_from(const CfpRawRequest *request)
{
    g_autofree char *range = cfp_raw_request_header(request, "Range");

    return range && g_str_has_prefix(range, "bytes=") ? g_ascii_strtoull(range + 6, NULL, 10) : 0;
}

static void
add_chunks(GString *body, const char *data, size_t len, gboolean ended)
{
    g_string_append_printf(body, "%zx\r\n", len);
    g_string_append_len(body, data, (gssize)len);
    g_string_append(body, ended ? "\r\n0\r\n\r\n" : "\r\n");
}

static void
send_file(const CfpRawRequest *request, CfpRawAnswer *ret_answer, void *data)
{
    File *self = data;
    guint64 from = self->ignores_range ? 0 : wanted_from(request);
    size_t len = self->len - (size_t)MIN(from, self->len);
    gboolean breaks = self->piece > 0 && self->breaks > 0 && len >= self->piece;
    const char *etag = self->answers == 0 ? self->etag : self->etag2;

    self->answers++;
    g_string_truncate(self->headers, 0);
    if (from >= self->len && from > 0) {
        g_string_append_printf(self->headers, "Content-Range: bytes */%zu\r\n", self->len);
        *ret_answer = (CfpRawAnswer){.status = 416, .headers = self->headers->str};
        return;
    }
    if (self->at_most > 0)
        len = MIN(len, self->at_most);
    if (etag)
        g_string_append_printf(self->headers, "ETag: %s\r\n", etag);
    if (from > 0)
        g_string_append_printf(self->headers,
                               "Content-Range: bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                               "/%zu\r\n",
                               from, from + len - 1, self->len);
    *ret_answer =
        (CfpRawAnswer){.status = from > 0 ? 206 : 200, .body = self->file + from, .body_len = len};
    if (self->chunked) {
        g_string_append(self->headers, "Transfer-Encoding: chunked\r\n");
        g_string_truncate(self->body, 0);
        add_chunks(self->body, self->file + from, breaks ? MIN(len, self->piece) : len, !breaks);
        ret_answer->bare = TRUE;
        ret_answer->body = self->body->str;
        ret_answer->body_len = self->body->len;
    }
    ret_answer->headers = self->headers->str;
    if (breaks) {
        self->breaks -= self->breaks == G_MAXUINT ? 0 : 1;
        ret_answer->sent = self->chunked ? 0 : self->piece;
        ret_answer->end = self->end;
    }
}

/* ---- the fixture ---------------------------------------------------------------------------- */

typedef struct {
    CfpPump *pump;
    CfpHttp *http;
    CfpRawServer *server;
    CfpByteSource *source;
    File file;
    guint refused; /* status the refusal callback saw */
    char *refused_body;
} Fixture;

static void
clear_fixture(Fixture *self)
{
    cfp_byte_source_free(self->source);
    cfp_raw_server_stop(self->server);
    cfp_http_free(self->http);
    cfp_pump_free(self->pump);
    g_free(self->file.file);
    g_string_free(self->file.headers, TRUE);
    g_string_free(self->file.body, TRUE);
    g_free(self->refused_body);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, clear_fixture)

static gboolean
refuse(const CfpHttpResponse *head, const char *body, void *data, GError **error)
{
    Fixture *self = data;

    self->refused = head->status;
    g_free(self->refused_body);
    self->refused_body = g_strdup(body);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "refused with %u", head->status);
    return FALSE;
}

static guint
server_hangs(void *server)
{
    return cfp_raw_server_hangs(server);
}

static void
begin(Fixture *self)
{
    static const char *const headers[] = {"Accept: application/vnd.tcpdump.pcap", NULL};
    g_autoptr(CfpSecret) secret = cfp_secret_new("Authorization: Bearer s3cret");
    const CfpSecret *const secrets[] = {secret, NULL};
    g_autofree char *url = g_strconcat(cfp_raw_server_url(self->server), "/file", NULL);
    CfpHttpRequest request = {
        .method = "GET", .url = url, .headers = headers, .secret_headers = secrets};

    cfp_fake_time_reset();
    cfp_fake_time_skip_waits();
    cfp_fake_time_skip_when(server_hangs, self->server);
    self->pump = cfp_pump_new();
    self->http = cfp_http_new(self->pump, NULL, NULL);
    self->source = cfp_download_new(self->http, &request, refuse, self);
}

/* A file of `len` bytes, no two neighbourhoods of it alike. */
static void
init_file(Fixture *self, size_t len)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)len);

    *self = (Fixture){0};
    self->file.file = g_malloc(len + 1);
    self->file.file[len] = '\0';
    for (size_t i = 0; i < len; i++)
        self->file.file[i] = (char)(g_rand_int(rand) & 0xff);
    self->file.len = len;
    self->file.headers = g_string_new(NULL);
    self->file.body = g_string_new(NULL);
    self->server = cfp_raw_server_start_with(send_file, &self->file);
}

static void
init_script(Fixture *self, const CfpRawAnswer *answers, size_t n)
{
    *self = (Fixture){0};
    self->file.headers = g_string_new(NULL);
    self->file.body = g_string_new(NULL);
    self->server = cfp_raw_server_start(answers, n);
}

/* Everything up to the end or an error. Returns: what came. */
static GByteArray *
read_all(Fixture *self, size_t want, GError **error)
{
    GByteArray *got = g_byte_array_new();
    const uint8_t *data;
    size_t len;

    do {
        if (!cfp_byte_source_fill(self->source, want, &data, &len, error))
            return got;
        g_byte_array_append(got, data, (guint)MIN(len, want));
        cfp_byte_source_consume(self->source, MIN(len, want));
    } while (len >= want);
    return got;
}

static void
comes_whole(Fixture *self, size_t want)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) got = read_all(self, want, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_BYTES(got->data, got->len, self->file.file, self->file.len);
    ASSERT_UINT(cfp_download_received(self->source), self->file.len);
}

static void
fails(Fixture *self, GQuark domain, int code)
{
    g_autoptr(GError) error = NULL;

    g_byte_array_unref(read_all(self, 1000, &error));
    ASSERT_ERROR(error, domain, code);
}

static char *
header_of(const Fixture *self, guint request, const char *name)
{
    return cfp_raw_request_header(cfp_raw_server_request(self->server, request), name);
}

/* ---- without a break ---------------------------------------------------------------------- */

static void
test_whole(void)
{
    static const size_t sizes[] = {0, 1, 1000, 3000000};

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(Fixture) f = {0};

        init_file(&f, sizes[i]);
        begin(&f);
        comes_whole(&f, 65536);
        ASSERT_UINT(cfp_download_resumes(f.source), 0);
        ASSERT_UINT(cfp_raw_server_count(f.server), 1);
    }
}

static void
test_chunked(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 300000);
    f.file.chunked = TRUE;
    begin(&f);
    comes_whole(&f, 1);
}

static void
test_lazy(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 10);
    begin(&f);
    ASSERT_UINT(cfp_byte_source_available(f.source), 0);
    ASSERT_TRUE(cfp_pump_pause(f.pump, 20, NULL));
    ASSERT_UINT(cfp_raw_server_count(f.server), 0);
}

/* ---- resuming ----------------------------------------------------------------------------- */

static void
test_resumed_by_range(void)
{
    static const CfpRawEnd ends[] = {CFP_RAW_RESET, CFP_RAW_CLOSE, CFP_RAW_HANG};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_auto(Fixture) f = {0};

        init_file(&f, 100000);
        f.file.piece = 30000;
        f.file.breaks = 2;
        f.file.end = ends[i];
        f.file.etag = f.file.etag2 = "\"v1\"";
        begin(&f);
        comes_whole(&f, 4096);
        ASSERT_UINT(cfp_download_resumes(f.source), 2);
        ASSERT_UINT(cfp_raw_server_count(f.server), 3);
        for (guint r = 0; r < 3; r++) {
            g_autofree char *range = header_of(&f, r, "Range");
            g_autofree char *if_range = header_of(&f, r, "If-Range");
            g_autofree char *accept = header_of(&f, r, "Accept");
            g_autofree char *secret = header_of(&f, r, "Authorization");

            ASSERT_STR(accept, "application/vnd.tcpdump.pcap");
            ASSERT_STR(secret, "Bearer s3cret");
            ASSERT_TRUE((range == NULL) == (r == 0));
            ASSERT_STR(if_range, r == 0 ? NULL : "\"v1\"");
        }
    }
}

static void
test_range_is_exact(void)
{
    g_auto(Fixture) f = {0};
    g_autofree char *range = NULL;

    init_file(&f, 1000);
    f.file.piece = 300;
    f.file.breaks = 1;
    f.file.end = CFP_RAW_CLOSE;
    begin(&f);
    comes_whole(&f, 100);
    range = header_of(&f, 1, "Range");
    ASSERT_STR(range, "bytes=300-");
}

static void
test_weak_etag(void)
{
    g_auto(Fixture) f = {0};
    g_autofree char *if_range = NULL;

    init_file(&f, 1000);
    f.file.piece = 300;
    f.file.breaks = 1;
    f.file.end = CFP_RAW_RESET;
    f.file.etag = f.file.etag2 = "W/\"v1\"";
    begin(&f);
    comes_whole(&f, 100);
    if_range = header_of(&f, 1, "If-Range");
    ASSERT_STR(if_range, NULL);
}

static void
test_resumed_by_skipping(void)
{
    for (int chunked = 0; chunked < 2; chunked++) {
        g_auto(Fixture) f = {0};

        init_file(&f, 5000000);
        f.file.piece = 2500000;
        f.file.breaks = 2;
        f.file.end = CFP_RAW_CLOSE;
        f.file.ignores_range = TRUE;
        f.file.chunked = chunked == 1;
        begin(&f);
        comes_whole(&f, 100000);
        ASSERT_TRUE(cfp_download_resumes(f.source) >= 1);
    }
}

/* Many breaks are no reason to give up as long as there is something new each time. */
static void
test_many_breaks(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 20000);
    f.file.piece = 1000;
    f.file.breaks = G_MAXUINT;
    f.file.end = CFP_RAW_CLOSE;
    f.file.chunked = TRUE;
    begin(&f);
    comes_whole(&f, 100);
    ASSERT_TRUE(cfp_download_resumes(f.source) >= 19);
}

/* The last byte has come, only the end has not: 416 says that there is nothing behind it. */
static void
test_break_at_the_end(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 1000);
    f.file.piece = 1000;
    f.file.breaks = 1;
    f.file.end = CFP_RAW_CLOSE;
    f.file.chunked = TRUE;
    begin(&f);
    comes_whole(&f, 100);
    ASSERT_UINT(cfp_raw_server_count(f.server), 2);
    ASSERT_UINT(f.refused, 0);
}

static void
test_break_at_the_start(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 0, .end = CFP_RAW_CLOSE},
        {.status = 0, .end = CFP_RAW_RESET},
        {.status = 200, .body = "0123456789", .end = CFP_RAW_KEEP},
    };
    g_auto(Fixture) f = {0};
    g_autofree char *range = NULL;

    init_script(&f, answers, 3);
    f.file.file = g_strdup("0123456789");
    f.file.len = 10;
    begin(&f);
    comes_whole(&f, 100);
    range = header_of(&f, 2, "Range");
    ASSERT_STR(range, NULL);
    ASSERT_UINT(cfp_download_resumes(f.source), 0);
}

/* A server may send less than the range that was asked for (RFC 9110, 15.3.7). */
static void
test_part_of_a_range(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 1000);
    f.file.piece = 300;
    f.file.breaks = 1;
    f.file.end = CFP_RAW_CLOSE;
    begin(&f);
    {
        const uint8_t *data;
        size_t len;

        ASSERT_TRUE(cfp_byte_source_fill(f.source, 300, &data, &len, NULL));
        f.file.at_most = 250;
    }
    comes_whole(&f, 100);
}

static void
test_stall(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 1000);
    f.file.piece = 300;
    f.file.breaks = 1;
    f.file.end = CFP_RAW_HANG;
    begin(&f);
    comes_whole(&f, 100);
    ASSERT_TRUE(cfp_fake_time_skipped_ms() >= ((gint64)CFP_STALL_TIMEOUT_S - 1) * 1000);
}

/* ---- when it can't be resumed --------------------------------------------------------------- */

static void
test_given_up(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
        {.end = CFP_RAW_CLOSE},
    };
    g_auto(Fixture) f = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) got = NULL;
    const uint8_t *data;
    size_t len;

    init_script(&f, answers, G_N_ELEMENTS(answers));
    begin(&f);
    got = read_all(&f, 8, &error);
    ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_INTERRUPTED);
    ASSERT_CONTAINS(error->message, "after 4 bytes");
    ASSERT_UINT(cfp_raw_server_count(f.server), 1 + CFP_MAX_RESUMES);
    /* What came is still there. */
    ASSERT_TRUE(cfp_byte_source_fill(f.source, 4, &data, &len, NULL));
    ASSERT_BYTES(data, len, "0123", 4);
}

/* Whoever asks again after an error gets the error, not a request. */
static void
test_error_stays(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_CLOSE},
        {.status = 206, .headers = "Content-Range: bytes 2-9/10\r\n", .body = "23456789"},
        {.status = 206, .headers = "Content-Range: bytes 4-9/10\r\n", .body = "456789"},
    };
    g_auto(Fixture) f = {0};

    init_script(&f, answers, 3);
    begin(&f);
    for (int i = 0; i < 3; i++)
        fails(&f, CFP_HTTP_ERROR, CFP_HTTP_ERROR_PROTOCOL);
    ASSERT_UINT(cfp_raw_server_count(f.server), 2);
    ASSERT_UINT(cfp_byte_source_available(f.source), 4);
}

static void
test_wrong_content_range(void)
{
    static const char *const headers[] = {
        "Content-Range: bytes 5-9/10\r\n",
        "Content-Range: bytes 0-9/10\r\n",
        "Content-Range: bytes -9/10\r\n",
        "Content-Range: items 4-9/10\r\n",
        "Content-Range: bytes\r\n",
        "Content-Range: bytes 4 to 9/10\r\n",
        "X-None: 1\r\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
        const CfpRawAnswer answers[] = {
            {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_CLOSE},
            {.status = 206, .headers = headers[i], .body = "456789"},
        };
        g_auto(Fixture) f = {0};

        init_script(&f, answers, 2);
        begin(&f);
        fails(&f, CFP_HTTP_ERROR, CFP_HTTP_ERROR_PROTOCOL);
        ASSERT_TRUE(cfp_raw_server_is_done(f.server));
    }
}

static void
test_changed(void)
{
    static const CfpRawAnswer seconds[] = {
        /* another length, by range and whole */
        {.status = 206, .headers = "Content-Range: bytes 4-10/11\r\n", .body = "456789a"},
        {.status = 200, .body = "0123456789a"},
        /* the same length, but other bytes where we have been */
        {.status = 200, .body = "01x3456789"},
        /* another tag */
        {.status = 206,
         .headers = "Content-Range: bytes 4-9/10\r\nETag: \"v2\"\r\n",
         .body = "456789"},
        /* ended before where we were, without saying how long it is */
        {.status = 200,
         .bare = TRUE,
         .headers = "Transfer-Encoding: chunked\r\n",
         .body = "3\r\n012\r\n0\r\n\r\n"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
        const CfpRawAnswer answers[] = {
            {.status = 200,
             .headers = "ETag: \"v1\"\r\n",
             .body = "0123456789",
             .sent = 4,
             .end = CFP_RAW_CLOSE},
            seconds[i],
        };
        g_auto(Fixture) f = {0};

        init_script(&f, answers, 2);
        begin(&f);
        fails(&f, CFP_HTTP_ERROR, CFP_HTTP_ERROR_CHANGED);
        ASSERT_UINT(cfp_download_received(f.source), 4);
    }
}

static void
test_refusal(void)
{
    const CfpRawAnswer answers[] = {{.status = 404, .body = "{\"success\":false}"}};
    g_auto(Fixture) f = {0};

    init_script(&f, answers, 1);
    begin(&f);
    fails(&f, G_IO_ERROR, G_IO_ERROR_FAILED);
    ASSERT_UINT(f.refused, 404);
    ASSERT_STR(f.refused_body, "{\"success\":false}");
}

static void
test_refusal_on_resume(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_CLOSE},
        {.status = 416, .headers = "Content-Range: bytes */3\r\n", .body = "no"},
    };
    g_auto(Fixture) f = {0};

    init_script(&f, answers, 2);
    begin(&f);
    fails(&f, G_IO_ERROR, G_IO_ERROR_FAILED);
    ASSERT_UINT(f.refused, 416);
    ASSERT_STR(f.refused_body, "no");
}

static void
test_transient_status(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 503, .body = "later"},
        {.status = 429, .headers = "Retry-After: 200\r\n"},
        {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_CLOSE},
        {.status = 500},
        {.status = 206, .headers = "Content-Range: bytes 4-9/10\r\n", .body = "456789"},
    };
    g_auto(Fixture) f = {0};

    init_script(&f, answers, G_N_ELEMENTS(answers));
    f.file.file = g_strdup("0123456789");
    f.file.len = 10;
    begin(&f);
    comes_whole(&f, 100);
    ASSERT_UINT(f.refused, 0);
    ASSERT_TRUE(cfp_raw_server_is_done(f.server));
    ASSERT_TRUE(cfp_fake_time_skipped_ms() >= 200 * 1000);
}

static void
test_too_much_patience(void)
{
    const CfpRawAnswer answers[] = {{.status = 429, .headers = "Retry-After: 3600\r\n"}};
    g_auto(Fixture) f = {0};

    init_script(&f, answers, 1);
    begin(&f);
    fails(&f, G_IO_ERROR, G_IO_ERROR_FAILED);
    ASSERT_UINT(f.refused, 429);
    ASSERT_UINT(cfp_raw_server_count(f.server), 1);
}

static void
test_always_503(void)
{
    CfpRawAnswer answers[20];
    g_auto(Fixture) f = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        answers[i] = (CfpRawAnswer){.status = 503};
    init_script(&f, answers, G_N_ELEMENTS(answers));
    begin(&f);
    fails(&f, G_IO_ERROR, G_IO_ERROR_FAILED);
    ASSERT_UINT(f.refused, 503);
    ASSERT_UINT(cfp_raw_server_count(f.server), 1 + CFP_MAX_RESUMES);
}

/* ---- back-pressure and stopping ------------------------------------------------------------- */

static void
test_bounded(void)
{
    g_auto(Fixture) f = {0};
    const uint8_t *data;
    size_t len;

    init_file(&f, 12000000);
    begin(&f);
    ASSERT_TRUE(cfp_byte_source_fill(f.source, 1, &data, &len, NULL));
    /* Nobody consumes: the network is waited for, again and again. */
    for (int i = 0; i < 30; i++) {
        gint64 soon = g_get_monotonic_time() + 5000;

        ASSERT_TRUE(cfp_pump_wait(f.pump, soon, NULL));
        ASSERT_TRUE(cfp_byte_source_available(f.source) <= CFP_SOURCE_CAPACITY);
    }
    ASSERT_TRUE(cfp_byte_source_available(f.source) > CFP_SOURCE_CAPACITY / 2);
    ASSERT_TRUE(cfp_download_received(f.source) <= CFP_SOURCE_CAPACITY);
    comes_whole(&f, 50000);
    ASSERT_UINT(cfp_raw_server_count(f.server), 1);
}

static void
test_largest_want(void)
{
    g_auto(Fixture) f = {0};

    init_file(&f, 5000000);
    begin(&f);
    comes_whole(&f, CFP_MAX_INPUT_BLOCK);
}

static void
test_stopped(void)
{
    const CfpRawAnswer answers[] = {
        {.status = 200, .body = "0123456789", .sent = 4, .end = CFP_RAW_HANG}};
    g_auto(Fixture) f = {0};
    g_autoptr(GError) error = NULL;
    const uint8_t *data;
    size_t len;
    int ends[2];

    init_script(&f, answers, 1);
    begin(&f);
    ASSERT_TRUE(pipe(ends) == 0);
    cfp_pump_watch_reader(f.pump, ends[1]);
    ASSERT_TRUE(cfp_byte_source_fill(f.source, 4, &data, &len, NULL));
    (void)close(ends[0]);
    ASSERT_FALSE(cfp_byte_source_fill(f.source, 5, &data, &len, &error));
    ASSERT_ERROR(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    ASSERT_UINT(cfp_raw_server_count(f.server), 1);
    (void)close(ends[1]);
}

/* The whole answer is there before libcurl has come back from sending the request. */
static int
child_oversleeps(void *data)
{
    g_auto(Fixture) f = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) got = NULL;

    (void)data;
    init_file(&f, 1000);
    begin(&f);
    cfp_fake_time_oversleep();
    got = read_all(&f, 100, &error);
    return !error && got->len == 1000 ? 0 : 90;
}

static void
test_answer_at_once(void)
{
    ASSERT_INT(cfp_child_run(child_oversleeps, NULL, NULL), 0);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a file comes whole", test_whole},
        {"a file of unknown length comes whole", test_chunked},
        {"nothing is asked for before it is wanted", test_lazy},
        {"after a reset, an early end or a stall a range is asked for", test_resumed_by_range},
        {"the range begins behind the last byte that came", test_range_is_exact},
        {"a weak tag guards no range", test_weak_etag},
        {"a server without ranges is skipped through", test_resumed_by_skipping},
        {"as long as something new comes, breaks don't count", test_many_breaks},
        {"a break behind the last byte is an end", test_break_at_the_end},
        {"a break before the first byte starts again", test_break_at_the_start},
        {"a server that sends a part of the range is asked for the rest", test_part_of_a_range},
        {"a stall counts as a break after its time", test_stall},
        {"without a new byte it is given up, and says how far it came", test_given_up},
        {"after an error nothing is asked for again", test_error_stays},
        {"a range that does not begin where we are is refused", test_wrong_content_range},
        {"a file that has changed is an error, and none of its bytes come", test_changed},
        {"a refusal is told with its body", test_refusal},
        {"a refusal to resume is told with its body", test_refusal_on_resume},
        {"429 and 5xx are tried again", test_transient_status},
        {"a server that wants an hour is not waited for", test_too_much_patience},
        {"5xx without end is told", test_always_503},
        {"while nobody consumes the buffer stays bounded", test_bounded},
        {"the largest fill is served", test_largest_want},
        {"a stop ends a fill, and nothing is resumed", test_stopped},
        {"an answer that is there at once is taken", test_answer_at_once},
        {NULL, NULL},
    };

    cfp_quiet_log();
    return cfp_test_main(argc, argv, "download", cases);
}
