/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_SETTINGS_H
#define CFP_APP_SETTINGS_H

#include "app/config.h"
#include "app/options.h"
#include "cloudflare/api.h"
#include "cloudflare/job.h"

/** The value of every option, from (in this order) the command line, the environment, the config
 * file's profile, its [default] section, and the built-in default. */
typedef struct CfpSettings CfpSettings;

/** values: by option id, NULL or "" where the command line has none; borrowed. */
typedef struct {
    const char *values[CFP_N_OPTIONS];
} CfpArguments;

/**
 * Collects and checks all values.
 *
 * arguments: of the command line. config: borrowed for the call; NULL: none.
 * Wireshark passes defaults of the dialog explicitly under tshark. So where a profile is chosen by
 * name, an argument that equals the value the dialog offered counts as not given, or the profile
 * could never set it.
 * Errors: CFP_OPTION_ERROR_INVALID; CFP_CONFIG_ERROR_PROFILE.
 */
CfpSettings *cfp_settings_new(const CfpArguments *arguments, const CfpConfig *config,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_settings_free(CfpSettings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpSettings, cfp_settings_free)

/** The value as text, or NULL. Borrowed. Not for secrets: those are in cfp_settings_credential().
 */
const char *cfp_settings_get(const CfpSettings *self, CfpOptionId id);

/** What the dialog shows as the default of `id` when nothing is typed: from the environment, the
 * config's [default] section or the table; NULL for none and for every secret. Owned. */
char *cfp_settings_declared_default(const CfpConfig *config, CfpOptionId id);

/** Where a secret will come from when nothing is typed: "environment", "config file", or NULL when
 * it isn't known. Never the secret. Static. */
const char *cfp_settings_secret_place(const CfpConfig *config, CfpOptionId id);

/**
 * Who is asking. The highest place (command line, environment, profile, default) that names a
 * token, a token file or a key decides; in one place they come in this order.
 * ret_credential: to be cleared. Errors: CFP_OPTION_ERROR_MISSING, _INVALID; CFP_CONFIG_ERROR_*.
 */
gboolean cfp_settings_credential(const CfpSettings *self, CfpCredential *ret_credential,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * The create request. now_us: the wall clock, microseconds since 1970; relative times are meant
 * from there. Errors: CFP_OPTION_ERROR_INVALID, _CONFLICT, _MISSING.
 */
CfpCaptureRequest *cfp_settings_request(const CfpSettings *self, gint64 now_us,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

CfpTurn cfp_settings_turn(const CfpSettings *self);

#endif
