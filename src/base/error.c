/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <gio/gio.h>

gboolean
cfp_throw(GError **error, GQuark domain, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(domain, code, format, args));
    va_end(args);
    return FALSE;
}

gboolean
cfp_throw_errno(GError **error, int saved_errno, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(saved_errno), "%s: %s", text,
                g_strerror(saved_errno));
    return FALSE;
}

gboolean
cfp_prefix(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_prefix_error(error, "%s: ", text);
    return FALSE;
}
