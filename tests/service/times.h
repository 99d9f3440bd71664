/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_TIMES_H
#define CFP_TESTS_SERVICE_TIMES_H

#include <glib.h>

/**
 * Reads an RFC 3339 date-time, strictly: "T", seconds, and a zone are required. `us`: microseconds
 * since 1970, UTC; untouched when FALSE is returned.
 */
gboolean cfp_service_time_parse(const char *text, gint64 *us);

/** "2026-01-02T03:04:05.000006Z". */
char *cfp_service_time_format(gint64 us);

/** "2026-01-02T03:04:05Z", or the text that was sent when it is whole seconds of UTC anyhow. */
char *cfp_service_time_format_seconds(gint64 us);

/** "Sat, 21 Nov 2026 08:01:55 GMT", the form of the HTTP header Date (RFC 9110, 5.6.7). */
char *cfp_service_time_format_http(gint64 us);

#endif
