/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/scratch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

CfpScratch
cfp_scratch_new(void)
{
    CfpScratch self = {.path = g_dir_make_tmp("cfp-test-XXXXXX", NULL)};

    if (!self.path)
        g_error("no directory for temporary files");
    return self;
}

void
cfp_scratch_clear(CfpScratch *self)
{
    g_autoptr(GDir) directory = self->path ? g_dir_open(self->path, 0, NULL) : NULL;
    const char *name;

    while (directory && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *path = cfp_scratch_path(self, name);

        (void)g_remove(path);
    }
    if (self->path)
        (void)g_rmdir(self->path);
    g_clear_pointer(&self->path, g_free);
}

char *
cfp_scratch_path(const CfpScratch *self, const char *name)
{
    return g_build_filename(self->path, name, NULL);
}

char *
cfp_scratch_write(const CfpScratch *self, const char *name, const char *text, mode_t mode)
{
    char *path = cfp_scratch_path(self, name);

    if (!g_file_set_contents(path, text, -1, NULL) || chmod(path, mode) != 0)
        g_error("%s can't be written", path);
    return path;
}
