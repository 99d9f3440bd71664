/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

G_DEFINE_QUARK(cfp_config_error, cfp_config_error)

#define DEFAULT_SECTION "default"
#define PROFILE_PREFIX "profile "

struct CfpConfig {
    GKeyFile *file;
    char *path;
};

char *
cfp_config_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "cloudflare-pcap", "config", NULL);
}

static gboolean
check_private(const char *path, const struct stat *info, GError **error)
{
    if (!S_ISREG(info->st_mode))
        return TRUE;
    if ((info->st_mode & 077) != 0)
        return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PERMISSION,
                         "%s may hold a secret, but other users can read or change it (mode %03o): "
                         "run chmod 600 %s",
                         path, info->st_mode & 0777, path);
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PERMISSION,
                         "%s belongs to another user (uid %u)", path, (unsigned)info->st_uid);
    return TRUE;
}

static gboolean
throw_read(const char *path, int saved_errno, GError **error)
{
    return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_READ, "%s can't be read: %s", path,
                     g_strerror(saved_errno));
}

/* A pipe such as bash's <(pass show token) is given some time to be filled. A signal ends the wait:
 * here nothing is there yet that could be delivered. */
static gboolean
wait_readable(int fd, const char *path, GError **error)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int ready = poll(&readable, 1, (int)CFP_CREDENTIAL_PIPE_TIMEOUT_MS);

    if (ready < 0)
        return cfp_throw(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
    return ready > 0 || cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_READ,
                                  "%s can't be read: nothing came within %u s", path,
                                  CFP_CREDENTIAL_PIPE_TIMEOUT_MS / 1000u);
}

static gboolean
read_all(int fd, const char *path, gsize max_bytes, GString *text, GError **error)
{
    char piece[4096];
    gssize n;

    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (!wait_readable(fd, path, error))
                return FALSE;
            continue;
        }
        if (n < 0)
            return throw_read(path, errno, error);
        g_string_append_len(text, piece, n);
        if (text->len > max_bytes)
            return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_READ,
                             "%s is larger than %" G_GSIZE_FORMAT " bytes", path, max_bytes);
    }
    explicit_bzero(piece, sizeof piece);
    return TRUE;
}

gboolean
cfp_config_read_private(const char *path, gsize max_bytes, char **ret_text, GError **error)
{
    g_autoptr(GString) text = NULL;
    struct stat info;
    gboolean ok;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return throw_read(path, errno, error);
    text = g_string_new(NULL);
    ok = fstat(fd, &info) == 0 ? check_private(path, &info, error) : throw_read(path, errno, error);
    ok = ok && read_all(fd, path, max_bytes, text, error);
    (void)close(fd);
    if (!ok)
        return FALSE;
    *ret_text = g_strstrip(g_string_free(g_steal_pointer(&text), FALSE));
    return TRUE;
}

static gboolean
check_keys(const CfpConfig *self, const char *section, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(self->file, section, NULL, NULL);
    CfpOptionId id;

    for (size_t i = 0; keys && keys[i]; i++)
        if (!cfp_option_find(keys[i], &id) || id == CFP_OPTION_PROFILE)
            return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_SYNTAX,
                             "%s, [%s]: \"%s\" is no option", self->path, section, keys[i]);
    return TRUE;
}

static gboolean
check_sections(const CfpConfig *self, GError **error)
{
    g_auto(GStrv) sections = g_key_file_get_groups(self->file, NULL);

    for (size_t i = 0; sections[i]; i++) {
        if (strcmp(sections[i], DEFAULT_SECTION) != 0 &&
            !g_str_has_prefix(sections[i], PROFILE_PREFIX))
            return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_SYNTAX,
                             "%s: [%s] is neither [default] nor [profile NAME]", self->path,
                             sections[i]);
        if (!check_keys(self, sections[i], error))
            return FALSE;
    }
    return TRUE;
}

/* GKeyFile's own messages quote the line, which may hold a secret. */
static gboolean
parse(CfpConfig *self, const char *text, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (g_utf8_validate(text, -1, NULL) &&
        (text[0] == '\0' || g_key_file_load_from_data(self->file, text, strlen(text),
                                                      G_KEY_FILE_KEEP_TRANSLATIONS, &failure)))
        return check_sections(self, error);
    return cfp_throw(
        error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_SYNTAX,
        "%s is no key file: every line must be a [section], a key=value or a #comment, "
        "in UTF-8",
        self->path);
}

CfpConfig *
cfp_config_load(const char *path, GError **error)
{
    g_autoptr(CfpConfig) self = g_new0(CfpConfig, 1);
    g_autofree char *text = NULL;

    self->file = g_key_file_new();
    self->path = g_strdup(path);
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return g_steal_pointer(&self);
    if (!cfp_config_read_private(path, CFP_MAX_CONFIG_FILE, &text, error))
        return NULL;
    if (!parse(self, text, error))
        self = (cfp_config_free(self), NULL);
    explicit_bzero(text, strlen(text));
    return g_steal_pointer(&self);
}

void
cfp_config_free(CfpConfig *self)
{
    if (!self)
        return;
    g_key_file_unref(self->file);
    g_free(self->path);
    g_free(self);
}

static char *
section_of(const char *profile)
{
    return profile ? g_strconcat(PROFILE_PREFIX, profile, NULL) : g_strdup(DEFAULT_SECTION);
}

gboolean
cfp_config_has_profile(const CfpConfig *self, const char *profile, GError **error)
{
    g_autofree char *section = section_of(profile);
    g_auto(GStrv) sections = NULL;
    g_autoptr(GString) names = NULL;

    if (g_key_file_has_group(self->file, section))
        return TRUE;
    sections = g_key_file_get_groups(self->file, NULL);
    names = g_string_new(NULL);
    for (size_t i = 0; sections[i]; i++)
        if (g_str_has_prefix(sections[i], PROFILE_PREFIX))
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                   sections[i] + strlen(PROFILE_PREFIX));
    return cfp_throw(error, CFP_CONFIG_ERROR, CFP_CONFIG_ERROR_PROFILE,
                     "there is no profile \"%s\" in %s (there %s)", profile, self->path,
                     names->len > 0 ? names->str : "is none");
}

char *
cfp_config_get(const CfpConfig *self, const char *profile, CfpOptionId id, char **ret_origin)
{
    g_autofree char *section = section_of(profile);
    const char *name = cfp_option(id)->name;
    char *value = g_key_file_get_string(self->file, section, name, NULL);

    /* "key=" says nothing, like an empty field of the dialog. */
    if (value && value[0] == '\0')
        g_clear_pointer(&value, g_free);
    *ret_origin = value ? g_strdup_printf("%s, [%s] %s", self->path, section, name) : NULL;
    return value;
}
