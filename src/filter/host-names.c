/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/host-names.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Keywords behind which names come from files or from libpcap's own tables, not from DNS. */
static const char *const names_are_local_after[] = {
    "port",      "portrange",  "proto", "protochain", "type", "subtype", "dir",
    "direction", "ifname",     "on",    "reason",     "rset", "ruleset", "action",
    "srnr",      "subrulenum", "rnr",   "rulenum",    "llc",  NULL,
};

/* All other keywords of the language (libpcap 1.10). A newer one that is missing here is taken for
 * a name and refused, which is the safe side. */
static const char *const keywords[] = {
    "dst",
    "src",
    "link",
    "ether",
    "ppp",
    "slip",
    "fddi",
    "tr",
    "wlan",
    "arp",
    "rarp",
    "ip",
    "sctp",
    "tcp",
    "udp",
    "icmp",
    "igmp",
    "igrp",
    "pim",
    "vrrp",
    "carp",
    "radio",
    "ip6",
    "icmp6",
    "ah",
    "esp",
    "atalk",
    "aarp",
    "decnet",
    "lat",
    "sca",
    "moprc",
    "mopdl",
    "iso",
    "esis",
    "es-is",
    "isis",
    "is-is",
    "l1",
    "l2",
    "iih",
    "lsp",
    "snp",
    "csnp",
    "psnp",
    "clnp",
    "stp",
    "ipx",
    "netbeui",
    "host",
    "net",
    "mask",
    "gateway",
    "address1",
    "addr1",
    "address2",
    "addr2",
    "address3",
    "addr3",
    "address4",
    "addr4",
    "ra",
    "ta",
    "less",
    "greater",
    "byte",
    "broadcast",
    "multicast",
    "and",
    "or",
    "not",
    "len",
    "length",
    "inbound",
    "outbound",
    "ifindex",
    "vlan",
    "mpls",
    "pppoed",
    "pppoes",
    "geneve",

    "lane",
    "metac",
    "bcc",
    "oam",
    "oamf4",
    "oamf4ec",
    "oamf4sc",
    "sc",
    "ilmic",
    "vpi",
    "vci",
    "connectmsg",
    "metaconnect",
    "fisu",
    "lssu",
    "lsu",
    "msu",
    "hfisu",
    "hlssu",
    "hmsu",
    "sio",
    "opc",
    "dpc",
    "sls",
    "hsio",
    "hopc",
    "hdpc",
    "hsls",
    "icmptype",
    "icmpcode",
    "icmp6type",
    "icmp6code",
    "tcpflags",
    "icmp-echoreply",
    "icmp-unreach",
    "icmp-sourcequench",
    "icmp-redirect",
    "icmp-echo",
    "icmp-routeradvert",
    "icmp-routersolicit",
    "icmp-timxceed",
    "icmp-paramprob",
    "icmp-tstamp",
    "icmp-tstampreply",
    "icmp-ireq",
    "icmp-ireqreply",
    "icmp-maskreq",
    "icmp-maskreply",
    "icmp6-destinationunreach",
    "icmp6-packettoobig",
    "icmp6-timeexceeded",
    "icmp6-parameterproblem",
    "icmp6-echo",
    "icmp6-echoreply",
    "icmp6-multicastlistenerquery",
    "icmp6-multicastlistenerreportv1",
    "icmp6-multicastlistenerdone",
    "icmp6-routersolicit",
    "icmp6-routeradvert",
    "icmp6-neighborsolicit",
    "icmp6-neighboradvert",
    "icmp6-redirect",
    "icmp6-routerrenum",
    "icmp6-nodeinformationquery",
    "icmp6-nodeinformationresponse",
    "icmp6-ineighbordiscoverysolicit",
    "icmp6-ineighbordiscoveryadvert",
    "icmp6-multicastlistenerreportv2",
    "icmp6-homeagentdiscoveryrequest",
    "icmp6-homeagentdiscoveryreply",
    "icmp6-mobileprefixsolicit",
    "icmp6-mobileprefixadvert",
    "icmp6-certpathsolicit",
    "icmp6-certpathadvert",
    "icmp6-multicastrouteradvert",
    "icmp6-multicastroutersolicit",
    "icmp6-multicastrouterterm",
    "tcp-fin",
    "tcp-syn",
    "tcp-rst",
    "tcp-push",
    "tcp-ack",
    "tcp-urg",
    "tcp-ece",
    "tcp-cwr",
    NULL,
};

typedef struct {
    const char *at;
    unsigned brackets; /* depth of [ ]: an arithmetic place, where only keywords are words */
    char *keyword;     /* the latest one that decides what a name is; owned */
} Scanner;

/* Decimal, octal or hexadecimal; a '-' in front is an operator. */
static bool
is_number(const char *word)
{
    const char *digits = word + strspn(word, "-");

    if (digits[0] == '\0')
        return true;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        return digits[2] != '\0' &&
               strspn(digits + 2, "0123456789abcdefABCDEF") == strlen(digits + 2);
    return strspn(digits, "0123456789") == strlen(digits);
}

/* One to four numbers with dots between them: libpcap takes 192.0.2 for a network. */
static bool
is_ipv4(const char *word)
{
    return g_regex_match_simple("^[0-9]+([.][0-9]+){1,3}$", word, G_REGEX_DOLLAR_ENDONLY, 0);
}

static bool
is_ipv6(const char *word)
{
    return strchr(word, ':') && !strchr(word, '%') && g_hostname_is_ip_address(word);
}

static bool
is_mac(const char *word)
{
    return g_regex_match_simple("^([0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}|"
                                "[0-9A-Fa-f]{1,2}([.][0-9A-Fa-f]{1,2}){5}|"
                                "[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2})$",
                                word, G_REGEX_DOLLAR_ENDONLY, 0);
}

static bool
is_name_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("._-:%", c));
}

/* The next word, behind blanks and operators; NULL at the end. Owned. */
static char *
next_word(Scanner *self)
{
    const char *start;

    while (*self->at && !is_name_char(*self->at) && *self->at != '\\') {
        if (*self->at == '[')
            self->brackets++;
        else if (*self->at == ']' && self->brackets > 0)
            self->brackets--;
        self->at++;
    }
    start = self->at;
    /* An escaped word may hold nearly everything, and is never a keyword. */
    if (*start == '\\')
        self->at += strcspn(start, " !()\n\t\r");
    else
        while (is_name_char(*self->at))
            self->at++;
    return self->at > start ? g_strndup(start, (gsize)(self->at - start)) : NULL;
}

static bool
is_keyword(const char *word)
{
    return g_strv_contains(keywords, word) || g_strv_contains(names_are_local_after, word);
}

/* "port (a or b)" and "port a or b" mean port for both names. */
static void
note_keyword(Scanner *self, const char *word)
{
    if (strcmp(word, "and") == 0 || strcmp(word, "or") == 0)
        return;
    g_free(self->keyword);
    self->keyword = g_strdup(word);
}

static bool
would_be_looked_up(const Scanner *self, const char *word)
{
    if (is_number(word) || is_ipv4(word) || is_ipv6(word) || is_mac(word))
        return false;
    if (self->brackets > 0 && word[0] != '\\')
        return false;
    return !self->keyword || !g_strv_contains(names_are_local_after, self->keyword);
}

char *
cfp_filter_find_host_name(const char *expression)
{
    Scanner scanner = {.at = expression};
    char *word;

    while ((word = next_word(&scanner))) {
        if (is_keyword(word))
            note_keyword(&scanner, word);
        else if (would_be_looked_up(&scanner, word))
            break;
        g_free(word);
    }
    g_free(scanner.keyword);
    return word;
}
