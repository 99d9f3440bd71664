/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/advice.h"

#include <gio/gio.h>

#include "app/capture.h"
#include "app/config.h"
#include "app/fifo.h"
#include "app/options.h"
#include "base/limits.h"
#include "cloudflare/api.h"
#include "cloudflare/job.h"
#include "filter/bpf.h"
#include "net/host-lookup.h"
#include "net/http-error.h"
#include "packet/pcap-reader.h"
#include "support/asserts.h"

/* What a person may expect of an error: its exit status, and whether the message has to be helped.
 */
typedef struct {
    int status;
    gboolean has_remedy;
} Expected;

static const Expected usage_said = {2, FALSE}, usage = {2, TRUE}, failed_said = {1, FALSE},
                      failed = {1, TRUE}, incomplete = {3, TRUE}, incomplete_said = {3, FALSE},
                      nothing_said = {4, FALSE}, nothing = {4, TRUE}, no_row = {-1, FALSE};

/* A switch without default, so that the compiler names a code that is forgotten here. */

static Expected
of_option(CfpOptionError code)
{
    switch (code) {
    case CFP_OPTION_ERROR_UNKNOWN:
    case CFP_OPTION_ERROR_LATER:
        return usage;
    case CFP_OPTION_ERROR_MISSING:
    case CFP_OPTION_ERROR_INVALID:
    case CFP_OPTION_ERROR_CONFLICT:
        return usage_said;
    }
    return no_row;
}

static Expected
of_config(CfpConfigError code)
{
    switch (code) {
    case CFP_CONFIG_ERROR_READ:
    case CFP_CONFIG_ERROR_PERMISSION:
    case CFP_CONFIG_ERROR_SYNTAX:
    case CFP_CONFIG_ERROR_PROFILE:
        return usage_said;
    }
    return no_row;
}

static Expected
of_filter(CfpFilterError code)
{
    switch (code) {
    case CFP_FILTER_ERROR_SYNTAX:
    case CFP_FILTER_ERROR_NAME:
    case CFP_FILTER_ERROR_CONTRADICTION:
    case CFP_FILTER_ERROR_TOO_COMPLEX:
        return usage;
    }
    return no_row;
}

static Expected
of_lookup(CfpLookupError code)
{
    switch (code) {
    case CFP_LOOKUP_ERROR_NOT_FOUND:
    case CFP_LOOKUP_ERROR_TOO_MANY:
        return usage;
    case CFP_LOOKUP_ERROR_TIMEOUT:
    case CFP_LOOKUP_ERROR_FAILED:
        return failed;
    }
    return no_row;
}

static Expected
of_http(CfpHttpError code)
{
    switch (code) {
    case CFP_HTTP_ERROR_URL:
        return usage;
    case CFP_HTTP_ERROR_LIBRARY:
    case CFP_HTTP_ERROR_RESOLVE:
    case CFP_HTTP_ERROR_CONNECT:
    case CFP_HTTP_ERROR_TLS:
    case CFP_HTTP_ERROR_TIMEOUT:
    case CFP_HTTP_ERROR_INTERRUPTED:
    case CFP_HTTP_ERROR_TOO_LARGE:
    case CFP_HTTP_ERROR_CHANGED:
    case CFP_HTTP_ERROR_PROTOCOL:
        return failed;
    }
    return no_row;
}

static Expected
of_api(CfpApiError code)
{
    switch (code) {
    case CFP_API_ERROR_CREDENTIAL_FORMAT:
    case CFP_API_ERROR_CREDENTIAL:
    case CFP_API_ERROR_FORBIDDEN:
    case CFP_API_ERROR_READ_ONLY:
    case CFP_API_ERROR_ACCOUNT:
    case CFP_API_ERROR_NOT_FOUND:
    case CFP_API_ERROR_INVALID:
    case CFP_API_ERROR_RATE:
    case CFP_API_ERROR_SERVER:
    case CFP_API_ERROR_REDIRECT:
    case CFP_API_ERROR_REPLY:
        return failed;
    }
    return no_row;
}

