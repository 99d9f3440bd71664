/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_HOST_LOOKUP_H
#define CFP_NET_HOST_LOOKUP_H

#include <glib.h>

#include "net/pump.h"

#define CFP_LOOKUP_ERROR (cfp_lookup_error_quark())
GQuark cfp_lookup_error_quark(void);

typedef enum {
    CFP_LOOKUP_ERROR_NOT_FOUND, /* there is no such name, or it has no address */
    CFP_LOOKUP_ERROR_TIMEOUT,   /* no answer in time */
    CFP_LOOKUP_ERROR_FAILED,    /* the resolver can't say */
    CFP_LOOKUP_ERROR_TOO_MANY,  /* more than CFP_MAX_HOST_ADDRESSES */
} CfpLookupError;

/**
 * Asks the system's resolver (/etc/hosts, DNS, …) for the addresses of a host, of IPv4 and IPv6,
 * whether this machine has both or not.
 *
 * getaddrinfo(3) can't be interrupted, so that it runs in a thread; after a deadline or a stop the
 * thread is left behind with what belongs to it, and ends when the resolver gives up.
 *
 * timeout_ms: milliseconds. ret_addresses: in figures, without a zone, each once, in the resolver's
 * order, at least one; ended by NULL, owned; untouched on error.
 * Errors: CFP_LOOKUP_ERROR_*, whose messages begin with the name; G_IO_ERROR_CANCELLED when the
 * pump is stopped, at once.
 */
gboolean cfp_host_lookup(CfpPump *pump, const char *name, guint timeout_ms, char ***ret_addresses,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
