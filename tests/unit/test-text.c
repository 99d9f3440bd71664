/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include "support/cunit-runner.h"

#define REPLACEMENT "\xef\xbf\xbd"

static void
check_line(const char *text, gsize max_bytes, const char *expected)
{
    g_autofree char *line = cfp_text_one_line(text, max_bytes);

    ASSERT_STR(line, expected);
}

static void
test_line_plain(void)
{
    check_line("one line", 100, "one line");
    check_line("", 100, "");
    check_line(NULL, 100, NULL);
}

static void
test_line_blanks(void)
{
    check_line("one\ntwo", 100, "one two");
    check_line("one\r\n\r\n\ttwo", 100, "one two");
    check_line("  one   two  ", 100, "one two");
    check_line("\n", 100, "");
    check_line("\x1b[31mred\x07", 100, "[31mred");
    check_line("a\x7f"
               "b",
               100, "a b");
}

/* NEL, LINE SEPARATOR, a right-to-left override, a byte order mark. */
static void
test_line_unicode_controls(void)
{
    check_line("a\xc2\x85"
               "b",
               100, "a b");
    check_line("a\xe2\x80\xa8"
               "b",
               100, "a b");
    check_line("a\xe2\x80\xae"
               "b",
               100, "a b");
    check_line("\xef\xbb\xbf"
               "b",
               100, "b");
}

static void
test_line_invalid_utf8(void)
{
    check_line("a\xff"
               "b",
               100, "a" REPLACEMENT "b");
    check_line("cut \xe2\x82", 100, "cut " REPLACEMENT REPLACEMENT);
}

static void
test_line_fits(void)
{
    check_line("0123456789", 10, "0123456789");
    check_line("01234567é", 10, "01234567é");
    check_line("0123456789 ", 10, "0123456789");
}

static void
test_line_cut(void)
{
    g_autofree char *long_text = g_strnfill(5000, 'x');
    g_autofree char *line = cfp_text_one_line(long_text, 400);

    ASSERT_TRUE(strlen(line) <= 400);
    ASSERT_TRUE(strlen(line) > 390);
    ASSERT_TRUE(g_str_has_suffix(line, "x…"));
}

/* Whatever the maximum is: no longer than that, valid, a prefix of the text, and marked. */
static void
test_line_cut_at_characters(void)
{
    const char *text = "aé€𝄞aé€𝄞aé€𝄞aé€𝄞";

    for (gsize max = 3; max <= strlen(text) + 1; max++) {
        g_autofree char *line = cfp_text_one_line(text, max);
        gsize len = strlen(line);

        ASSERT_TRUE(len <= max);
        ASSERT_TRUE(g_utf8_validate(line, -1, NULL));
        ASSERT_TRUE(strstr(line, REPLACEMENT) == NULL);
        if (max >= strlen(text)) {
            ASSERT_STR(line, text);
            continue;
        }
        ASSERT_TRUE(g_str_has_suffix(line, "…"));
        ASSERT_BYTES(line, len - strlen("…"), text, len - strlen("…"));
    }
}

/* Blanks become one: what they took is free for the text behind them. */
static void
test_line_collapsed(void)
{
    check_line("a                    é", 10, "a é");
    check_line("a        é", 10, "a é");
    check_line("\n\n\n\n\n\n\n\n\n\n\n\nwhy", 10, "why");
    check_line("why\n\n\n\n\n\n\n\n\n\n\n\n", 10, "why");
}

static void
test_line_tiny(void)
{
    for (gsize max = 0; max < 4; max++) {
        g_autofree char *line = cfp_text_one_line("abcdef", max);

        ASSERT_TRUE(strlen(line) <= max);
    }
}