static Expected
of_job(CfpJobError code)
{
    switch (code) {
    case CFP_JOB_ERROR_FAILED:
    case CFP_JOB_ERROR_EXPIRED:
        return failed;
    }
    return no_row;
}

static Expected
of_pcap(CfpPcapError code)
{
    switch (code) {
    case CFP_PCAP_ERROR_EMPTY:
        return nothing_said;
    case CFP_PCAP_ERROR_MAGIC:
    case CFP_PCAP_ERROR_VERSION:
    case CFP_PCAP_ERROR_TRUNCATED:
    case CFP_PCAP_ERROR_CORRUPT:
    case CFP_PCAP_ERROR_COMPRESSION:
    case CFP_PCAP_ERROR_MIXED:
        return failed;
    }
    return no_row;
}

static Expected
of_fifo(CfpFifoError code)
{
    switch (code) {
    case CFP_FIFO_ERROR_OPEN:
    case CFP_FIFO_ERROR_CLOSED: /* an ending: nobody reads about it */
        return failed_said;
    case CFP_FIFO_ERROR_WRITE:
        return failed;
    }
    return no_row;
}

static Expected
of_capture(CfpCaptureError code)
{
    switch (code) {
    case CFP_CAPTURE_ERROR_NO_PACKETS:
    case CFP_CAPTURE_ERROR_STARVED:
        return nothing;
    case CFP_CAPTURE_ERROR_INCOMPLETE:
        return incomplete_said;
    case CFP_CAPTURE_ERROR_UNFILTERED:
        return incomplete;
    }
    return no_row;
}

static Expected
expected_of(GQuark domain, int code)
{
    if (domain == CFP_OPTION_ERROR)
        return of_option((CfpOptionError)code);
    if (domain == CFP_CONFIG_ERROR)
        return of_config((CfpConfigError)code);
    if (domain == CFP_FILTER_ERROR)
        return of_filter((CfpFilterError)code);
    if (domain == CFP_LOOKUP_ERROR)
        return of_lookup((CfpLookupError)code);
    if (domain == CFP_HTTP_ERROR)
        return of_http((CfpHttpError)code);
    if (domain == CFP_API_ERROR)
        return of_api((CfpApiError)code);
    if (domain == CFP_JOB_ERROR)
        return of_job((CfpJobError)code);
    if (domain == CFP_PCAP_ERROR)
        return of_pcap((CfpPcapError)code);
    if (domain == CFP_FIFO_ERROR)
        return of_fifo((CfpFifoError)code);
    return of_capture((CfpCaptureError)code);
}

static const GQuark *
domains(size_t *ret_n)
{
    static GQuark list[10];

    list[0] = CFP_OPTION_ERROR;
    list[1] = CFP_CONFIG_ERROR;
    list[2] = CFP_FILTER_ERROR;
    list[3] = CFP_HTTP_ERROR;
    list[4] = CFP_API_ERROR;
    list[5] = CFP_JOB_ERROR;
    list[6] = CFP_PCAP_ERROR;
    list[7] = CFP_FIFO_ERROR;
    list[8] = CFP_CAPTURE_ERROR;
    list[9] = CFP_LOOKUP_ERROR;
    *ret_n = G_N_ELEMENTS(list);
    return list;
}

static void
test_every_code(void)
{
    size_t n;
    const GQuark *list = domains(&n);
    guint codes = 0;

    for (size_t d = 0; d < n; d++) {
        for (int code = 0; expected_of(list[d], code).status >= 0; code++) {
            Expected expected = expected_of(list[d], code);
            g_autoptr(GError) error = g_error_new_literal(list[d], code, "x");

            codes++;
            if ((cfp_advice(error) != NULL) != expected.has_remedy ||
                cfp_advice_exit_status(error) != expected.status) {
                g_autofree char *name = g_strdup_printf("%s %d", g_quark_to_string(list[d]), code);

                ASSERT_STR(name, expected.has_remedy ? "one with a remedy" : "one without");
            }
        }
    }
    ASSERT_UINT(codes, 54);
}

