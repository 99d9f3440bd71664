/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "host-lookup"

#include "net/host-lookup.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/limits.h"
#include "net/worker.h"

G_DEFINE_QUARK(cfp_lookup_error, cfp_lookup_error)

/* What the thread works on. */
typedef struct {
    char *name;
    int code; /* EAI_* */
    int saved_errno;
    GPtrArray *addresses; /* may be one more than the limit */
} Lookup;

static Lookup *
new_lookup(const char *name)
{
    Lookup *self = g_atomic_rc_box_new0(Lookup);

    self->name = g_strdup(name);
    self->addresses = g_ptr_array_new_with_free_func(g_free);
    return self;
}

static void
clear_lookup(void *lookup)
{
    Lookup *self = lookup;

    g_free(self->name);
    g_ptr_array_unref(self->addresses);
}

static void
unref_lookup(Lookup *self)
{
    g_atomic_rc_box_release_full(self, clear_lookup);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookup, unref_lookup)

static gboolean
has_address(const Lookup *self, const char *address)
{
    for (guint i = 0; i < self->addresses->len; i++)
        if (strcmp(g_ptr_array_index(self->addresses, i), address) == 0)
            return TRUE;
    return FALSE;
}

static void
add_address(Lookup *self, const struct addrinfo *info)
{
    char host[NI_MAXHOST];

    if ((info->ai_family != AF_INET && info->ai_family != AF_INET6) ||
        getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST))
        return;
    /* The zone of a link-local address: "%eth0". */
    host[strcspn(host, "%")] = '\0';
    if (!has_address(self, host))
        g_ptr_array_add(self->addresses, g_strdup(host));
}

/* The thread. Asks for both families as libpcap does: AI_ADDRCONFIG would leave out those that this
 * machine doesn't have, but Cloudflare's traffic may. */
static void
look_up(void *box)
{
    Lookup *self = box;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;

    self->code = getaddrinfo(self->name, NULL, &hints, &list);
    self->saved_errno = errno;
    if (self->code == 0) {
        for (const struct addrinfo *info = list;
             info && self->addresses->len <= CFP_MAX_HOST_ADDRESSES; info = info->ai_next)
            add_address(self, info);
        freeaddrinfo(list);
    }
}

static gboolean
run_lookup(Lookup *self, CfpPump *pump, guint timeout_ms, GError **error)
{
    g_autoptr(GError) failure = NULL;

    switch (cfp_worker_run(pump, look_up, self, clear_lookup, timeout_ms, &failure)) {
    case CFP_WORK_DONE:
        return TRUE;
    case CFP_WORK_LATE:
        return cfp_throw(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_TIMEOUT,
                         "%s can't be looked up: no answer in %u ms", self->name, timeout_ms);
    case CFP_WORK_FAILED:
        break;
    }
    if (failure->domain == G_THREAD_ERROR)
        return cfp_throw(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_FAILED,
                         "%s can't be looked up: %s", self->name, failure->message);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* CFP_LOOKUP_ERROR_*. All other codes say that the name, or an address of it, does not exist. */
static int
error_of_code(int code)
{
    return code == EAI_AGAIN || code == EAI_FAIL || code == EAI_MEMORY || code == EAI_SYSTEM
               ? CFP_LOOKUP_ERROR_FAILED
               : CFP_LOOKUP_ERROR_NOT_FOUND;
}

static gboolean
take_addresses(Lookup *self, char ***ret_addresses, GError **error)
{
    GPtrArray *found = self->addresses;

    if (self->code != 0)
        return cfp_throw(error, CFP_LOOKUP_ERROR, error_of_code(self->code),
                         "%s can't be looked up: %s", self->name,
                         self->code == EAI_SYSTEM ? g_strerror(self->saved_errno)
                                                  : gai_strerror(self->code));
    if (found->len == 0)
        return cfp_throw(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_NOT_FOUND,
                         "%s can't be looked up: no address", self->name);
    if (found->len > CFP_MAX_HOST_ADDRESSES)
        return cfp_throw(error, CFP_LOOKUP_ERROR, CFP_LOOKUP_ERROR_TOO_MANY,
                         "%s has more than %u addresses", self->name, CFP_MAX_HOST_ADDRESSES);
    g_ptr_array_add(found, NULL);
    *ret_addresses = (char **)g_ptr_array_steal(found, NULL);
    return TRUE;
}

gboolean
cfp_host_lookup(CfpPump *pump, const char *name, guint timeout_ms, char ***ret_addresses,
                GError **error)
{
    g_autoptr(Lookup) lookup = new_lookup(name);
    char **addresses = NULL;
    g_autofree char *text = NULL;

    if (!run_lookup(lookup, pump, timeout_ms, error) || !take_addresses(lookup, &addresses, error))
        return FALSE;
    text = g_strjoinv(" ", addresses);
    g_info("%s: %s", name, text);
    *ret_addresses = addresses;
    return TRUE;
}
