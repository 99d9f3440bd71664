/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/options.h"

#include "base/limits.h"
#include "support/asserts.h"

/* ---- the table itself ---------------------------------------------------------------------- */

static void
test_table_is_complete(void)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);
        CfpOptionId found = CFP_N_OPTIONS;

        ASSERT_TRUE(option->name && option->group && option->label && option->tooltip);
        ASSERT_TRUE(cfp_option_find(option->name, &found));
        ASSERT_UINT(found, id);
        ASSERT_TRUE((option->kind == CFP_FIELD_SELECTOR) == (option->choices != NULL));
        ASSERT_TRUE(option->kind != CFP_FIELD_INTEGER || option->max > option->min);
    }
}

/* Wireshark makes a preference of a name by dropping what is no letter, digit or underscore; the
 * plugin's own arguments must not collide with the protocol's. */
static void
test_names(void)
{
    static const char *const taken[] = {"capture", "fifo", "help", "version"};

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const char *name = cfp_option(id)->name;

        ASSERT_TRUE(g_regex_match_simple("^[a-z][a-z-]*[a-z]$", name, 0, 0));
        ASSERT_FALSE(g_str_has_prefix(name, "extcap"));
        for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
            ASSERT_TRUE(strcmp(name, taken[i]) != 0);
    }
}

static void
test_fallbacks_are_valid(void)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);
        g_autoptr(GError) error = NULL;

        if (option->fallback)
            ASSERT_OK(cfp_option_check(id, option->fallback, "", &error), error);
        /* A secret has no built-in default. */
        ASSERT_TRUE(option->kind != CFP_FIELD_PASSWORD || !option->fallback);
    }
}

static void
test_unknown_name(void)
{
    CfpOptionId id = CFP_N_OPTIONS;

    ASSERT_FALSE(cfp_option_find("", &id));
    ASSERT_FALSE(cfp_option_find("--type", &id));
    ASSERT_FALSE(cfp_option_find("Type", &id));
    ASSERT_FALSE(cfp_option_find("time", &id));
    ASSERT_UINT(id, CFP_N_OPTIONS);
}

/* ---- values ------------------------------------------------------------------------------------
 */

static void
check_values(CfpOptionId id, const char *const *values, gboolean good)
{
    for (size_t i = 0; values[i]; i++) {
        g_autoptr(GError) error = NULL;
        gboolean ok = cfp_option_check(id, values[i], "the origin", &error);

        if (good) {
            ASSERT_OK(ok, error);
            continue;
        }
        if (ok)
            CU_FAIL_FATAL(values[i]);
        ASSERT_ERROR(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID);
        ASSERT_TRUE(g_str_has_prefix(error->message, "the origin: "));
    }
}

static void
test_integers(void)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "1.0", "x", "0x10", "1\n", "99999999999999999999", NULL};

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);
        g_autofree char *min = g_strdup_printf("%u", option->min);
        g_autofree char *max = g_strdup_printf("%u", option->max);
        g_autofree char *above = g_strdup_printf("%u", option->max + 1);
        const char *const good[] = {min, max, NULL};
        const char *const beyond[] = {above, option->min > 0 ? "0" : above, NULL};

        if (option->kind != CFP_FIELD_INTEGER)
            continue;
        check_values(id, good, TRUE);
        check_values(id, beyond, FALSE);
        check_values(id, bad, FALSE);
    }
    ASSERT_UINT(cfp_option(CFP_OPTION_TIME_LIMIT)->max, 86400);
    ASSERT_UINT(cfp_option(CFP_OPTION_PACKET_LIMIT)->max, 10000);
    ASSERT_UINT(cfp_option(CFP_OPTION_BYTE_LIMIT)->max, 1000000000);
}

static void
test_selectors(void)
{
    static const char *const bad[] = {"", "x", "SAMPLE", "sample ", "no\nline", NULL};

    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const CfpOption *option = cfp_option(id);

        if (option->kind != CFP_FIELD_SELECTOR)
            continue;
        for (const CfpChoice *choice = option->choices; choice->value; choice++) {
            const char *const good[] = {choice->value, NULL};

            check_values(id, good, TRUE);
            ASSERT_TRUE(choice->display[0] != '\0');
        }
        check_values(id, bad, FALSE);
    }
}

