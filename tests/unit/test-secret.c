/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include "support/cunit-runner.h"

static void
test_reveal(void)
{
    char text[] = "s3cret";
    g_autoptr(CfpSecret) secret = cfp_secret_new(text);

    memset(text, 'X', sizeof text - 1);
    ASSERT_STR(cfp_secret_reveal(secret), "s3cret");
}

static void
test_copy(void)
{
    CfpSecret *secret = cfp_secret_new("s3cret");
    g_autoptr(CfpSecret) copy = cfp_secret_copy(secret);

    cfp_secret_free(secret);
    ASSERT_STR(cfp_secret_reveal(copy), "s3cret");
    ASSERT_TRUE(cfp_secret_copy(NULL) == NULL);
    cfp_secret_free(NULL);
}

static void
test_prefix(void)
{
    g_autoptr(CfpSecret) secret = cfp_secret_new("s3cret");
    g_autoptr(CfpSecret) header = cfp_secret_new_prefixed("Authorization: Bearer ", secret);

    ASSERT_STR(cfp_secret_reveal(header), "Authorization: Bearer s3cret");
    ASSERT_STR(cfp_secret_reveal(secret), "s3cret");
}

static void
test_redact(void)
{
    static const struct {
        const char *secret, *text, *expected;
    } rows[] = {
        {"s3cret", "no such thing", "no such thing"},
        {"s3cret", "s3cret", "***"},
        {"s3cret", "token s3cret is bad: s3cret", "token *** is bad: ***"},
        {"s3cret", "s3crets3cret", "******"},
        {"s3cret", "S3CRET", "S3CRET"},
        {"s3cret", "", ""},
        {"aa", "aaa", "***a"},
        {"", "an empty secret is in no text", "an empty secret is in no text"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CfpSecret) secret = cfp_secret_new(rows[i].secret);
        g_autofree char *clean = cfp_secret_redact(secret, rows[i].text);

        ASSERT_STR(clean, rows[i].expected);
    }
}

static void
test_redact_nothing(void)
{
    g_autofree char *clean = cfp_secret_redact(NULL, "text");

    ASSERT_STR(clean, "text");
}

static void
test_scrub(void)
{
    char arguments[] = "s3cret\0next";

    cfp_secret_scrub(arguments);
    ASSERT_BYTES(arguments, sizeof arguments, "XXXXXX\0next", sizeof arguments);
    cfp_secret_scrub(arguments + 6);
    ASSERT_BYTES(arguments, sizeof arguments, "XXXXXX\0next", sizeof arguments);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a secret keeps its own copy of the text", test_reveal},
        {"a copy outlives its original", test_copy},
        {"a prefix goes before the secret", test_prefix},
        {"every occurrence of the secret is redacted", test_redact},
        {"without a secret nothing is redacted", test_redact_nothing},
        {"scrubbing overwrites up to the NUL and no further", test_scrub},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "secret", cases);
}
