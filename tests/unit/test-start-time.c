/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/start-time.h"

#include "app/options.h"
#include "base/text.h"
#include "support/asserts.h"

/* A Saturday noon in November, and its wall clock in Berlin, 13:00. */
#define NOON "2026-11-21T12:00:00Z"

static gint64
utc(const char *text)
{
    gint64 us = 0;

    ASSERT_TRUE(cfp_text_from_rfc3339(text, &us));
    return us;
}

/* expected: RFC 3339, or "0". */
static void
reads(const char *zone_name, const char *now, const char *text, const char *expected)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    g_autoptr(GError) error = NULL;
    g_autofree char *got = NULL;
    gint64 us = -1;

    ASSERT_TRUE(zone != NULL);
    ASSERT_OK(cfp_start_time_parse(text, utc(now), zone, &us, &error), error);
    got = us == 0 ? g_strdup("0") : cfp_text_utc(us);
    ASSERT_STR(got, expected);
}

static void
refuses(const char *zone_name, const char *now, const char *text, const char *reason)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    g_autoptr(GError) error = NULL;
    gint64 us = 4711;

    ASSERT_TRUE(zone != NULL);
    if (cfp_start_time_parse(text, utc(now), zone, &us, &error))
        CU_FAIL_FATAL(text);
    ASSERT_ERROR(error, CFP_OPTION_ERROR, CFP_OPTION_ERROR_INVALID);
    ASSERT_CONTAINS(error->message, reason);
    ASSERT_INT(us, 4711);
}

static void
test_now(void)
{
    reads("UTC", NOON, "now", "0");
    reads("UTC", NOON, "", "0");
    reads("UTC", NOON, "0s", "0");
    refuses("UTC", NOON, "NOW", "is no time");
    refuses("UTC", NOON, "now ", "is no time");
}

static void
test_ages(void)
{
    reads("UTC", NOON, "1s", "2026-11-21T11:59:59Z");
    reads("UTC", NOON, "90s", "2026-11-21T11:58:30Z");
    reads("UTC", NOON, "15m", "2026-11-21T11:45:00Z");
    reads("UTC", NOON, "2h30m", "2026-11-21T09:30:00Z");
    reads("UTC", NOON, "30m2h", "2026-11-21T09:30:00Z");
    reads("UTC", NOON, "1h1h", "2026-11-21T10:00:00Z");
    reads("Europe/Berlin", NOON, "15m", "2026-11-21T11:45:00Z");
    refuses("UTC", NOON, "15", "is no time");
    refuses("UTC", NOON, "m", "is no time");
    refuses("UTC", NOON, "15x", "is no time");
    refuses("UTC", NOON, "15m ", "is no time");
    refuses("UTC", NOON, "-15m", "is no time");
    refuses("UTC", NOON, "1.5h", "is no time");
}

static void
test_limits_of_ages(void)
{
    /* The request takes a moment: what is just allowed here would be too old there. */
    reads("UTC", NOON, "24h", "2026-11-20T12:00:10Z");
    reads("UTC", NOON, "1d", "2026-11-20T12:00:10Z");
    reads("UTC", NOON, "86400s", "2026-11-20T12:00:10Z");
    reads("UTC", NOON, "23h59m", "2026-11-20T12:01:00Z");
    refuses("UTC", NOON, "86401s", "more than 24 hours");
    refuses("UTC", NOON, "2d", "more than 24 hours");
}

/* Sums that no clock can hold. */
static void
test_huge_ages(void)
{
    g_autoptr(GString) many = g_string_new(NULL);

    refuses("UTC", NOON, "2147483647s", "more than 24 hours");
    refuses("UTC", NOON, "99999d", "more than 24 hours");
    refuses("UTC", NOON, "2147483647d", "");
    refuses("UTC", NOON, "18446744073709551615s", "");
    refuses("UTC", NOON, "99999999999999999999999999s", "");
    for (int i = 0; i < 3000; i++)
        g_string_append(many, "99999d");
    refuses("UTC", NOON, many->str, "");
}

static void
test_time_of_day(void)
{
    reads("UTC", NOON, "11:30", "2026-11-21T11:30:00Z");
    reads("UTC", NOON, "11:30:15", "2026-11-21T11:30:15Z");
    reads("UTC", NOON, "9:05", "2026-11-21T09:05:00Z");
    reads("UTC", NOON, "09:05", "2026-11-21T09:05:00Z");
    reads("UTC", NOON, "0:00", "2026-11-21T00:00:00Z");
    reads("UTC", NOON, "12:00", "0");
    /* Still to come today: yesterday's. */
    reads("UTC", NOON, "12:01", "2026-11-20T12:01:00Z");
    reads("UTC", NOON, "23:59", "2026-11-20T23:59:00Z");
    reads("Europe/Berlin", NOON, "13:00", "0");
    reads("Europe/Berlin", NOON, "12:30", "2026-11-21T11:30:00Z");
    reads("Europe/Berlin", NOON, "13:30", "2026-11-20T12:30:00Z");
    /* Just behind midnight. */
    reads("Europe/Berlin", "2026-11-20T23:10:00Z", "23:50", "2026-11-20T22:50:00Z");
    reads("America/New_York", "2026-01-01T04:30:00Z", "23:00", "2026-01-01T04:00:00Z");
    refuses("UTC", NOON, "24:00", "is no time");
    refuses("UTC", NOON, "11:60", "is no time");
    refuses("UTC", NOON, "11:5", "is no time");
    refuses("UTC", NOON, "1130", "is no time");
    refuses("UTC", NOON, ":30", "is no time");
    refuses("UTC", NOON, "111:30", "is no time");
    refuses("UTC", NOON, "11:30:", "is no time");
    refuses("UTC", NOON, "11:30pm", "is no time");
}