static void
test_strings(void)
{
#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
    const struct {
        CfpOptionId id;
        const char *const *good, *const *bad;
    } rows[] = {
        {CFP_OPTION_START,
         STRINGS("now", "90s", "15m", "2h30m", "1d", "14:05", "9:05", "14:05:30",
                 "2026-11-21 14:05", "2026-11-21T14:05:00", "2026-11-21T14:05:00Z",
                 "2026-11-21T14:05:00.123456+01:00", "2026-11-21T14:05Z"),
         STRINGS("", "later", "15", "m", "15 m", "now ", "now\n", "14:5", "14.05", "2026-11-21",
                 "2026-11-21T14:05:00+0100", "1577865600")},
        {CFP_OPTION_SOURCE_ADDRESS,
         STRINGS("192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:DB8::/32", "::"),
         STRINGS("", "example.com", "192.0.2.1 ", "192.0.2.1/", "192.0.2.1/1234", "a b", "1\n",
                 "192.0.2.1/24/24", "fe80::1%eth0")},
        {CFP_OPTION_DESTINATION_ADDRESS, STRINGS("192.0.2.1", "2001:db8::/32"),
         STRINGS("", "example.com")},
        {CFP_OPTION_PROTOCOL, STRINGS("tcp", "ipv6-icmp", "6", "255", "GRE"),
         STRINGS("", "6.0", "-1", "tcp udp", "tcp\n", "1000", "t_cp")},
        {CFP_OPTION_ACCOUNT_ID,
         STRINGS("0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF"),
         STRINGS("", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
                 "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef\n",
                 " 0123456789abcdef0123456789abcdef")},
        {CFP_OPTION_PROFILE, STRINGS("default", "a", "A_b.c-1"),
         STRINGS("", "a b", "[x]", "x]", "é", "a/b", "a\n")},
        {CFP_OPTION_EMAIL, STRINGS("me@example.com", "a+b@c"),
         STRINGS("", "me", "@example.com", "me@", "a b@c", "a@b@c", "me@example.com x")},
        {CFP_OPTION_COLO, STRINGS("ORD", "ord02", "lhr123"),
         STRINGS("", "OR", "ORDX", "ord0234", "0rd", "ord 2", "ord\n")},
        {CFP_OPTION_DESTINATION,
         STRINGS("s3://bucket/dir?region=us-east-1", "r2://bucket?account-id=x", "gs://bucket/d"),
         STRINGS("", "s3://", "http://bucket", "bucket", "S3://bucket")},
        {CFP_OPTION_API_URL,
         STRINGS("https://api.cloudflare.com/client/v4", "http://127.0.0.1:8080"),
         STRINGS("", "https://", "api.cloudflare.com", "ftp://x", "file:///x")},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        check_values(rows[i].id, rows[i].good, TRUE);
        check_values(rows[i].id, rows[i].bad, FALSE);
    }
}

/* A header line must not be broken by what comes from a file, the environment or the dialog. */
static void
test_no_line_breaks(void)
{
    static const CfpOptionId ids[] = {CFP_OPTION_EMAIL,     CFP_OPTION_ACCOUNT_ID,
                                      CFP_OPTION_API_URL,   CFP_OPTION_DESTINATION,
                                      CFP_OPTION_API_TOKEN, CFP_OPTION_API_KEY};
    static const char *const values[] = {
        "me@example.com\r\nX-Evil:1",
        "me@example.com\n",
        "me@example\x01.com",
        "https://example.com/\r\nHost: x",
        "s3://bucket\n",
        "token\r\nX-Evil: 1",
        "to\tken",
        NULL,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        check_values(ids[i], values, FALSE);
}

static void
test_ports(void)
{
    static const CfpOptionId ids[] = {CFP_OPTION_SOURCE_PORT, CFP_OPTION_DESTINATION_PORT};
    static const char *const bad[] = {
        "0",      "00", "01", "080", "65536", "65540", "65600", "66000", "70000", "99999", "100000",
        "655350", "",   "-1", "+1",  "1 ",    " 1",    "1.0",   "http",  "1-2",   "1\n",   NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        for (guint port = 1; port <= 65535; port++) {
            char text[16];

            g_snprintf(text, sizeof text, "%u", port);
            if (!cfp_option_check(ids[i], text, "", NULL))
                CU_FAIL_FATAL("a port is refused");
        }
        check_values(ids[i], bad, FALSE);
    }
}

/* The same expression is used by Qt, which finds it anywhere in the text unless it is anchored. */
static void
test_validations_are_anchored(void)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        const char *validation = cfp_option(id)->validation;

        if (!validation)
            continue;
        ASSERT_TRUE(validation[0] == '^');
        ASSERT_TRUE(g_str_has_suffix(validation, "$") || id == CFP_OPTION_DESTINATION ||
                    id == CFP_OPTION_API_URL);
    }
}

