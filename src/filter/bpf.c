/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf.h"

#include <pcap/pcap.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

G_DEFINE_QUARK(cfp - filter - error - quark, cfp_filter_error)

/* LINKTYPE_ values are the file's, DLT_ values the host's: they differ for the old ones only. */
#define LINKTYPE_RAW 101u

struct CfpBpf {
    struct bpf_program program;
};

/* Words after which a name is no host: libpcap takes them from its own tables or from files. */
static const char *const not_host_after[] = {
    "port",    "portrange", "proto",  "protocol", "type",       "subtype",
    "dir",     "direction", "ifname", "on",       "reason",     "rset",
    "ruleset", "action",    "srnr",   "rulenum",  "subrulenum", NULL,
};

/* Words that may stand where a host could, and are none. */
static const char *const words[] = {
    "dst",      "src",     "link",     "ether",      "ppp",         "slip",       "fddi",
    "tr",       "wlan",    "arp",      "rarp",       "ip",          "sctp",       "tcp",
    "udp",      "icmp",    "igmp",     "igrp",       "pim",         "vrrp",       "carp",
    "radio",    "ip6",     "icmp6",    "ah",         "esp",         "atalk",      "aarp",
    "decnet",   "lat",     "sca",      "moprc",      "mopdl",       "iso",        "esis",
    "es-is",    "isis",    "is-is",    "l1",         "l2",          "iih",        "lsp",
    "snp",      "csnp",    "psnp",     "clnp",       "stp",         "ipx",        "netbeui",
    "host",     "net",     "mask",     "port",       "portrange",   "proto",      "protocol",
    "gateway",  "type",    "subtype",  "direction",  "dir",         "address1",   "addr1",
    "address2", "addr2",   "address3", "addr3",      "address4",    "addr4",      "ra",
    "ta",       "less",    "greater",  "byte",       "broadcast",   "multicast",  "and",
    "or",       "not",     "len",      "length",     "inbound",     "outbound",   "ifindex",
    "vlan",     "mpls",    "pppoed",   "pppoes",     "geneve",      "lane",       "llc",
    "metac",    "bcc",     "oam",      "oamf4",      "oamf4ec",     "oamf4sc",    "sc",
    "ilmic",    "vpi",     "vci",      "connectmsg", "metaconnect", "on",         "ifname",
    "rset",     "ruleset", "rnr",      "rulenum",    "srnr",        "subrulenum", "reason",
    "action",   "sio",     "opc",      "dpc",        "sls",         "hsio",       "hopc",
    "hdpc",     "hsls",    "aodv",     "chaos",      "egp",         "igp",        "fisu",
    "lssu",     "lsu",     "msu",      "i",          "s",           "u",          "rr",
    "rnr",      "rej",     "ui",       "ua",         "disc",        "dm",         "sabme",
    "test",     "xis",     "frmr",     NULL,
};

static gboolean
is_in(const char *const *list, const char *word)
{
    return word && g_strv_contains(list, word);
}

static gboolean
is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == ':';
}

/* Addresses (numbers, dots, colons), hexadecimal numbers and words with a fixed prefix such as
 * tcp-syn or icmp-echo are not names. */
static gboolean
may_be_host(const char *word)
{
    gboolean is_address = strspn(word, "0123456789abcdefABCDEFx.:-") == strlen(word) &&
                          (g_ascii_isdigit(word[0]) || strchr(word, ':'));

    if (is_address || is_in(words, word) || g_str_has_prefix(word, "tcp-") ||
        g_str_has_prefix(word, "icmp-") || g_str_has_prefix(word, "icmp6-") ||
        strcmp(word, "tcpflags") == 0 || strcmp(word, "icmptype") == 0 ||
        strcmp(word, "icmpcode") == 0 || strcmp(word, "icmp6type") == 0 ||
        strcmp(word, "icmp6code") == 0)
        return FALSE;
    return g_ascii_isalpha(word[0]) || g_ascii_isdigit(word[0]);
}

/* Finds a name that pcap_compile() would ask the resolver for. It reads words only: whether the
 * expression is one is for libpcap to say. Returns: owned, or NULL. */
static char *
find_host_name(const char *expression)
{
    g_autofree char *before = NULL;

    for (const char *p = expression; *p;) {
        size_t len = 0;

        while (is_name_char(p[len]))
            len++;
        if (len > 0) {
            g_autofree char *word = g_strndup(p, len);

            if (may_be_host(word) && !is_in(not_host_after, before))
                return g_steal_pointer(&word);
            /* "port (a or b)" and "port a or b" keep their meaning for the next word. */
            if (!g_str_equal(word, "or") && !g_str_equal(word, "and") && is_in(words, word)) {
                g_free(before);
                before = g_steal_pointer(&word);
            }
        }
        p += len > 0 ? len : 1;
    }
    return NULL;
}

static gboolean
check_names(const char *expression, GError **error)
{
    g_autofree char *name = NULL;

    if (strlen(expression) > CFP_MAX_CAPTURE_FILTER)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX,
                         "the capture filter is longer than %u bytes", CFP_MAX_CAPTURE_FILTER);
    name = find_host_name(expression);
    if (!name)
        return TRUE;
    return cfp_throw(
        error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
        "\"%s\" is no address and no word of pcap-filter: host names are not looked up, "
        "because Cloudflare may see another address for them than this machine",
        name);
}

CfpBpf *
cfp_bpf_new(const char *expression, uint32_t linktype, uint32_t snaplen, GError **error)
{
    g_autoptr(CfpBpf) self = NULL;
    int dlt = linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
    int limit = snaplen == 0 || snaplen > CFP_MAX_CAPTURED_LENGTH ? (int)CFP_MAX_CAPTURED_LENGTH
                                                                  : (int)snaplen;
    pcap_t *pcap;
    int result;

    if (!check_names(expression, error))
        return NULL;
    pcap = pcap_open_dead(dlt, limit);
    if (!pcap) {
        cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "libpcap has no memory");
        return NULL;
    }
    self = g_new0(CfpBpf, 1);
    result = pcap_compile(pcap, &self->program, expression, 1, PCAP_NETMASK_UNKNOWN);
    if (result != 0) {
        g_autofree char *text = cfp_text_one_line(pcap_geterr(pcap), CFP_MAX_SERVICE_TEXT);

        cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX, "%s", text);
    }
    pcap_close(pcap);
    return result == 0 ? g_steal_pointer(&self) : NULL;
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

    return pcap_offline_filter(&self->program, &header, packet->data) != 0;
}

gboolean
cfp_bpf_check(const char *expression, GError **error)
{
    g_autoptr(CfpBpf) ethernet = cfp_bpf_new(expression, DLT_EN10MB, 0, error);
    g_autoptr(CfpBpf) raw = NULL;

    if (ethernet)
        return TRUE;
    raw = cfp_bpf_new(expression, LINKTYPE_RAW, 0, NULL);
    if (raw)
        g_clear_error(error);
    return raw != NULL;
}
