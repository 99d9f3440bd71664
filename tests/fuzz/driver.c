/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* Runs a fuzzer on files and on the files of directories, where libFuzzer is not at hand. */

static int
run_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    g_autofree uint8_t *exact = NULL;
    gsize len;

    if (!g_file_get_contents(path, &data, &len, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    /* GLib adds a zero byte, which would hide a read beyond the end. */
    exact = g_malloc(MAX(len, 1));
    if (len > 0)
        memcpy(exact, data, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    return 0;
}

/* Returns the number of files that could not be read; adds to `ran`. */
static int
run_path(const char *path, unsigned *ran)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    int failed = 0;

    if (!directory) {
        (*ran)++;
        return run_file(path);
    }
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        failed += run_path(child, ran);
    }
    return failed;
}

int
main(int argc, char **argv)
{
    unsigned ran = 0;
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed += run_path(argv[i], &ran);
    printf("%u inputs\n", ran);
    /* An empty corpus would be a test that can't fail. */
    return failed == 0 && ran > 0 ? 0 : 1;
}