static void
test_secrets(void)
{
    static const char *const good[] = {"a", "0123456789_-.~+/=", NULL};
    static const char *const bad[] = {"s3cret token", "s3cret\n",   "\ts3cret", "s3cr\xc3\xa9t",
                                      "s3cret\x7f",   "s3cret\xff", NULL};
    static const CfpOptionId ids[] = {CFP_OPTION_API_TOKEN, CFP_OPTION_API_KEY};
    g_autofree char *longest = g_strnfill(CFP_MAX_SECRET, 'x');
    g_autofree char *too_long = g_strnfill(CFP_MAX_SECRET + 1, 'x');
    const char *const fits[] = {longest, NULL};
    const char *const beyond[] = {too_long, NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        check_values(ids[i], good, TRUE);
        check_values(ids[i], fits, TRUE);
        check_values(ids[i], bad, FALSE);
        check_values(ids[i], beyond, FALSE);
        for (size_t j = 0; bad[j]; j++) {
            g_autoptr(GError) error = NULL;

            ASSERT_FALSE(cfp_option_check(ids[i], bad[j], "the origin", &error));
            ASSERT_LACKS(error->message, "s3cr");
        }
    }
}

static void
test_free_texts(void)
{
    static const char *const good[] = {"/path/to/a file", "relative", "/é", NULL};
    static const char *const bad[] = {"\xff", NULL};
    static const CfpOptionId ids[] = {CFP_OPTION_API_TOKEN_FILE, CFP_OPTION_CA_FILE,
                                      CFP_OPTION_LOG_FILE};

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        check_values(ids[i], good, TRUE);
        check_values(ids[i], bad, FALSE);
    }
}

static void
test_messages(void)
{
    g_autofree char *long_value = g_strnfill(10000, 'x');
    g_autoptr(GError) integer = NULL;
    g_autoptr(GError) choice = NULL;
    g_autoptr(GError) lines = NULL;
    g_autoptr(GError) cut = NULL;

    ASSERT_FALSE(cfp_option_check(CFP_OPTION_PACKET_LIMIT, "0", "--packet-limit", &integer));
    ASSERT_STR(integer->message, "--packet-limit: \"0\" is not a whole number from 1 to 10000");
    ASSERT_FALSE(cfp_option_check(CFP_OPTION_FORMAT, "x", "--format", &choice));
    ASSERT_STR(choice->message, "--format: \"x\" is none of pcapng, pcap");
    ASSERT_FALSE(cfp_option_check(CFP_OPTION_COLO, "two\nlines", "--colo", &lines));
    ASSERT_CONTAINS(lines->message, "--colo: \"two lines\" ");
    ASSERT_FALSE(cfp_option_check(CFP_OPTION_COLO, long_value, "--colo", &cut));
    ASSERT_TRUE(strlen(cut->message) < 300);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"every option is described and found by its name", test_table_is_complete},
        {"names survive as Wireshark's preferences", test_names},
        {"built-in defaults are valid", test_fallbacks_are_valid},
        {"an unknown name is no option", test_unknown_name},
        {"whole numbers have their range", test_integers},
        {"selectors have their choices", test_selectors},
        {"texts have their form", test_strings},
        {"no value that is sent breaks a line", test_no_line_breaks},
        {"ports are 1 to 65535, all of them", test_ports},
        {"validations hold the whole text", test_validations_are_anchored},
        {"secrets have no blanks, and are not repeated", test_secrets},
        {"paths are any text in UTF-8", test_free_texts},
        {"a message says what was expected, in one short line", test_messages},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "options", cases);
}
