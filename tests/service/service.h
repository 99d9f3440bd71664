/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_SERVICE_H
#define CFP_TESTS_SERVICE_SERVICE_H

#include <glib.h>

#include "service/options.h"

/**
 * A local HTTP server that plays Cloudflare's PCAPs API on loopback. It is not Cloudflare:
 * README.md says which of its behaviours are documented and which are assumptions.
 */
typedef struct CfpService CfpService;

/**
 * Starts the service in a thread of its own; it listens when this returns. `args`: what the
 * program pcaps-service takes, ended by NULL, without a program name, for example
 * {"--polls", "2", "--fault", "GET get#1: status=500", NULL}. Errors: G_OPTION_ERROR, G_FILE_ERROR,
 * G_IO_ERROR, G_TLS_ERROR.
 */
CfpService *cfp_service_start(const char *const *args, GError **error);

/** Ends the connections, the thread, and frees the service. */
void cfp_service_stop(CfpService *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CfpService, cfp_service_stop)

/** "http://127.0.0.1:PORT/client/v4", or https. Owned by the service. */
const char *cfp_service_base_url(const CfpService *self);
guint cfp_service_port(const CfpService *self);

/** The account's id. Owned by the service. */
const char *cfp_service_account(const CfpService *self);

/**
 * The request log so far, one JSON object a line, ended by NULL; free with g_strfreev(). The line
 * of a request is there before its answer is.
 */
char **cfp_service_requests(CfpService *self);

/** Adds a fault behind the others. FALSE with G_OPTION_ERROR when it isn't understood. */
gboolean cfp_service_add_fault(CfpService *self, const char *script, GError **error);

/**
 * The same without a thread, for the program: the service lives in the thread's default main
 * context. Takes `options`, also when it fails. Free with cfp_service_stop().
 */
CfpService *cfp_service_new(CfpServiceOptions *options, GError **error);

#endif
