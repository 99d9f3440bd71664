/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_START_TIME_H
#define CFP_APP_START_TIME_H

#include <glib.h>

/**
 * Reads the moment from which a sample capture looks back: "now", an age ("90s", "2h30m"), a local
 * time of day ("14:05", the latest one that is not in the future), a local date and time, or
 * RFC 3339. Pure: now_us is the wall clock, microseconds since 1970; local times are in `zone`.
 *
 * ret_us: microseconds since 1970; 0 for now and for moments up to five seconds ahead (a clock
 * that differs). Errors: CFP_OPTION_ERROR_INVALID: not readable, in the future, or more than
 * 24 hours back. The last seconds of these 24 hours are cut off: the request takes a moment.
 */
gboolean cfp_start_time_parse(const char *text, gint64 now_us, GTimeZone *zone, gint64 *ret_us,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
