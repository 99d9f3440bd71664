/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_CONFIG_H
#define CFP_APP_CONFIG_H

#include <glib.h>

#include "app/options.h"

#define CFP_CONFIG_ERROR (cfp_config_error_quark())
GQuark cfp_config_error_quark(void);

typedef enum {
    CFP_CONFIG_ERROR_READ,       /* can't be read, or is too large */
    CFP_CONFIG_ERROR_PERMISSION, /* others can read it */
    CFP_CONFIG_ERROR_SYNTAX,     /* not a key file, or a key that is no option */
    CFP_CONFIG_ERROR_PROFILE,    /* no such profile */
} CfpConfigError;

/** The user's config file: a GKeyFile with a section [default] and sections [profile NAME], whose
 * keys are the names of the options. */
typedef struct CfpConfig CfpConfig;

/** $XDG_CONFIG_HOME/cloudflare-pcap/config. Owned. */
char *cfp_config_path(void);

/**
 * Reads the file. A file that doesn't exist is an empty one. Refuses one that others may read or
 * change, because it may hold a secret. Errors: CFP_CONFIG_ERROR_*, with path and line or key.
 */
CfpConfig *cfp_config_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_config_free(CfpConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpConfig, cfp_config_free)

/** Errors: CFP_CONFIG_ERROR_PROFILE, naming the profiles there are. */
gboolean cfp_config_has_profile(const CfpConfig *self, const char *profile,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * A value of [profile NAME] or, profile NULL, of [default].
 * ret_origin: for messages, "PATH, [default] time-limit". Both owned; NULL when it isn't set.
 */
char *cfp_config_get(const CfpConfig *self, const char *profile, CfpOptionId id, char **ret_origin);

/**
 * Reads a small file with a secret in it, without its surrounding blanks; refuses it like the
 * config file when others may read it (a pipe such as /dev/fd/63 has no such mode and is taken).
 * ret_text: owned; to be wiped by the caller. Errors: CFP_CONFIG_ERROR_READ, _PERMISSION.
 */
gboolean cfp_config_read_private(const char *path, gsize max_bytes, char **ret_text,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
