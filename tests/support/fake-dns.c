/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/fake-dns.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#pragma GCC visibility push(default)
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list);
struct netent *getnetbyname(const char *name);
int getnetbyname_r(const char *name, struct netent *ret_net, char *buffer, size_t len,
                   struct netent **ret_result, int *ret_error);
#pragma GCC visibility pop

/* Look-ups come from threads too. */
static GMutex mutex;
static GCond released;
static const CfpFakeHost *known;
static gboolean nothing_hangs;
static unsigned begun, ended, networks;

void
cfp_fake_dns_set(const CfpFakeHost *hosts)
{
    g_mutex_lock(&mutex);
    known = hosts;
    nothing_hangs = FALSE;
    begun = ended = networks = 0;
    g_mutex_unlock(&mutex);
}

static unsigned
locked(const unsigned *count)
{
    unsigned value;

    g_mutex_lock(&mutex);
    value = *count;
    g_mutex_unlock(&mutex);
    return value;
}

unsigned
cfp_fake_dns_count(void)
{
    return locked(&begun);
}

unsigned
cfp_fake_dns_count_ended(void)
{
    return locked(&ended);
}

unsigned
cfp_fake_dns_count_networks(void)
{
    return locked(&networks);
}

void
cfp_fake_dns_release(void)
{
    g_mutex_lock(&mutex);
    nothing_hangs = TRUE;
    g_cond_broadcast(&released);
    g_mutex_unlock(&mutex);
}

static int
is_numeric(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static int
ask_system(const char *node, const char *service, const struct addrinfo *hints,
           struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

    memcpy(&real, &symbol, sizeof real);
    return real(node, service, hints, ret_list);
}

/* The system makes each element, so that its freeaddrinfo() can free the list. */
static int
make_list(const char *const *addresses, const struct addrinfo *hints, struct addrinfo **ret_list)
{
    struct addrinfo numeric = *hints, **end = ret_list;

    numeric.ai_flags |= AI_NUMERICHOST;
    *ret_list = NULL;
    for (size_t i = 0; addresses[i]; i++) {
        if (ask_system(addresses[i], NULL, &numeric, end) != 0)
            g_error("no address: %s", addresses[i]);
        while (*end)
            end = &(*end)->ai_next;
    }
    return 0;
}

static int
answer(const char *node, const struct addrinfo *hints, struct addrinfo **ret_list)
{
    const CfpFakeHost *host = known;

    while (host && host->name && strcmp(host->name, node) != 0)
        host++;
    if (!host || !host->name)
        return EAI_NONAME;
    while (host->hangs && !nothing_hangs)
        g_cond_wait(&released, &mutex);
    if (host->addresses)
        return make_list(host->addresses, hints, ret_list);
    /* What goes with EAI_SYSTEM. */
    errno = EMFILE;
    return host->error;
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **ret_list)
{
    int result;

    if (!node || !hints || (hints->ai_flags & AI_NUMERICHOST) || is_numeric(node))
        return ask_system(node, service, hints, ret_list);
    g_mutex_lock(&mutex);
    begun++;
    result = answer(node, hints, ret_list);
    ended++;
    g_mutex_unlock(&mutex);
    return result;
}

static void
count_network(void)
{
    g_mutex_lock(&mutex);
    begun++;
    ended++;
    networks++;
    g_mutex_unlock(&mutex);
}

struct netent *
getnetbyname(const char *name)
{
    (void)name;
    count_network();
    return NULL;
}

int
getnetbyname_r(const char *name, struct netent *ret_net, char *buffer, size_t len,
               struct netent **ret_result, int *ret_error)
{
    (void)name, (void)ret_net, (void)buffer, (void)len;
    count_network();
    *ret_result = NULL;
    *ret_error = HOST_NOT_FOUND;
    return 0;
}
