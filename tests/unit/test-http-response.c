/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/http.h"
#include "support/cunit-runner.h"

static void
take(CfpHttpResponse *response, const char *line)
{
    cfp_http_response_take_header(response, line, strlen(line));
}

static CfpHttpResponse
empty_response(void)
{
    CfpHttpResponse response = {0};

    cfp_http_response_clear(&response);
    return response;
}

static void
test_nothing(void)
{
    CfpHttpResponse response = empty_response();

    ASSERT_STR(response.content_type, NULL);
    ASSERT_STR(response.content_range, NULL);
    ASSERT_STR(response.etag, NULL);
    ASSERT_STR(response.location, NULL);
    ASSERT_STR(response.ray, NULL);
    ASSERT_TRUE(response.content_length == -1);
    ASSERT_TRUE(response.retry_after_s == -1);
    ASSERT_TRUE(response.date_us == 0);
    ASSERT_TRUE(response.rate_remaining == -1);
    ASSERT_TRUE(response.rate_reset_s == -1);
}

static void
test_texts(void)
{
    CfpHttpResponse response = empty_response();

    take(&response, "Content-Type: Application/JSON; charset=UTF-8\r\n");
    take(&response, "Content-Range: bytes 100-199/200\r\n");
    take(&response, "ETag: \"abc\"\r\n");
    take(&response, "Location: https://example.com/x?y=z:1\r\n");
    take(&response, "CF-Ray: 8f1d2c3b4a5e6789-FRA\r\n");
    ASSERT_STR(response.content_type, "application/json");
    ASSERT_STR(response.content_range, "bytes 100-199/200");
    ASSERT_STR(response.etag, "\"abc\"");
    ASSERT_STR(response.location, "https://example.com/x?y=z:1");
    ASSERT_STR(response.ray, "8f1d2c3b4a5e6789-FRA");
    cfp_http_response_clear(&response);
    ASSERT_STR(response.etag, NULL);
}

static void
test_names(void)
{
    CfpHttpResponse response = empty_response();

    take(&response, "etag:W/\"1\"");
    take(&response, "CONTENT-LENGTH:    17   ");
    take(&response, "x-etag: no");
    take(&response, "etag2: no");
    ASSERT_STR(response.etag, "W/\"1\"");
    ASSERT_TRUE(response.content_length == 17);
    take(&response, "ETag: \"2\"");
    ASSERT_STR(response.etag, "\"2\"");
    cfp_http_response_clear(&response);
}

