/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/host-names.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "filter/bpf.h"

/* Bytes of a name in DNS, with a final dot. */
#define MAX_NAME 254u

typedef enum {
    KIND_END,
    KIND_OPEN,
    KIND_CLOSE,
    KIND_JOIN, /* and, or */
    KIND_NOT,
    KIND_OPERATOR, /* any other sign */
    KIND_WORD,     /* no keyword: a number, an address or a name */
    KIND_PROTOCOL,
    KIND_LINK,       /* a protocol whose names are not in DNS */
    KIND_DIRECTION,  /* src, dst: of a host if nothing else is said */
    KIND_HOST,       /* host */
    KIND_NET,        /* what has names of its own */
    KIND_LOCAL,      /* its names come from files or from libpcap's own tables */
    KIND_TAKES_WORD, /* the same, for the one word behind it */
    KIND_OTHER,
} Kind;

static const char *const protocols[] = {
    "arp",  "rarp",  "ip",    "sctp", "tcp",   "udp",   "icmp", "igmp",  "igrp",    "pim",
    "vrrp", "carp",  "radio", "ip6",  "icmp6", "ah",    "esp",  "atalk", "aarp",    "lat",
    "sca",  "moprc", "mopdl", "iso",  "esis",  "es-is", "isis", "is-is", "l1",      "l2",
    "iih",  "lsp",   "snp",   "csnp", "psnp",  "clnp",  "stp",  "ipx",   "netbeui", NULL};

static const char *const links[] = {"link", "ether", "ppp",    "slip", "fddi",
                                    "tr",   "wlan",  "decnet", NULL};

static const char *const directions[] = {"dst",   "src",      "address1", "addr1",    "address2",
                                         "addr2", "address3", "addr3",    "address4", "addr4",
                                         "ra",    "ta",       NULL};

static const char *const hosts[] = {"host", NULL};

static const char *const nets[] = {"net", "gateway", NULL};

static const char *const locals[] = {"port", "portrange", "proto", "protochain", NULL};

static const char *const word_takers[] = {
    "type",    "subtype", "dir",  "direction",  "ifname", "on",      "reason", "rset",
    "ruleset", "action",  "srnr", "subrulenum", "rnr",    "rulenum", "llc",    NULL};

static const char *const joins[] = {"and", "or", NULL};

static const char *const negations[] = {"not", NULL};

static const char *const others[] = {"mask",
                                     "less",
                                     "greater",
                                     "byte",
                                     "broadcast",
                                     "multicast",
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
                                     NULL};

/* The keywords of libpcap 1.10. A newer one that is missing here is taken for a name and refused,
 * which is the safe side. */
static const struct {
    Kind kind;
    const char *const *words;
} keywords[] = {
    {KIND_JOIN, joins},   {KIND_NOT, negations},        {KIND_PROTOCOL, protocols},
    {KIND_LINK, links},   {KIND_DIRECTION, directions}, {KIND_HOST, hosts},
    {KIND_NET, nets},     {KIND_LOCAL, locals},         {KIND_TAKES_WORD, word_takers},
    {KIND_OTHER, others},
};

typedef enum {
    MEANING_NONE, /* no name can stand here */
    MEANING_IP_HOST,
    MEANING_ELSEWHERE, /* a name that is not in DNS, or that libpcap asks other places for */
    MEANING_LOCAL,
} Meaning;

typedef enum { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 } Family;

/* What a name would mean: the words in front say so, as in "ip src host". */
typedef struct {
    Meaning meaning;
    Family family;
    bool is_link;
} Qualifier;

typedef struct {
    const char *at;
    unsigned brackets; /* depth of [ ]: an arithmetic place, where only keywords are words */
    Qualifier qualifier;
    GArray *outside; /* for each open parenthesis the qualifier in front of it */
    Kind kind;       /* of the latest token */
    Kind previous[2];
    const char *start; /* of the latest token */
    char *word;        /* the same when it is a word; owned */
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
                                "[0-9A-Fa-f]{1,2}(-[0-9A-Fa-f]{1,2}){5}|"
                                "[0-9A-Fa-f]{1,2}([.][0-9A-Fa-f]{1,2}){5}|"
                                "[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12})$",
                                word, G_REGEX_DOLLAR_ENDONLY, 0);
}

static bool
is_name_char(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("._-:", c));
}

/* A zone belongs to an IPv6 address; behind anything else '%' is an operator. */
static bool
is_zone(const Scanner *self)
{
    return *self->at == '%' && memchr(self->start, ':', (size_t)(self->at - self->start));
}

static bool
is_escaped(const Scanner *self)
{
    return self->word[0] == '\\';
}

/* The word at self->at. An escaped one may hold nearly everything, and is never a keyword. */
static Kind
read_word(Scanner *self)
{
    if (*self->at == '\\')
        self->at += strcspn(self->at, " !()\n\t\r");
    else
        while (is_name_char(*self->at) || is_zone(self))
            self->at++;
    self->word = g_strndup(self->start, (gsize)(self->at - self->start));
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (g_strv_contains(keywords[i].words, self->word))
            return keywords[i].kind;
    return KIND_WORD;
}