static void
test_uint(void)
{
    static const struct {
        const char *text;
        guint64 min, max, value;
        bool good;
    } rows[] = {
        {"0", 0, 10, 0, true},
        {"10", 0, 10, 10, true},
        {"007", 0, 10, 7, true},
        {"18446744073709551615", 0, G_MAXUINT64, G_MAXUINT64, true},
        {"11", 0, 10, 0, false},
        {"0", 1, 10, 0, false},
        {"18446744073709551616", 0, G_MAXUINT64, 0, false},
        {"", 0, 10, 0, false},
        {" 1", 0, 10, 0, false},
        {"1 ", 0, 10, 0, false},
        {"+1", 0, 10, 0, false},
        {"-1", 0, G_MAXUINT64, 0, false},
        {"1.0", 0, 10, 0, false},
        {"0x1", 0, 10, 0, false},
        {"1\n", 0, 10, 0, false},
        {"a", 0, 10, 0, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint64 value = 4711;
        bool good = cfp_text_to_uint(rows[i].text, rows[i].min, rows[i].max, &value);

        ASSERT_UINT(good, rows[i].good);
        ASSERT_UINT(value, rows[i].good ? rows[i].value : 4711);
    }
}

static void
check_utc(gint64 us, const char *expected)
{
    g_autofree char *text = cfp_text_utc(us);

    ASSERT_STR(text, expected);
}

static void
test_utc(void)
{
    check_utc(0, "1970-01-01T00:00:00Z");
    check_utc(G_GINT64_CONSTANT(1577865600000000), "2020-01-01T08:00:00Z");
    check_utc(G_GINT64_CONSTANT(1577865600000001), "2020-01-01T08:00:00.000001Z");
    check_utc(G_GINT64_CONSTANT(1654195102269047), "2022-06-02T18:38:22.269047Z");
    check_utc(G_MAXINT64, "?.775807Z");
}

static void
test_local(void)
{
    g_autofree char *text = cfp_text_local(G_GINT64_CONSTANT(1577865600999999));
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(1577865600);
    g_autofree char *expected = g_date_time_format(time, "%Y-%m-%d %H:%M:%S");

    ASSERT_STR(text, expected);
}

static void
test_rfc3339(void)
{
    static const struct {
        const char *text;
        gint64 us;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2020-01-01T08:00:00Z", G_GINT64_CONSTANT(1577865600000000)},
        {"2020-01-01T08:00:00.5Z", G_GINT64_CONSTANT(1577865600500000)},
        {"2022-06-02T18:38:22.269047Z", G_GINT64_CONSTANT(1654195102269047)},
        {"2022-06-02T18:38:22.269047123Z", G_GINT64_CONSTANT(1654195102269047)},
        {"2020-01-01T09:30:00+01:30", G_GINT64_CONSTANT(1577865600000000)},
        {"2020-01-01T00:00:00-08:00", G_GINT64_CONSTANT(1577865600000000)},
        {"2020-02-29T00:00:00Z", G_GINT64_CONSTANT(1582934400000000)},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 us = -1;

        ASSERT_TRUE(cfp_text_from_rfc3339(rows[i].text, &us));
        ASSERT_UINT((guint64)us, (guint64)rows[i].us);
    }
}

static void
test_rfc3339_refused(void)
{
    static const char *const texts[] = {
        "",
        "now",
        "2020-01-01",
        "20200101T080000Z",
        "20200101T080000.000000Z",
        "2020-13-01T08:00:00Z",
        "2021-02-29T08:00:00Z",
        "2020-01-01T25:00:00Z",
        "2020-01-01T08:00:00Zjunk",
        "2020-W53-1T08:00:00Z",
        "2020-001T08:00:00.0Z",
        "1577865600.000000000",
    };
    gint64 us = 4711;

    ASSERT_FALSE(cfp_text_from_rfc3339(NULL, &us));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (cfp_text_from_rfc3339(texts[i], &us))
            CU_FAIL_FATAL(texts[i]);
    ASSERT_TRUE(us == 4711);
}

/* The service's "submitted" and "offset_time" are compared with ours to the microsecond. */
static void
test_rfc3339_round_trip(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3339);

    for (int i = 0; i < 20000; i++) {
        gint64 us = (gint64)g_rand_int(rand) * G_USEC_PER_SEC + g_rand_int_range(rand, 0, 1000000);
        g_autofree char *text = cfp_text_utc(us);
        gint64 back = -1;

        ASSERT_TRUE(cfp_text_from_rfc3339(text, &back));
        ASSERT_UINT((guint64)back, (guint64)us);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a plain line stays as it is", test_line_plain},
        {"line breaks, control characters and runs of blanks are one space", test_line_blanks},
        {"Unicode's line breaks and invisible characters are blanks", test_line_unicode_controls},
        {"bytes that are no UTF-8 are replaced", test_line_invalid_utf8},
        {"a line that just fits is not cut", test_line_fits},
        {"a long line is cut and says so", test_line_cut},
        {"every maximum cuts between characters", test_line_cut_at_characters},
        {"blanks that are dropped don't cost what comes behind them", test_line_collapsed},
        {"a maximum too small for the mark is kept all the same", test_line_tiny},
        {"a number is decimal digits within its limits", test_uint},
        {"UTC has microseconds only where there are any", test_utc},
        {"local time is written for a person", test_local},
        {"an RFC 3339 time is read, with its offset and fraction", test_rfc3339},
        {"what is no RFC 3339 time is refused", test_rfc3339_refused},
        {"every microsecond survives writing and reading", test_rfc3339_round_trip},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "text", cases);
}
