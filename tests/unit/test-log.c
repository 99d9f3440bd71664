/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "test"

#include "base/log.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/child.h"
#include "support/cunit-runner.h"

/* GLib takes a log writer once in a process: each test logs in a process of its own. */
typedef struct {
    const char *path;
    const char *level;
} Target;

static void
say_everything(void)
{
    g_debug("a %s", "debug");
    g_info("an info");
    g_message("a message");
    g_warning("a warning");
    g_log(G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "the older way");
}

static int
log_everything(void *data)
{
    const Target *target = data;
    g_autoptr(GError) error = NULL;

    (void)umask(0);
    cfp_log_init();
    say_everything();
    if (target->level && !cfp_log_open(target->path, target->level, &error))
        return 1;
    say_everything();
    /* Fatal by the test runner's choice; it must reach the file before. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK);
    g_critical("a critical");
    return 0;
}

static char *
new_path(void)
{
    g_autofree char *directory = g_dir_make_tmp("cfp-log-XXXXXX", NULL);

    return g_build_filename(directory, "log", NULL);
}

static void
remove_take(char *path)
{
    g_autofree char *owned = path;
    g_autofree char *directory = g_path_get_dirname(owned);

    (void)g_remove(owned);
    (void)g_rmdir(directory);
}

/* Returns: what the file holds; fails when anything came out of stdout or stderr. */
static char *
log_into(const char *path, const char *level)
{
    Target target = {path, level};
    g_autofree char *output = NULL;
    char *text = NULL;
    int status;

    g_unsetenv("G_DEBUG");
    status = cfp_child_run(log_everything, &target, &output);
    ASSERT_STR(output, "");
    ASSERT_TRUE(status == 0);
    if (path && g_file_test(path, G_FILE_TEST_IS_REGULAR))
        (void)g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void
test_silent(void)
{
    g_autofree char *text = log_into(NULL, NULL);

    ASSERT_STR(text, NULL);
    g_free(log_into(NULL, "debug"));
}

static void
test_levels(void)
{
    static const char *const words[] = {"a debug", "an info", "a message", "a warning",
                                        "a critical"};
    static const struct {
        const char *level;
        size_t first; /* of the words */
    } rows[] = {
        {"debug", 0},   {"noisy", 0},    {"info", 1},  {"message", 2},
        {"warning", 3}, {"critical", 4}, {"error", 4}, {"Info", 1},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *path = new_path();
        g_autofree char *text = log_into(path, rows[i].level);

        for (size_t w = 0; w < G_N_ELEMENTS(words); w++)
            ASSERT_TRUE((strstr(text, words[w]) != NULL) == (w >= rows[i].first));
        ASSERT_TRUE((strstr(text, "the older way") != NULL) == (rows[i].first <= 2));
        remove_take(path);
    }
}

static void
test_lines(void)
{
    char *path = new_path();
    g_autofree char *text = log_into(path, "warning");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    ASSERT_UINT(g_strv_length(lines), 3);
    ASSERT_TRUE(g_regex_match_simple("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                     "[.][0-9]{3}Z [0-9]+ warning  test: a warning$",
                                     lines[0], 0, 0));
    ASSERT_CONTAINS(lines[1], " critical test: a critical");
    ASSERT_STR(lines[2], "");
    remove_take(path);
}

static void
test_private_and_appended(void)
{
    char *path = new_path();
    g_autofree char *once = log_into(path, "warning");
    g_autofree char *twice = log_into(path, "warning");
    struct stat info;

    ASSERT_TRUE(stat(path, &info) == 0);
    ASSERT_UINT(info.st_mode & 0777, 0600);
    ASSERT_TRUE(g_str_has_prefix(twice, once));
    ASSERT_UINT(strlen(twice), 2 * strlen(once));
    remove_take(path);
}

static void
test_full_disk(void)
{
    g_autofree char *text = NULL;

    if (access("/dev/full", W_OK) != 0)
        return;
    text = log_into("/dev/full", "debug");
}

static void
test_errors(void)
{
    g_autoptr(GError) level = NULL;
    g_autoptr(GError) file = NULL;

    ASSERT_FALSE(cfp_log_open(NULL, "loud", &level));
    ASSERT_ERROR(level, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    ASSERT_CONTAINS(level->message, "\"loud\"");
    ASSERT_FALSE(cfp_log_open("/no/such/directory/log", "info", &file));
    ASSERT_ERROR(file, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    ASSERT_CONTAINS(file->message, "/no/such/directory/log");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"nothing goes to stdout or stderr", test_silent},
        {"a level lets itself and the graver ones pass", test_levels},
        {"a line has time, process, level, domain and text", test_lines},
        {"the file is private, and appended to", test_private_and_appended},
        {"a full disk loses the lines and nothing else", test_full_disk},
        {"an unknown level and a file that can't be opened are errors", test_errors},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "log", cases);
}
