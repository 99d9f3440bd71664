/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/libcurl-loader.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "net/http-error.h"

/* The type checks of <curl/curl.h> are macros around these names; here the names themselves are
 * defined. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* Each function that we use: return type, name, parameters, arguments. */
#define VALUE_FUNCTIONS(X)                                                                         \
    X(CURLcode, curl_global_init, (long flags), (flags))                                           \
    X(CURL *, curl_easy_init, (void), ())                                                          \
    X(CURLcode, curl_easy_pause, (CURL * easy, int bitmask), (easy, bitmask))                      \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                   \
    X(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text),        \
      (list, text))                                                                                \
    X(CURLM *, curl_multi_init, (void), ())                                                        \
    X(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))                                     \
    X(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL * easy), (multi, easy))               \
    X(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL * easy), (multi, easy))            \
    X(CURLMcode, curl_multi_perform, (CURLM * multi, int *running), (multi, running))              \
    X(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *left), (multi, left))                  \
    X(const char *, curl_multi_strerror, (CURLMcode code), (code))                                 \
    X(CURLMcode, curl_multi_poll,                                                                  \
      (CURLM * multi, struct curl_waitfd fds[], unsigned n, int timeout_ms, int *ready),           \
      (multi, fds, n, timeout_ms, ready))

#define VOID_FUNCTIONS(X)                                                                          \
    X(void, curl_easy_cleanup, (CURL * easy), (easy))                                              \
    X(void, curl_slist_free_all, (struct curl_slist * list), (list))

#define POINTER(type, name, parameters, arguments) type(*name) parameters;

/* The one piece of state at file scope: what the dynamic linker knows anyway. */
static struct {
    void *handle;
    VALUE_FUNCTIONS(POINTER)
    VOID_FUNCTIONS(POINTER)
    CURLcode (*curl_easy_setopt)(CURL *easy, CURLoption option, ...);
    CURLcode (*curl_easy_getinfo)(CURL *easy, CURLINFO info, ...);
    CURLMcode (*curl_multi_setopt)(CURLM *multi, CURLMoption option, ...);
} lib;

#define FORWARD(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return lib.name arguments;                                                                 \
    }
#define FORWARD_VOID(type, name, parameters, arguments)                                            \
    type name parameters                                                                           \
    {                                                                                              \
        lib.name arguments;                                                                        \
    }

VALUE_FUNCTIONS(FORWARD)
VOID_FUNCTIONS(FORWARD_VOID)

/* A variadic call can't be passed on as it is. libcurl says the type of the one argument by the
 * option's number (CURLOPTTYPE_*), which is part of its ABI. */
CURLcode
curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list args;
    CURLcode code;

    va_start(args, option);
    if (option < CURLOPTTYPE_OBJECTPOINT)
        code = lib.curl_easy_setopt(easy, option, va_arg(args, long));
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        code = lib.curl_easy_setopt(easy, option, va_arg(args, curl_off_t));
    else
        code = lib.curl_easy_setopt(easy, option, va_arg(args, void *));
    va_end(args);
    return code;
}

CURLcode
curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list args;
    CURLcode code;

    va_start(args, info);
    code = lib.curl_easy_getinfo(easy, info, va_arg(args, void *));
    va_end(args);
    return code;
}

CURLMcode
curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    va_list args;
    CURLMcode code;

    va_start(args, option);
    if ((long)option < CURLOPTTYPE_OBJECTPOINT)
        code = lib.curl_multi_setopt(multi, option, va_arg(args, long));
    else
        code = lib.curl_multi_setopt(multi, option, va_arg(args, void *));
    va_end(args);
    return code;
}

/* ISO C has no cast from void * to a function pointer; POSIX guarantees the representation. */
static gboolean
find(const char *name, void *ret_function)
{
    void *symbol = dlsym(lib.handle, name);

    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol != NULL;
}

#define FIND(type, name, parameters, arguments) &&find(#name, &lib.name)

static gboolean
find_all(void)
{
    return TRUE VALUE_FUNCTIONS(FIND) VOID_FUNCTIONS(FIND) &&
           find("curl_easy_setopt", &lib.curl_easy_setopt) &&
           find("curl_easy_getinfo", &lib.curl_easy_getinfo) &&
           find("curl_multi_setopt", &lib.curl_multi_setopt);
}

gboolean
cfp_libcurl_load(GError **error)
{
    /* Debian builds libcurl twice, with OpenSSL and with GnuTLS: either will do. */
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};
    g_autofree char *reason = NULL;

    if (lib.handle)
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(names) && !lib.handle; i++) {
        lib.handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!lib.handle && !reason)
            reason = g_strdup(dlerror());
    }
    if (!lib.handle)
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_LIBRARY,
                         "libcurl can't be loaded: %s", reason ? reason : "unknown reason");
    if (!find_all() || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        dlclose(lib.handle);
        lib.handle = NULL;
        return cfp_throw(error, CFP_HTTP_ERROR, CFP_HTTP_ERROR_LIBRARY,
                         "libcurl can't be used: it is older than 7.87 or damaged");
    }
    return TRUE;
}
