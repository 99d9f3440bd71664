/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_NET_LIBCURL_LOADER_H
#define CFP_NET_LIBCURL_LOADER_H

#include <glib.h>

/**
 * Opens libcurl. Wireshark asks every plugin for its interfaces and its dialog each time it
 * starts, and waits; linking libcurl and the thirty libraries under it would triple the time of
 * those answers, which need no network. So the program isn't linked with it: this module defines
 * the functions of <curl/curl.h> that we use and passes them on to the library, which is opened
 * here, before the first of them is called. Everyone else includes <curl/curl.h> as usual.
 *
 * May be called again; does nothing then.
 * Errors: CFP_HTTP_ERROR_LIBRARY (with what the dynamic linker said).
 */
gboolean cfp_libcurl_load(GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
