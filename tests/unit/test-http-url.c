/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/http.h"
#include "support/asserts.h"

static void
test_accepted(void)
{
    static const char *const urls[] = {
        "https://api.cloudflare.com/client/v4",
        "https://api.cloudflare.com",
        "https://api.cloudflare.com:8443/client/v4/",
        "HTTPS://api.cloudflare.com/client/v4",
        "https://192.0.2.1/client/v4",
        "https://[2001:db8::1]/client/v4",
        "http://127.0.0.1:8080/client/v4",
        "http://127.1.2.3/client/v4",
        "http://[::1]:8080/client/v4",
        "http://localhost/client/v4",
        "http://LOCALHOST:80/client/v4",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_OK(cfp_http_check_url(urls[i], &error), error);
    }
}

static void
test_refused(void)
{
    static const struct {
        const char *url, *reason;
    } rows[] = {
        {"http://api.cloudflare.com/client/v4", "not encrypted"},
        {"http://192.0.2.1/", "not encrypted"},
        {"http://[2001:db8::1]/", "not encrypted"},
        {"http://0.0.0.0/", "not encrypted"},
        {"http://127.0.0.1.example.com/", "not encrypted"},
        {"http://localhost.example.com/", "not encrypted"},
        {"http://notlocalhost/", "not encrypted"},
        {"ftp://localhost/", "not encrypted"},
        {"file:///etc/passwd", "is not a URL"},
        {"https://user@api.cloudflare.com/", "user name"},
        {"https://user:pass@api.cloudflare.com/", "user name"},
        {"https://api.cloudflare.com@evil.example/", "user name"},
        {"https://@api.cloudflare.com/", "user name"},
        {"https://api.cloudflare.com/?a=b", "a query"},
        {"https://api.cloudflare.com/?", "a query"},
        {"https://api.cloudflare.com/#x", "fragment"},
        {"http://127.0.0.1/?a", "a query"},
        {"https://", "is not a URL"},
        {"https:///client/v4", "is not a URL"},
        {"https:api.cloudflare.com", "is not a URL"},
        {"api.cloudflare.com/client/v4", "is not a URL"},
        {"/client/v4", "is not a URL"},
        {"", "is not a URL"},
        {"https://api.cloudflare.com:99999/", "is not a URL"},
        {"https://[::1/", "is not a URL"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        if (cfp_http_check_url(rows[i].url, &error))
            CU_FAIL_FATAL(rows[i].url);
        ASSERT_ERROR(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_URL);
        ASSERT_CONTAINS(error->message, rows[i].reason);
    }
}

static void
test_password_is_not_repeated(void)
{
    static const char *const urls[] = {
        "https://user:s3cret@api.cloudflare.com/",
        "https://user:s3cret@api.cloudflare.com:99999/",
        "http://user:s3cret@example.com/",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(cfp_http_check_url(urls[i], &error));
        ASSERT_LACKS(error->message, "s3cret");
    }
}

static void
test_error_kinds(void)
{
    static const struct {
        CfpHttpError code;
        gboolean transient, not_sent;
    } rows[] = {
        {CFP_HTTP_ERROR_LIBRARY, FALSE, FALSE},    {CFP_HTTP_ERROR_URL, FALSE, TRUE},
        {CFP_HTTP_ERROR_RESOLVE, TRUE, TRUE},      {CFP_HTTP_ERROR_CONNECT, TRUE, TRUE},
        {CFP_HTTP_ERROR_TLS, FALSE, TRUE},         {CFP_HTTP_ERROR_TIMEOUT, TRUE, FALSE},
        {CFP_HTTP_ERROR_INTERRUPTED, TRUE, FALSE}, {CFP_HTTP_ERROR_TOO_LARGE, FALSE, FALSE},
        {CFP_HTTP_ERROR_CHANGED, FALSE, FALSE},    {CFP_HTTP_ERROR_PROTOCOL, FALSE, FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = g_error_new_literal(CFP_HTTP_ERROR, (int)rows[i].code, "x");
        g_autoptr(GError) other =
            g_error_new_literal(g_quark_from_static_string("other"), (int)rows[i].code, "x");

        ASSERT_TRUE(cfp_http_error_is_transient(error) == rows[i].transient);
        ASSERT_TRUE(cfp_http_error_was_not_sent(error) == rows[i].not_sent);
        ASSERT_FALSE(cfp_http_error_is_transient(other));
        ASSERT_FALSE(cfp_http_error_was_not_sent(other));
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"https to any host and http to this machine may carry a credential", test_accepted},
        {"every other URL is refused with its reason", test_refused},
        {"a password in a refused URL is not repeated", test_password_is_not_repeated},
        {"what may pass and what can't have been sent is told apart", test_error_kinds},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "http-url", cases);
}
