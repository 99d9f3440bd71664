/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_ASSERTS_H
#define CFP_TESTS_SUPPORT_ASSERTS_H

#include "support/cunit-runner.h"

/** The call succeeds and sets no error; shows the error otherwise. */
#define ASSERT_OK(call, error)                                                                     \
    do {                                                                                           \
        gboolean ok_ = (call) ? TRUE : FALSE;                                                      \
                                                                                                   \
        ASSERT_NO_ERROR(error);                                                                    \
        ASSERT_TRUE(ok_);                                                                          \
    } while (0)

/** Signed numbers; shown as they are in two's complement when they differ. */
#define ASSERT_INT(actual, expected)                                                               \
    ASSERT_UINT((guint64)(gint64)(actual), (guint64)(gint64)(expected))

/** The text, or "(NULL)", doesn't hold the part: for secrets. */
#define ASSERT_LACKS(text, part) ASSERT_TRUE((text) == NULL || strstr((text), (part)) == NULL)

#endif
