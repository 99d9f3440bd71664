/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_ERROR_H
#define CFP_BASE_ERROR_H

#include <glib.h>

/**
 * Sets `error` and returns FALSE, so that failing is one statement:
 * `return cfp_throw(error, CFP_X_ERROR, CFP_X_ERROR_Y, "…", …);`
 *
 * The text is one sentence without a final full stop: the thing, then the reason. The remedy is
 * added by the front end (app/advice.h).
 */
gboolean cfp_throw(GError **error, GQuark domain, int code, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/**
 * The same for a failed system call: maps `saved_errno` to G_IO_ERROR_* and appends its text.
 */
gboolean cfp_throw_errno(GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** Puts "format: " before the message of an error that is set. Returns FALSE. */
gboolean cfp_prefix(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
