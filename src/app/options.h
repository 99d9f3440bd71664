/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_APP_OPTIONS_H
#define CFP_APP_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/** Every option of the program. The table behind it is the one source for the dialog, the command
 * line, the config file's keys and the checks. */
typedef enum {
    CFP_OPTION_TYPE,
    CFP_OPTION_TIME_LIMIT,
    CFP_OPTION_PACKET_LIMIT,
    CFP_OPTION_START,
    CFP_OPTION_SOURCE_ADDRESS,
    CFP_OPTION_SOURCE_PORT,
    CFP_OPTION_DESTINATION_ADDRESS,
    CFP_OPTION_DESTINATION_PORT,
    CFP_OPTION_PROTOCOL,
    CFP_OPTION_PUSHDOWN,
    CFP_OPTION_RESOLVE_NAMES,
    CFP_OPTION_API_TOKEN,
    CFP_OPTION_API_TOKEN_FILE,
    CFP_OPTION_ACCOUNT_ID,
    CFP_OPTION_PROFILE,
    CFP_OPTION_EMAIL,
    CFP_OPTION_API_KEY,
    CFP_OPTION_COLO,
    CFP_OPTION_DESTINATION,
    CFP_OPTION_BYTE_LIMIT,
    CFP_OPTION_FORMAT,
    CFP_OPTION_TURN,
    CFP_OPTION_API_URL,
    CFP_OPTION_CA_FILE,
    CFP_OPTION_LOG_LEVEL,
    CFP_OPTION_LOG_FILE,
    CFP_N_OPTIONS
} CfpOptionId;

/** The kinds of field that all Wireshark versions from 4.0 on know. */
typedef enum {
    CFP_FIELD_STRING,
    CFP_FIELD_PASSWORD, /* a secret: never shown, stored by Wireshark, logged or left in argv */
    CFP_FIELD_INTEGER,  /* whole, min to max */
    CFP_FIELD_SELECTOR, /* one of `choices` */
    CFP_FIELD_FILE,     /* path; must exist when `must_exist` */
} CfpFieldKind;

typedef struct {
    const char *value;
    const char *display;
} CfpChoice;

typedef struct {
    const char *name; /* "time-limit": --time-limit, and the key in the config file */
    CfpFieldKind kind;
    const char *group; /* tab of the dialog */
    const char *label;
    const char *tooltip;
    const char *placeholder;  /* or NULL */
    const char *fallback;     /* the built-in default; NULL: none */
    const char *environment;  /* the variable that sets it; NULL: none */
    const char *validation;   /* regular expression for the dialog and for us; NULL: any text */
    guint min, max;           /* CFP_FIELD_INTEGER */
    const CfpChoice *choices; /* CFP_FIELD_SELECTOR; ended by {NULL, NULL} */
    bool must_exist;          /* CFP_FIELD_FILE */
} CfpOption;

#define CFP_OPTION_ERROR (cfp_option_error_quark())
GQuark cfp_option_error_quark(void);

typedef enum {
    CFP_OPTION_ERROR_UNKNOWN,  /* no such option */
    CFP_OPTION_ERROR_MISSING,  /* a value or an option that is needed is not there */
    CFP_OPTION_ERROR_INVALID,  /* a value that can't be */
    CFP_OPTION_ERROR_CONFLICT, /* options that exclude each other */
    CFP_OPTION_ERROR_LATER,    /* not in this version */
} CfpOptionError;

/** Returns: static. */
const CfpOption *cfp_option(CfpOptionId id);

/** TRUE for what must not be shown or left in argv: passwords, and a destination that holds keys
 * (r2://…&secret-access-key=…). */
bool cfp_option_is_secret(CfpOptionId id, const char *value);

/** By name without dashes in front. Returns FALSE when there is none. */
bool cfp_option_find(const char *name, CfpOptionId *ret_id);

/**
 * Checks a value against the kind, range, choices and validation of its option.
 * origin: where it came from, for the message: "--time-limit", "CLOUDFLARE_EMAIL", "config…".
 * Errors: CFP_OPTION_ERROR_INVALID; the message never holds the value of a secret.
 */
gboolean cfp_option_check(CfpOptionId id, const char *value, const char *origin,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
