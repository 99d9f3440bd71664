/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_EXTCAP_REQUEST_H
#define CFP_EXTCAP_REQUEST_H

#include "app/settings.h"

/** What the caller wants, by extcap(4). */
typedef enum {
    CFP_ACTION_HELP,
    CFP_ACTION_VERSION,
    CFP_ACTION_INTERFACES,
    CFP_ACTION_DLTS,
    CFP_ACTION_CONFIG,
    CFP_ACTION_RELOAD,
    CFP_ACTION_CHECK_FILTER,
    CFP_ACTION_CAPTURE,
    CFP_ACTION_CLEANUP,
    CFP_ACTION_NONE,
} CfpAction;

/** The command line, understood. Strings are owned copies: argv is scrubbed. */
typedef struct {
    CfpAction action;
    char *interface;
    char *reload_option;
    char *capture_filter;
    char *fifo;
    char *control_in;            /* what Wireshark writes and we read */
    char *control_out;           /* what we write */
    char *values[CFP_N_OPTIONS]; /* of our own options; NULL: not given */
} CfpExtcapRequest;

/**
 * Reads argv. Values of secret options are overwritten in argv at once, also when something else
 * is wrong. Options may come in any order, as "--name value" or "--name=value". An --extcap-*
 * option that isn't known is ignored, with its value: a newer Wireshark may have it.
 *
 * ret_request: always set, as far as it could be read, so that an error can be told in the way the
 * action needs; owned. Errors: CFP_OPTION_ERROR_UNKNOWN, _MISSING.
 */
gboolean cfp_extcap_request_parse(int argc, char **argv, CfpExtcapRequest **ret_request,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cfp_extcap_request_free(CfpExtcapRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpExtcapRequest, cfp_extcap_request_free)

#endif