/* Remedies are whole sentences, without the full stop that the line adds. */
static void
test_remedies(void)
{
    size_t n;
    const GQuark *list = domains(&n);

    for (size_t d = 0; d < n; d++) {
        for (int code = 0; expected_of(list[d], code).status >= 0; code++) {
            g_autoptr(GError) error = g_error_new_literal(list[d], code, "x");
            const char *remedy = cfp_advice(error);

            if (!remedy)
                continue;
            ASSERT_TRUE(g_ascii_isupper(remedy[0]));
            ASSERT_FALSE(g_str_has_suffix(remedy, "."));
            ASSERT_TRUE(!strchr(remedy, '\n') && strlen(remedy) < 300);
        }
    }
}

static void
check_line(const GError *error, const char *expected)
{
    g_autofree char *line = cfp_advice_line(error);

    ASSERT_STR(line, expected);
}

static void
test_lines(void)
{
    g_autoptr(GError) with =
        g_error_new_literal(CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS, "nothing came");
    g_autoptr(GError) stop =
        g_error_new_literal(CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS, "nothing came.");
    g_autoptr(GError) lines =
        g_error_new_literal(CFP_CAPTURE_ERROR, CFP_CAPTURE_ERROR_NO_PACKETS, "nothing\n\ncame\x1b");
    g_autoptr(GError) without =
        g_error_new_literal(CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID, "--x: no");
    g_autoptr(GError) empty = g_error_new_literal(CFP_OPTION_ERROR, CFP_OPTION_ERROR_UNKNOWN, "");

    check_line(with, "nothing came. Widen the filter or the time limit.");
    check_line(stop, "nothing came. Widen the filter or the time limit.");
    check_line(lines, "nothing came. Widen the filter or the time limit.");
    check_line(without, "--x: no");
    check_line(empty, ". See cloudflare-pcap --help.");
}

/* Wireshark shows so much and no more: the remedy must be in it. */
static void
test_long_lines(void)
{
    static const char *const letters[] = {"x", "é", "€", "𝄞", " x", "\n"};
    size_t n;
    const GQuark *list = domains(&n);

    for (size_t l = 0; l < G_N_ELEMENTS(letters) * 10; l++) {
        g_autoptr(GString) message = g_string_new(NULL);

        for (int i = 0; i < 2000; i++)
            g_string_append(message, letters[l % G_N_ELEMENTS(letters)]);
        for (int code = 0; expected_of(list[l % n], code).status >= 0; code++) {
            g_autoptr(GError) error = g_error_new_literal(list[l % n], code, message->str);
            g_autofree char *line = cfp_advice_line(error);
            const char *remedy = cfp_advice(error);

            ASSERT_TRUE(strlen(line) <= CFP_MAX_STDERR);
            ASSERT_TRUE(g_utf8_validate(line, -1, NULL));
            ASSERT_TRUE(!strchr(line, '\n'));
            if (remedy)
                ASSERT_CONTAINS(line, remedy);
        }
    }
}

static void
test_unknown(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "odd");
    g_autoptr(GError) beyond = g_error_new_literal(CFP_API_ERROR, 4711, "odd");

    ASSERT_INT(cfp_advice_exit_status(NULL), 0);
    ASSERT_INT(cfp_advice_exit_status(error), 1);
    ASSERT_INT(cfp_advice_exit_status(beyond), 1);
    ASSERT_STR(cfp_advice(error), NULL);
    check_line(error, "odd");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"every error has its exit status, and its remedy where it needs one", test_every_code},
        {"a remedy is a short sentence", test_remedies},
        {"a line is the message and the remedy", test_lines},
        {"a long message is cut, the remedy never", test_long_lines},
        {"other errors are failures", test_unknown},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "advice", cases);
}
