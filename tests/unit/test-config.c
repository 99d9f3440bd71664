/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/scratch.h"

static CfpConfig *
load(const CfpScratch *scratch, const char *text)
{
    g_autofree char *path = cfp_scratch_write(scratch, "config", text, 0600);
    g_autoptr(GError) error = NULL;
    CfpConfig *config = cfp_config_load(path, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(config != NULL);
    return config;
}

static void
load_fails(const CfpScratch *scratch, const char *text, mode_t mode, CfpConfigError code,
           const char *reason)
{
    g_autofree char *path = cfp_scratch_write(scratch, "config", text, mode);
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpConfig) config = cfp_config_load(path, &error);

    if (config)
        fprintf(stderr, "\n    accepted: %s", text);
    ASSERT_TRUE(config == NULL);
    ASSERT_ERROR(error, CFP_CONFIG_ERROR, code);
    ASSERT_CONTAINS(error->message, path);
    ASSERT_CONTAINS(error->message, reason);
    ASSERT_LACKS(error->message, "s3cret");
}

static void
check_value(const CfpConfig *config, const char *profile, CfpOptionId id, const char *expected,
            const char *section)
{
    g_autofree char *origin = NULL;
    g_autofree char *value = cfp_config_get(config, profile, id, &origin);

    ASSERT_STR(value, expected);
    if (!expected) {
        ASSERT_STR(origin, NULL);
        return;
    }
    ASSERT_CONTAINS(origin, section);
    ASSERT_TRUE(g_str_has_suffix(origin, cfp_option(id)->name));
}

static void
test_path(void)
{
    g_autofree char *path = cfp_config_path();

    ASSERT_TRUE(g_str_has_prefix(path, g_get_user_config_dir()));
    ASSERT_TRUE(g_str_has_suffix(path, "/cloudflare-pcap/config"));
}

static void
test_no_file(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *none = cfp_scratch_path(&scratch, "none");
    g_autofree char *file = cfp_scratch_write(&scratch, "file", "", 0600);
    g_autofree char *below = g_build_filename(file, "config", NULL);
    const char *const paths[] = {none, below};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CfpConfig) config = cfp_config_load(paths[i], &error);

        ASSERT_NO_ERROR(error);
        check_value(config, NULL, CFP_OPTION_TIME_LIMIT, NULL, NULL);
    }
    cfp_config_free(NULL);
}

static void
test_sections(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autoptr(CfpConfig) config =
        load(&scratch, "# a comment\n[default]\ntime-limit=30\nstart = 15m \napi-token=s3cret\n"
                       "email=\n\n[profile work]\ntime-limit=300\n[profile two words]\n");
    g_autoptr(GError) error = NULL;

    check_value(config, NULL, CFP_OPTION_TIME_LIMIT, "30", "[default]");
    check_value(config, NULL, CFP_OPTION_START, "15m ", "[default]");
    check_value(config, NULL, CFP_OPTION_API_TOKEN, "s3cret", "[default]");
    check_value(config, NULL, CFP_OPTION_EMAIL, NULL, NULL);
    check_value(config, NULL, CFP_OPTION_COLO, NULL, NULL);
    check_value(config, "work", CFP_OPTION_TIME_LIMIT, "300", "[profile work]");
    check_value(config, "work", CFP_OPTION_START, NULL, NULL);
    check_value(config, "none", CFP_OPTION_TIME_LIMIT, NULL, NULL);
    ASSERT_OK(cfp_config_has_profile(config, "work", &error), error);
    ASSERT_OK(cfp_config_has_profile(config, "two words", &error), error);
    ASSERT_FALSE(cfp_config_has_profile(config, "home", &error));
    ASSERT_ERROR(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PROFILE);
    ASSERT_CONTAINS(error->message, "\"home\"");
    ASSERT_CONTAINS(error->message, "work, two words");
}

static void
test_no_profiles(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autoptr(CfpConfig) config = load(&scratch, "[default]\n");
    g_autoptr(GError) error = NULL;

    ASSERT_FALSE(cfp_config_has_profile(config, "home", &error));
    ASSERT_ERROR(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PROFILE);
    ASSERT_CONTAINS(error->message, "there is none");
}

static void
test_empty(void)
{
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "[default]", "[default]\n\n"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(CfpScratch) scratch = cfp_scratch_new();
        g_autoptr(CfpConfig) config = load(&scratch, texts[i]);

        check_value(config, NULL, CFP_OPTION_TYPE, NULL, NULL);
    }
}

static void
test_syntax(void)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"time-limit=30\n", "key file"},
        {"[default]\ns3cret\n", "key file"},
        {"[default]\napi-token s3cret\n", "key file"},
        {"[default\napi-token=s3cret\n", "key file"},
        {"[default]\n=s3cret\n", "key file"},
        {"[default]\napi-token=\xff s3cret\n", "UTF-8"},
        {"[default]\napi_token=s3cret\n", "\"api_token\" is no option"},
        {"[default]\napi-tokem=s3cret\n", "\"api-tokem\" is no option"},
        {"[profile work]\nTime-Limit=30\n", "[profile work]: \"Time-Limit\" is no option"},
        {"[default]\nprofile=work\n", "\"profile\" is no option"},
        {"[work]\ntime-limit=30\n", "[work] is neither"},
        {"[Default]\n", "[Default] is neither"},
        {"[default]\n[profile]\n", "[profile] is neither"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(CfpScratch) scratch = cfp_scratch_new();

        load_fails(&scratch, rows[i].text, 0600, CFP_CONFIG_ERROR_SYNTAX, rows[i].reason);
    }
}

