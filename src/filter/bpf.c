/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "filter/bpf-private.h"
#include "filter/host-names.h"

G_DEFINE_QUARK(cfp_filter_error, cfp_filter_error)

/* "ip broadcast" needs a network's mask, and a file has none: tcpdump -r takes this one. */
#define NO_NETMASK 0

/* The optimiser of libpcap 1.10.3 loses packets: "net 2001:db8::/48 and src net 2001:db8::/48"
 * drops those to other networks, and the same network twice "rejects all packets". (tcpdump -O is
 * right.) */
#define NOT_OPTIMISED 0

struct CfpBpf {
    struct bpf_program program; /* empty when nothing passes */
    gboolean rejects_all;
};

/* "tcp.port == 80": a common mistake, which has nothing to do with names. */
static gboolean
is_display_filter(const char *expression, const char *name)
{
    const char *after = strstr(expression, name) + strlen(name);

    return g_regex_match_simple("^[a-z][a-z0-9_]*([.][a-z0-9_]+)+$", name, G_REGEX_DOLLAR_ENDONLY,
                                0) &&
           g_regex_match_simple("^ *(==|!=|>=?|<=?|eq |ne |in |contains |matches )", after, 0, 0);
}

static gboolean
check_names(const char *expression, GError **error)
{
    g_autofree char *name = NULL;

    if (strlen(expression) > CFP_MAX_CAPTURE_FILTER)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX,
                         "the capture filter is longer than %u bytes", CFP_MAX_CAPTURE_FILTER);
    name = cfp_filter_find_host_name(expression);
    if (!name)
        return TRUE;
    if (is_display_filter(expression, name))
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX,
                         "\"%s\" is a field of Wireshark's display filters", name);
    return cfp_throw(
        error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
        "\"%s\" is no address and no word of pcap-filter: host names are not looked up, "
        "because Cloudflare may see another address for them than this machine "
        "(--resolve-names yes allows it)",
        name);
}

/* libpcap's way of saying that no packet of this link type can pass: "ip" for IPv6 only. */
static gboolean
says_rejects_all(const char *message)
{
    return strstr(message, "rejects all packets") != NULL;
}

CfpBpf *
cfp_bpf_new(const char *expression, uint32_t linktype, uint32_t snaplen, GError **error)
{
    g_autoptr(CfpBpf) self = NULL;
    g_autofree char *message = NULL;
    /* DLT_ values are the host's: they differ for the old link types only. */
    int dlt = linktype == CFP_LINKTYPE_RAW ? DLT_RAW : (int)linktype;
    int limit = snaplen == 0 || snaplen > CFP_MAX_CAPTURED_LENGTH ? (int)CFP_MAX_CAPTURED_LENGTH
                                                                  : (int)snaplen;
    pcap_t *pcap;

    if (!check_names(expression, error))
        return NULL;
    pcap = pcap_open_dead(dlt, limit);
    if (!pcap) {
        cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "libpcap has no memory");
        return NULL;
    }
    self = g_new0(CfpBpf, 1);
    if (pcap_compile(pcap, &self->program, expression, NOT_OPTIMISED, NO_NETMASK) != 0)
        message = cfp_text_one_line(pcap_geterr(pcap), CFP_MAX_SERVICE_TEXT);
    pcap_close(pcap);
    self->rejects_all = message && says_rejects_all(message);
    if (!message || self->rejects_all)
        return g_steal_pointer(&self);
    cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "%s", message);
    return NULL;
}

const struct bpf_insn *
cfp_bpf_instructions(const CfpBpf *self, unsigned *ret_n)
{
    *ret_n = self->rejects_all ? 0 : self->program.bf_len;
    return self->program.bf_insns;
}

void
cfp_bpf_free(CfpBpf *self)
{
    if (!self)
        return;
    pcap_freecode(&self->program);
    g_free(self);
}

gboolean
cfp_bpf_match(const CfpBpf *self, const CfpPacket *packet)
{
    const struct pcap_pkthdr header = {.caplen = packet->caplen, .len = packet->len};

    return !self->rejects_all && pcap_offline_filter(&self->program, &header, packet->data) != 0;
}

gboolean
cfp_bpf_check(const char *expression, GError **error)
{
    g_autoptr(CfpBpf) ethernet = cfp_bpf_new(expression, CFP_LINKTYPE_ETHERNET, 0, error);
    g_autoptr(CfpBpf) raw = NULL;

    if (ethernet)
        return TRUE;
    raw = cfp_bpf_new(expression, CFP_LINKTYPE_RAW, 0, NULL);
    if (raw)
        g_clear_error(error);
    return raw != NULL;
}
