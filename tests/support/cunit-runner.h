/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_CUNIT_RUNNER_H
#define CFP_TESTS_SUPPORT_CUNIT_RUNNER_H

#include <CUnit/CUnit.h>
#include <glib.h>
#include <string.h>

/** One test: its name says the behaviour, in words. */
typedef struct {
    const char *name;
    void (*run)(void);
} CfpTestCase;

/**
 * Runs the cases (an array ended by {NULL, NULL}) as one suite, or those whose name contains
 * argv[1]. Returns the exit code for main: 0 when all passed and at least one ran.
 */
int cfp_test_main(int argc, char **argv, const char *suite, const CfpTestCase *cases);

/* CUnit's own string assertion crashes on NULL and none of them shows the two sides: these are
 * fatal and print them. */
void cfp_assert_str(const char *actual, const char *expected, const char *file, int line);
void cfp_assert_uint(guint64 actual, guint64 expected, const char *file, int line);
void cfp_assert_bytes(const void *actual, size_t actual_len, const void *expected,
                      size_t expected_len, const char *file, int line);
void cfp_assert_contains(const char *text, const char *part, const char *file, int line);
void cfp_assert_no_error(const GError *error, const char *file, int line);
void cfp_assert_error(const GError *error, GQuark domain, int code, const char *file, int line);

#define ASSERT_STR(actual, expected) cfp_assert_str((actual), (expected), __FILE__, __LINE__)
#define ASSERT_UINT(actual, expected) cfp_assert_uint((actual), (expected), __FILE__, __LINE__)
#define ASSERT_BYTES(a, a_len, b, b_len)                                                           \
    cfp_assert_bytes((a), (a_len), (b), (b_len), __FILE__, __LINE__)
#define ASSERT_CONTAINS(text, part) cfp_assert_contains((text), (part), __FILE__, __LINE__)
#define ASSERT_NO_ERROR(error) cfp_assert_no_error((error), __FILE__, __LINE__)
#define ASSERT_ERROR(error, domain, code)                                                          \
    cfp_assert_error((error), (domain), (int)(code), __FILE__, __LINE__)
#define ASSERT_TRUE(condition) CU_ASSERT_TRUE_FATAL(condition)
#define ASSERT_FALSE(condition) CU_ASSERT_FALSE_FATAL(condition)

#endif
