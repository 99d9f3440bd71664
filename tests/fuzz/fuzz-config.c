/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/limits.h"

/* Any bytes as the user's config file, and every value taken out of it. */

/* A private file without a name. Returns its descriptor. */
static int
new_file(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/cfp-fuzz-XXXXXX";
    int fd = g_mkstemp_full(path, O_RDWR, 0600);

    g_assert(fd >= 0);
    (void)g_unlink(path);
    g_assert(write(fd, data, size) == (ssize_t)size);
    return fd;
}

static void
check_error(const GError *error)
{
    g_assert(error && g_utf8_validate(error->message, -1, NULL));
}

static void
get_all(const CfpConfig *config, const char *profile)
{
    for (CfpOptionId id = 0; id < CFP_N_OPTIONS; id++) {
        g_autofree char *origin = NULL;
        g_autofree char *value = cfp_config_get(config, profile, id, &origin);
        g_autofree char *offered = cfp_settings_declared_default(config, id);

        g_assert((value == NULL) == (origin == NULL));
        g_assert(!value || (value[0] && g_utf8_validate(value, -1, NULL)));
        /* What the dialog offers would be taken. */
        g_assert(!offered || cfp_option_check(id, offered, "", NULL));
        (void)cfp_settings_secret_place(config, id);
    }
}

static void
settle(const CfpConfig *config, const char *profile)
{
    CfpArguments arguments = {{0}};
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpSettings) settings = NULL;
    g_autoptr(CfpCaptureRequest) request = NULL;

    arguments.values[CFP_OPTION_PROFILE] = profile;
    settings = cfp_settings_new(&arguments, config, &error);
    if (settings)
        request = cfp_settings_request(settings, G_GINT64_CONSTANT(1795262400000000), &error);
    if (!request)
        check_error(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(CfpConfig) config = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd;

    if (size > CFP_MAX_CONFIG_FILE)
        return 0;
    fd = new_file(data, size);
    path = g_strdup_printf("/proc/self/fd/%d", fd);
    config = cfp_config_load(path, &error);
    (void)close(fd);
    if (!config) {
        check_error(error);
        return 0;
    }
    get_all(config, NULL);
    get_all(config, "p");
    settle(config, NULL);
    settle(config, "p");
    return 0;
}