/* A value that a GKeyFile can't give is not silently no value. */
static void
test_escapes(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autoptr(CfpConfig) config = load(&scratch, "[default]\nlog-file=/a\\sb\\\\c\n");
    g_autofree char *path =
        cfp_scratch_write(&scratch, "bad", "[default]\ndestination=s3://a\\q\n", 0600);
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpConfig) bad = NULL;

    check_value(config, NULL, CFP_OPTION_LOG_FILE, "/a b\\c", "[default]");
    bad = cfp_config_load(path, &error);
    if (bad) {
        g_autofree char *origin = NULL;
        g_autofree char *value = cfp_config_get(bad, NULL, CFP_OPTION_DESTINATION, &origin);

        ASSERT_TRUE(value != NULL);
    } else {
        ASSERT_ERROR(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_SYNTAX);
    }
}

static void
test_modes(void)
{
    static const mode_t good[] = {0600, 0400, 0700};
    static const mode_t bad[] = {0601, 0602, 0604, 0610, 0620, 0640, 0644, 0660, 0666, 0777};
    g_auto(CfpScratch) scratch = cfp_scratch_new();

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *path = cfp_scratch_write(&scratch, "config", "[default]\n", good[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(CfpConfig) config = cfp_config_load(path, &error);

        ASSERT_NO_ERROR(error);
        ASSERT_TRUE(config != NULL);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        load_fails(&scratch, "[default]\napi-token=s3cret\n", bad[i], CFP_CONFIG_ERROR_PERMISSION,
                   "chmod 600");
}

static void
test_link(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *open_file = cfp_scratch_write(&scratch, "open", "[default]\n", 0644);
    g_autofree char *link = cfp_scratch_path(&scratch, "link");
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(symlink(open_file, link) == 0);
    ASSERT_TRUE(cfp_config_load(link, &error) == NULL);
    ASSERT_ERROR(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PERMISSION);
}

static void
test_unreadable(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autoptr(GError) directory = NULL;

    ASSERT_TRUE(cfp_config_load(scratch.path, &directory) == NULL);
    ASSERT_ERROR(directory, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_READ);
    /* root may read everything */
    if (geteuid() != 0)
        load_fails(&scratch, "[default]\n", 0000, CFP_CONFIG_ERROR_READ, "can't be read");
}

static void
test_size(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *comment = g_strnfill(CFP_MAX_CONFIG_FILE - 1, '#');
    g_autofree char *fits = g_strconcat(comment, "\n", NULL);
    g_autofree char *too_large = g_strconcat(comment, "\n\n", NULL);

    cfp_config_free(load(&scratch, fits));
    load_fails(&scratch, too_large, 0600, CFP_CONFIG_ERROR_READ, "larger");
}

/* ---- private files -----------------------------------------------------------------------------
 */

static void
check_private(const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    ASSERT_OK(cfp_config_read_private(path, 100, &text, &error), error);
    ASSERT_STR(text, expected);
}

static void
test_private(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"s3cret", "s3cret"},
        {"s3cret\n", "s3cret"},
        {"  s3cret\r\n\n", "s3cret"},
        {"two words\n", "two words"},
        {"", ""},
        {" \n", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(CfpScratch) scratch = cfp_scratch_new();
        g_autofree char *path = cfp_scratch_write(&scratch, "token", rows[i].text, 0600);

        check_private(path, rows[i].expected);
    }
}

static void
test_private_refused(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *open_file = cfp_scratch_write(&scratch, "open", "s3cret", 0644);
    g_autofree char *long_text = g_strnfill(101, 's');
    g_autofree char *large = cfp_scratch_write(&scratch, "large", long_text, 0600);
    g_autofree char *none = cfp_scratch_path(&scratch, "none");
    const struct {
        const char *path;
        CfpConfigError code;
    } rows[] = {
        {open_file, CFP_CONFIG_ERROR_PERMISSION},
        {large, CFP_CONFIG_ERROR_READ},
        {none, CFP_CONFIG_ERROR_READ},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        ASSERT_FALSE(cfp_config_read_private(rows[i].path, 100, &text, &error));
        ASSERT_ERROR(error, CFP_CONFIG_ERROR, rows[i].code);
        ASSERT_CONTAINS(error->message, rows[i].path);
        ASSERT_STR(text, NULL);
    }
}

typedef struct {
    int fd;
    const char *text;
} Writer;

static void *
write_in_pieces(void *data)
{
    const Writer *self = data;

    for (const char *p = self->text; *p; p++)
        if (write(self->fd, p, 1) != 1)
            break;
    (void)close(self->fd);
    return NULL;
}

/* As with bash's <(pass show token): it comes when it comes. */
static void
test_private_pipe(void)
{
    int ends[2];
    Writer writer;
    GThread *thread;
    g_autofree char *path = NULL;

    ASSERT_TRUE(pipe(ends) == 0);
    path = g_strdup_printf("/dev/fd/%d", ends[0]);
    writer = (Writer){.fd = ends[1], .text = "s3cret-from-a-pipe\n"};
    thread = g_thread_new("writer", write_in_pieces, &writer);
    check_private(path, "s3cret-from-a-pipe");
    (void)g_thread_join(thread);
    (void)close(ends[0]);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"the file is the user's own", test_path},
        {"no file is an empty one", test_no_file},
        {"the default section and the profiles are told apart", test_sections},
        {"without profiles none is found", test_no_profiles},
        {"an empty file is fine", test_empty},
        {"what is no key file, section or option is refused, and not repeated", test_syntax},
        {"a value that can't be read is not silently dropped", test_escapes},
        {"a file that others may read or change is refused", test_modes},
        {"a link is judged by its target", test_link},
        {"what can't be read is an error", test_unreadable},
        {"a file that is too large is refused", test_size},
        {"a private file is read without its blanks", test_private},
        {"a private file is refused like the config file", test_private_refused},
        {"a pipe is waited for", test_private_pipe},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "config", cases);
}
