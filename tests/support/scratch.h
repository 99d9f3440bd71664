/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_SCRATCH_H
#define CFP_TESTS_SUPPORT_SCRATCH_H

#include <glib.h>
#include <sys/types.h>

/** A directory of one test's own, removed with its files. */
typedef struct {
    char *path;
} CfpScratch;

CfpScratch cfp_scratch_new(void);

void cfp_scratch_clear(CfpScratch *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpScratch, cfp_scratch_clear)

/** Path of a name in it. Owned. */
char *cfp_scratch_path(const CfpScratch *self, const char *name);

/** Writes a file in it. Returns its path, owned. */
char *cfp_scratch_write(const CfpScratch *self, const char *name, const char *text, mode_t mode);

#endif
