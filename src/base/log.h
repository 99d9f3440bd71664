/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_BASE_LOG_H
#define CFP_BASE_LOG_H

#include <glib.h>

/**
 * From now on nothing that g_debug, g_info, g_message and g_warning say goes to stdout or stderr,
 * which belong to Wireshark. Once, first of all.
 */
void cfp_log_init(void);

/**
 * From now on they go to `path` (appended, created with mode 0600; NULL: nowhere), from `level` on:
 * debug, info, message, warning or critical (extcap also says noisy and error).
 * Errors: G_IO_ERROR_* when the file can't be opened; G_IO_ERROR_INVALID_ARGUMENT for the level.
 */
gboolean cfp_log_open(const char *path, const char *level,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