static void
test_content_length(void)
{
    static const struct {
        const char *line;
        gint64 expected;
    } rows[] = {
        {"Content-Length: 0", 0},
        {"Content-Length: 9223372036854775807", G_MAXINT64},
        {"Content-Length: 9223372036854775808", -1},
        {"Content-Length: -1", -1},
        {"Content-Length: 12a", -1},
        {"Content-Length: 0x10", -1},
        {"Content-Length:", -1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpHttpResponse response = empty_response();

        take(&response, rows[i].line);
        ASSERT_UINT((guint64)response.content_length, (guint64)rows[i].expected);
        cfp_http_response_clear(&response);
    }
}

static void
test_date(void)
{
    static const struct {
        const char *date;
        gint64 seconds;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Thu, 01 Jan 2026 00:00:00 GMT", 1767225600},
        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
        {"Thu, 31 Dec 2026 12:00:00 GMT", 1798718400},
        {"Sun, 29 Feb 2026 00:00:00 GMT", 0}, /* no such day */
        {"Sun, 06 Nvo 1994 08:49:37 GMT", 0},
        {"Sun, 06 nFe 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 24:00:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:60:37 GMT", 0},
        {"Sun, 06 Nov 1994 -1:00:37 GMT", 0},
        {"Sun, 99 Nov 1994 08:00:37 GMT", 0},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
        {"Sun Nov  6 08:49:37 1994", 0},
        {"1994-11-06T08:49:37Z", 0},
        {"", 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpHttpResponse response = empty_response();
        g_autofree char *line = g_strconcat("Date: ", rows[i].date, "\r\n", NULL);

        take(&response, line);
        ASSERT_UINT((guint64)response.date_us, (guint64)(rows[i].seconds * G_USEC_PER_SEC));
        cfp_http_response_clear(&response);
    }
}

static void
test_retry_after_seconds(void)
{
    static const struct {
        const char *value;
        gint64 expected;
    } rows[] = {
        {"0", 0},     {"120", 120}, {"2147483647", 2147483647}, {"-5", -1}, {"1.5", -1},
        {"soon", -1}, {"", -1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpHttpResponse response = empty_response();
        g_autofree char *line = g_strconcat("Retry-After: ", rows[i].value, NULL);

        take(&response, line);
        ASSERT_UINT((guint64)response.retry_after_s, (guint64)rows[i].expected);
        cfp_http_response_clear(&response);
    }
}

static gint64
retry_after_date(gint64 seconds_from_now)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) then = g_date_time_add_seconds(now, (double)seconds_from_now);
    g_autofree char *line = g_date_time_format(then, "Retry-After: %a, %d %b %Y %H:%M:%S GMT");
    CfpHttpResponse response = empty_response();

    take(&response, line);
    return response.retry_after_s;
}

static void
test_retry_after_date(void)
{
    gint64 later = retry_after_date(100);

    ASSERT_TRUE(later >= 95 && later <= 100);
    ASSERT_TRUE(retry_after_date(-100) == 0);
}

static void
test_ratelimit(void)
{
    static const struct {
        const char *value;
        gint64 remaining, reset_s;
    } rows[] = {
        {"\"default\";r=50;t=30", 50, 30},
        {"\"default\"; r=0; t=1", 0, 1},
        {"\"default\";t=30", -1, 30},
        {"\"default\";q=100;w=60", -1, -1},
        {"\"default\"", -1, -1},
        {"", -1, -1},
        {"\"default\";r=99999999999999999999;t=1", G_MAXINT32, 1},
        /* Malformed: as if it weren't there. */
        {"\"default\";r=;t=x", -1, -1},
        {"\"default\";r=-1;t=30", -1, 30},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpHttpResponse response = empty_response();
        g_autofree char *line = g_strconcat("Ratelimit: ", rows[i].value, NULL);

        take(&response, line);
        ASSERT_UINT((guint64)response.rate_remaining, (guint64)rows[i].remaining);
        ASSERT_UINT((guint64)response.rate_reset_s, (guint64)rows[i].reset_s);
        cfp_http_response_clear(&response);
    }
}

static void
test_ratelimit_policy(void)
{
    CfpHttpResponse response = empty_response();

    take(&response, "Ratelimit: \"default\";r=50;t=30");
    take(&response, "Ratelimit-Policy: \"burst\";q=100;w=60");
    ASSERT_TRUE(response.rate_remaining == 50);
    ASSERT_TRUE(response.rate_reset_s == 30);
}

static void
test_malformed(void)
{
    static const char *const lines[] = {"", "\r\n", ":", ": x", "no colon", "Etag", " ETag: x"};
    CfpHttpResponse response = empty_response();

    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        take(&response, lines[i]);
    ASSERT_STR(response.etag, NULL);
    /* The length counts, not a NUL: libcurl's lines have none. */
    cfp_http_response_take_header(&response, "ETag: \"a\"\r\nETag: \"b\"", 9);
    ASSERT_STR(response.etag, "\"a\"");
    cfp_http_response_clear(&response);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a response without headers has neutral values", test_nothing},
        {"texts are taken without their blanks", test_texts},
        {"names are whole and in any case; the last one counts", test_names},
        {"a content length is a whole number or absent", test_content_length},
        {"a date has HTTP's one form or is absent", test_date},
        {"Retry-After takes seconds", test_retry_after_seconds},
        {"Retry-After takes a date", test_retry_after_date},
        {"Ratelimit says what is left and when it is renewed", test_ratelimit},
        {"Ratelimit-Policy is another header", test_ratelimit_policy},
        {"lines that are no headers are ignored", test_malformed},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "http-response", cases);
}
