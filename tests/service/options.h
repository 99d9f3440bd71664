/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_OPTIONS_H
#define CFP_TESTS_SERVICE_OPTIONS_H

#include <glib.h>

#include "service/capture-file.h"
#include "service/traffic-file.h"
#include "service/traffic-filter.h"

/** How a refused second sample capture within a minute looks. */
typedef enum {
    CFP_SERVICE_TURN_OFF,
    CFP_SERVICE_TURN_429,
    CFP_SERVICE_TURN_400,
} CfpServiceTurn;

/** What a capture that matched no packet looks like. */
typedef enum {
    CFP_SERVICE_EMPTY_HEADER, /* a file with its header only; also the word "none" */
    CFP_SERVICE_EMPTY_BYTES,  /* a body of zero bytes */
    CFP_SERVICE_EMPTY_404,    /* the download is refused */
    CFP_SERVICE_EMPTY_FAILED, /* the capture's status is "failed" */
} CfpServiceEmpty;

typedef enum {
    CFP_SERVICE_GZIP_OFF,
    CFP_SERVICE_GZIP_BODY,     /* the file is gzip data */
    CFP_SERVICE_GZIP_ENCODING, /* Content-Encoding: gzip */
} CfpServiceGzip;

/** The command line of pcaps-service, one member an option. Strings are owned; NULL = not given. */
typedef struct {
    int port;
    char *port_file;
    char *tls_cert;
    char *tls_key;
    char *token;
    char *email;
    char *key;
    char *read_only_token;
    char *expired_token;
    char *account;
    char *log_file;
    char *file;
    CfpServiceTrafficFile *traffic; /* NULL: generated */
    gint64 packets;
    gint64 seed;
    int snaplen;
    int linktype;
    CfpServiceFormat format;
    CfpServiceGzip gzip;
    gboolean is_chunked;
    gboolean ignores_range;
    gboolean is_created_done;
    int polls;
    char *final_status;
    char *error_message;
    CfpServiceTurn turn;
    int turn_seconds;
    int one_full;
    CfpServiceReading reading;
    gboolean refuses_cidr;
    gboolean refuses_ipv6;
    gboolean refuses_port_alone; /* a port without a protocol */
    int list_max;
    gboolean has_ratelimit_headers;
    CfpServiceEmpty empty;
    gint64 clock_skew;
    int parent_pid;
    gboolean exits_with_stdin;
    char *challenge;
    char *challenge_dir;
    gboolean echoes_secrets;
    char **faults;
} CfpServiceOptions;

/**
 * Reads a command line. `argv` ends with NULL and starts with the program's name; it is not
 * changed. Returns NULL with G_OPTION_ERROR when a word is not understood or a file is missing.
 * `--help` prints the options and ends the process, as GOption does.
 */
CfpServiceOptions *cfp_service_options_parse(const char *const *argv, GError **error);
void cfp_service_options_free(CfpServiceOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpServiceOptions, cfp_service_options_free)

#endif
