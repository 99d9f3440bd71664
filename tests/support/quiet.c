/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/quiet.h"

#include <glib.h>

static GLogWriterOutput
drop(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return g_log_writer_default(level, fields, n_fields, data);
    return G_LOG_WRITER_HANDLED;
}

void
cfp_quiet_log(void)
{
    g_log_set_writer_func(drop, NULL, NULL);
}
