/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_TEXT_H
#define CFP_BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>

/**
 * Foreign text made fit to be shown on one line: valid UTF-8, control characters and line breaks
 * as one space, at most `max_bytes` (cut at a character with "…"). Returns: owned; NULL for NULL.
 */
char *cfp_text_one_line(const char *text, gsize max_bytes);

/** A whole decimal number without sign or blanks, from min to max. ret_value: set on TRUE. */
bool cfp_text_to_uint(const char *text, guint64 min, guint64 max, guint64 *ret_value);

/** UTC as RFC 3339 with microseconds where there are any: "2026-11-21T07:00:00Z". Owned. */
char *cfp_text_utc(gint64 unix_us);

/** Local time for a person: "2026-11-21 08:00:00". Owned. */
char *cfp_text_local(gint64 unix_us);

/** Reads an RFC 3339 date-time. Returns FALSE when it is none. ret_us: microseconds since 1970. */
bool cfp_text_from_rfc3339(const char *text, gint64 *ret_us);

#endif