/* 2026-10-25, 03:00 CEST is 02:00 CET: every minute between 2 and 3 comes twice. */
static void
test_autumn(void)
{
    const char *zone = "Europe/Berlin";

    /* The first 02:30 is the only one that has been. */
    reads(zone, "2026-10-25T00:35:00Z", "02:30", "2026-10-25T00:30:00Z");
    /* Both have been: the latest. */
    reads(zone, "2026-10-25T01:35:00Z", "02:30", "2026-10-25T01:30:00Z");
    reads(zone, "2026-10-25T12:00:00Z", "01:30", "2026-10-24T23:30:00Z");
    reads(zone, "2026-10-25T12:00:00Z", "03:30", "2026-10-25T02:30:00Z");
    /* The day has 25 hours. */
    refuses(zone, "2026-10-25T12:00:00Z", "13:30", "more than 24 hours");
    reads(zone, "2026-10-26T11:00:00Z", "12:30", "2026-10-25T11:30:00Z");
}

/* 2026-03-29, 02:00 CET is 03:00 CEST: the day has 23 hours. */
static void
test_spring(void)
{
    const char *zone = "Europe/Berlin";

    reads(zone, "2026-03-29T10:00:00Z", "01:30", "2026-03-29T00:30:00Z");
    reads(zone, "2026-03-29T10:00:00Z", "03:30", "2026-03-29T01:30:00Z");
    reads(zone, "2026-03-29T10:00:00Z", "12:30", "2026-03-28T11:30:00Z");
    reads(zone, "2026-03-29T10:00:00Z", "2026-03-29 03:30", "2026-03-29T01:30:00Z");
}

static void
test_date_and_time(void)
{
    reads("UTC", NOON, "2026-11-21 11:30", "2026-11-21T11:30:00Z");
    reads("UTC", NOON, "2026-11-21T11:30", "2026-11-21T11:30:00Z");
    reads("UTC", NOON, "2026-11-21 11:30:15", "2026-11-21T11:30:15Z");
    reads("UTC", NOON, "2026-11-21 11:30:15.250", "2026-11-21T11:30:15.250000Z");
    reads("Europe/Berlin", NOON, "2026-11-21 11:30", "2026-11-21T10:30:00Z");
    reads("Europe/Berlin", NOON, "2026-11-21T11:30:00Z", "2026-11-21T11:30:00Z");
    reads("Europe/Berlin", NOON, "2026-11-21T11:30Z", "2026-11-21T11:30:00Z");
    reads("UTC", NOON, "2026-11-21T11:30:00+01:30", "2026-11-21T10:00:00Z");
    reads("UTC", NOON, "2026-11-21T11:30+01:30", "2026-11-21T10:00:00Z");
    reads("UTC", NOON, "2026-11-21T06:30:00.123456-05:00", "2026-11-21T11:30:00.123456Z");
    refuses("UTC", NOON, "2026-11-21", "is no time");
    refuses("UTC", NOON, "2026-11-31 11:30", "is no time");
    refuses("UTC", NOON, "2026-13-01 11:30", "is no time");
    refuses("UTC", NOON, "2026-11-21 11:30x", "is no time");
    refuses("UTC", NOON, "21.11.2026 11:30", "is no time");
    refuses("UTC", NOON, "2026-11-21  11:30", "is no time");
}

static void
test_limits_of_moments(void)
{
    reads("UTC", NOON, "2026-11-20T12:00:00Z", "2026-11-20T12:00:10Z");
    refuses("UTC", NOON, "2026-11-20T11:59:59Z", "more than 24 hours");
    refuses("UTC", NOON, "1970-01-01T00:00:00Z", "more than 24 hours");
    refuses("UTC", NOON, "0001-01-01T00:00:00Z", "more than 24 hours");
    reads("UTC", NOON, "2026-11-21T12:00:00Z", "0");
    reads("UTC", NOON, "2026-11-21T12:00:05Z", "0");
    refuses("UTC", NOON, "2026-11-21T12:00:06Z", "in the future");
    refuses("UTC", NOON, "9999-12-31T23:59:59Z", "in the future");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"now is now", test_now},
        {"an age is a sum of days, hours, minutes and seconds", test_ages},
        {"an age reaches 24 hours back", test_limits_of_ages},
        {"an age beyond all clocks is refused", test_huge_ages},
        {"a time of day is the latest one that has been", test_time_of_day},
        {"the hour that comes twice is the latest one that has been", test_autumn},
        {"the hour that never comes confuses nothing", test_spring},
        {"a date and time is local unless it says otherwise", test_date_and_time},
        {"a moment lies within 24 hours, and not in the future", test_limits_of_moments},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "start-time", cases);
}