static Kind
read_sign(Scanner *self)
{
    char c = *self->at++;

    if (c == '(')
        return KIND_OPEN;
    if (c == ')')
        return KIND_CLOSE;
    if (c == '!')
        return KIND_NOT;
    if ((c == '&' || c == '|') && *self->at == c) {
        self->at++;
        return KIND_JOIN;
    }
    if (c == '[')
        self->brackets++;
    else if (c == ']' && self->brackets > 0)
        self->brackets--;
    return KIND_OPERATOR;
}

static Kind
read_token(Scanner *self)
{
    g_clear_pointer(&self->word, g_free);
    self->at += strspn(self->at, " \t\r\n");
    self->start = self->at;
    if (*self->at == '\0')
        return KIND_END;
    return is_name_char(*self->at) || *self->at == '\\' ? read_word(self) : read_sign(self);
}

static void
begin_qualifier(Scanner *self)
{
    static const char *const ipv4_only[] = {"ip", "arp", "rarp", NULL};

    self->qualifier = (Qualifier){.is_link = self->kind == KIND_LINK};
    if (strcmp(self->word, "ip6") == 0)
        self->qualifier.family = FAMILY_IPV6;
    else if (g_strv_contains(ipv4_only, self->word))
        self->qualifier.family = FAMILY_IPV4;
}

/* "ip src host" is one qualifier, "src or dst" one direction; anything else begins anew. */
static bool
continues_qualifier(const Scanner *self)
{
    Kind last = self->previous[0];

    if (last == KIND_PROTOCOL || last == KIND_LINK)
        return true;
    if (self->kind == KIND_DIRECTION)
        return last == KIND_JOIN && self->previous[1] == KIND_DIRECTION;
    return last == KIND_DIRECTION;
}

static void
qualify(Scanner *self, Meaning meaning)
{
    if (!continues_qualifier(self))
        self->qualifier = (Qualifier){0};
    if (meaning == MEANING_IP_HOST && self->qualifier.is_link)
        meaning = MEANING_ELSEWHERE;
    self->qualifier.meaning = meaning;
}

static void
close_parenthesis(Scanner *self)
{
    guint depth = self->outside->len;

    if (depth == 0)
        return;
    self->qualifier = g_array_index(self->outside, Qualifier, depth - 1);
    (void)g_array_set_size(self->outside, depth - 1);
}

/* A qualifier goes on being that of "a" and "b" in "host n or a and not (b or …)", and is again
 * that of what follows a parenthesis. */
static void
note_meaning(Scanner *self)
{
    switch (self->kind) {
    case KIND_OPEN:
        (void)g_array_append_val(self->outside, self->qualifier);
        return;
    case KIND_CLOSE:
        close_parenthesis(self);
        return;
    case KIND_PROTOCOL:
    case KIND_LINK:
        begin_qualifier(self);
        return;
    case KIND_DIRECTION:
    case KIND_HOST:
        qualify(self, MEANING_IP_HOST);
        return;
    case KIND_NET:
        qualify(self, MEANING_ELSEWHERE);
        return;
    case KIND_LOCAL:
        qualify(self, MEANING_LOCAL);
        return;
    case KIND_TAKES_WORD:
    case KIND_OTHER:
        self->qualifier = (Qualifier){0};
        return;
    case KIND_JOIN:
    case KIND_NOT:
    case KIND_OPERATOR:
    case KIND_WORD:
    case KIND_END:
        return;
    }
}

static void
init(Scanner *self, const char *expression)
{
    *self = (Scanner){.at = expression, .kind = KIND_END};
    self->outside = g_array_new(FALSE, FALSE, sizeof(Qualifier));
}

