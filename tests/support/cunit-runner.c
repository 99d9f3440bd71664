/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/cunit-runner.h"

#include <CUnit/Basic.h>
#include <stdio.h>

static void
fail_with(char *message, const char *file, int line)
{
    fprintf(stderr, "\n    %s:%d: %s\n", file, line, message);
    /* CUnit keeps the text until its report: the test process is short, the string stays. */
    CU_assertImplementation(CU_FALSE, (unsigned)line, message, file, "", CU_TRUE);
}

static void
pass(void)
{
    CU_assertImplementation(CU_TRUE, 0, "", "", "", CU_FALSE);
}

void
cfp_assert_str(const char *actual, const char *expected, const char *file, int line)
{
    if (g_strcmp0(actual, expected) == 0)
        pass();
    else
        fail_with(g_strdup_printf("got \"%s\", expected \"%s\"", actual ? actual : "(NULL)",
                                  expected ? expected : "(NULL)"),
                  file, line);
}

void
cfp_assert_uint(guint64 actual, guint64 expected, const char *file, int line)
{
    if (actual == expected)
        pass();
    else
        fail_with(g_strdup_printf("got %" G_GUINT64_FORMAT ", expected %" G_GUINT64_FORMAT, actual,
                                  expected),
                  file, line);
}

void
cfp_assert_bytes(const void *actual, size_t actual_len, const void *expected, size_t expected_len,
                 const char *file, int line)
{
    const unsigned char *a = actual, *b = expected;
    size_t i = 0;

    if (actual_len == expected_len && (actual_len == 0 || memcmp(a, b, actual_len) == 0)) {
        pass();
        return;
    }
    while (i < actual_len && i < expected_len && a[i] == b[i])
        i++;
    fail_with(g_strdup_printf("got %zu bytes, expected %zu; the first difference is at %zu",
                              actual_len, expected_len, i),
              file, line);
}

void
cfp_assert_contains(const char *text, const char *part, const char *file, int line)
{
    if (text && part && strstr(text, part))
        pass();
    else
        fail_with(g_strdup_printf("\"%s\" does not contain \"%s\"", text ? text : "(NULL)", part),
                  file, line);
}

void
cfp_assert_no_error(const GError *error, const char *file, int line)
{
    if (!error)
        pass();
    else
        fail_with(g_strdup_printf("unexpected error: %s", error->message), file, line);
}

void
cfp_assert_error(const GError *error, GQuark domain, int code, const char *file, int line)
{
    if (error && error->domain == domain && error->code == code)
        pass();
    else if (error)
        fail_with(g_strdup_printf("expected %s %d, got %s %d: %s", g_quark_to_string(domain), code,
                                  g_quark_to_string(error->domain), error->code, error->message),
                  file, line);
    else
        fail_with(g_strdup_printf("expected %s %d, got no error", g_quark_to_string(domain), code),
                  file, line);
}

int
cfp_test_main(int argc, char **argv, const char *suite, const CfpTestCase *cases)
{
    const char *only = argc > 1 ? argv[1] : NULL;
    unsigned added = 0, failed;
    CU_pSuite registered;

    g_setenv("G_DEBUG", "fatal-criticals", FALSE);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    registered = CU_add_suite(suite, NULL, NULL);
    for (const CfpTestCase *c = cases; c->name; c++) {
        if (only && !strstr(c->name, only))
            continue;
        CU_add_test(registered, c->name, c->run);
        added++;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failed > 0 || added == 0 ? 1 : 0;
}