static void
clear(Scanner *self)
{
    g_clear_pointer(&self->word, g_free);
    g_clear_pointer(&self->outside, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scanner, clear)

/* Whether libpcap would ask the resolver for the word. */
static bool
is_name(const Scanner *self)
{
    const char *word = self->word;

    if (self->kind != KIND_WORD || self->previous[0] == KIND_TAKES_WORD ||
        self->qualifier.meaning == MEANING_LOCAL)
        return false;
    if (self->brackets > 0 && !is_escaped(self))
        return false;
    return !is_number(word) && !is_ipv4(word) && !is_ipv6(word) && !is_mac(word);
}

/* Goes on to the next name; false when there is none. */
static bool
next_name(Scanner *self)
{
    do {
        self->previous[1] = self->previous[0];
        self->previous[0] = self->kind;
        self->kind = read_token(self);
        note_meaning(self);
    } while (self->kind != KIND_END && !is_name(self));
    return self->kind != KIND_END;
}

char *
cfp_filter_find_host_name(const char *expression)
{
    g_auto(Scanner) scanner = {0};

    init(&scanner, expression);
    return next_name(&scanner) ? g_steal_pointer(&scanner.word) : NULL;
}

/* What is looked up for the word. */
static const char *
name_of(const Scanner *self)
{
    return is_escaped(self) ? self->word + 1 : self->word;
}

/* As libpcap's scanner has names, which is about what DNS has. */
static bool
can_name_host(const Scanner *self)
{
    const char *pattern = is_escaped(self) ? "^[A-Za-z0-9_]([-_.A-Za-z0-9]*[.A-Za-z0-9])?$"
                                           : "^[A-Za-z0-9]([-_.A-Za-z0-9]*[.A-Za-z0-9])?$";

    return strlen(name_of(self)) <= MAX_NAME &&
           g_regex_match_simple(pattern, name_of(self), G_REGEX_DOLLAR_ENDONLY, 0);
}

static gboolean
check_name(const Scanner *self, GError **error)
{
    if (!can_name_host(self))
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
                         "\"%s\" is no address, no name of a host and no word of pcap-filter",
                         self->word);
    if (self->qualifier.meaning == MEANING_ELSEWHERE)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
                         "\"%s\" can't be looked up: only names of IP hosts can, not those of "
                         "networks, gateways and Ethernet addresses",
                         name_of(self));
    if (self->qualifier.meaning != MEANING_IP_HOST)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
                         "\"%s\" is no word of pcap-filter, and before a name \"host\" is missing",
                         name_of(self));
    return TRUE;
}

static bool
has_name(const GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(g_ptr_array_index(names, i), name) == 0)
            return true;
    return false;
}

char **
cfp_filter_list_host_names(const char *expression, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(Scanner) scanner = {0};

    init(&scanner, expression);
    while (next_name(&scanner)) {
        if (!check_name(&scanner, error))
            return NULL;
        if (has_name(names, name_of(&scanner)))
            continue;
        if (names->len == CFP_MAX_FILTER_NAMES) {
            cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME,
                      "the capture filter has more than %u names of hosts", CFP_MAX_FILTER_NAMES);
            return NULL;
        }
        g_ptr_array_add(names, g_strdup(name_of(&scanner)));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static bool
is_of_family(const char *address, Family family)
{
    return family == FAMILY_ANY || (family == FAMILY_IPV6) == (strchr(address, ':') != NULL);
}

/*
 * Names stand where libpcap's grammar has "id", and "(a or b)" is one, but behind an opening
 * parenthesis it wants the first address itself. "a or b and c" is "(a or b) and c" there, since
 * both words bind equally and to the left, so that the parentheses can be left out.
 */
static gboolean
append_addresses(const Scanner *self, const char *const *addresses, GString *expression,
                 GError **error)
{
    static const char *const family_names[] = {"", " IPv4", " IPv6"};
    gssize start;
    unsigned n = 0;

    /* What stands close by must not become a part of the address: "src\\name", "name%4". */
    if (expression->len > 0 && is_name_char(expression->str[expression->len - 1]))
        g_string_append_c(expression, ' ');
    start = (gssize)expression->len;

    for (size_t i = 0; addresses && addresses[i]; i++) {
        if (!is_of_family(addresses[i], self->qualifier.family))
            continue;
        g_string_append_printf(expression, "%s%s", n > 0 ? " or " : "", addresses[i]);
        n++;
    }
    if (n == 0)
        return cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME, "\"%s\" has no%s address",
                         name_of(self), family_names[self->qualifier.family]);
    if (n == 1 || self->previous[0] == KIND_OPEN) {
        g_string_append(expression, *self->at == '%' || *self->at == '\\' ? " " : "");
        return TRUE;
    }
    g_string_insert_c(expression, start, '(');
    g_string_append_c(expression, ')');
    return TRUE;
}

char *
cfp_filter_replace_host_names(const char *expression, GHashTable *addresses, GError **error)
{
    static const char *const made_up[] = {"192.0.2.1", "2001:db8::1", NULL};
    g_autoptr(GString) result = g_string_new(NULL);
    g_auto(Scanner) scanner = {0};
    const char *copied = expression;

    init(&scanner, expression);
    while (next_name(&scanner)) {
        const char *const *found = made_up;

        if (addresses)
            found = g_hash_table_lookup(addresses, name_of(&scanner));
        g_string_append_len(result, copied, scanner.start - copied);
        copied = scanner.at;
        if (!check_name(&scanner, error) || !append_addresses(&scanner, found, result, error))
            return NULL;
        if (result->len > CFP_MAX_CAPTURE_FILTER)
            break;
    }
    g_string_append(result, copied);
    if (result->len <= CFP_MAX_CAPTURE_FILTER)
        return g_string_free(g_steal_pointer(&result), FALSE);
    cfp_throw(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX,
              "with the addresses of its names the capture filter is longer than %u bytes",
              CFP_MAX_CAPTURE_FILTER);
    return NULL;
}
