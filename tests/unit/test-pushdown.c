/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/pushdown.h"

#include "base/limits.h"
#include "support/asserts.h"
#include "support/no-dns.h"

#define A "192.0.2.1"
#define B "203.0.113.7"
#define A6 "2001:db8::1"
#define B6 "2001:db8:0:1::7"

/* What is expected is what a person finds who thinks about the expression, in the words of
 * filter_v1; "exact" when nothing is left to be filtered here. */
typedef struct {
    const char *expression;
    const char *expected;
} Row;

/* The filter as words: "src=192.0.2.1 dport=53 proto=17 exact". Owned. */
static char *
to_words(const CfpPushdown *pushdown)
{
    const CfpFilterV1 *filter = &pushdown->filter;
    GString *words = g_string_new(NULL);

    if (filter->source_address)
        g_string_append_printf(words, " src=%s", filter->source_address);
    if (filter->destination_address)
        g_string_append_printf(words, " dst=%s", filter->destination_address);
    if (filter->source_port > 0)
        g_string_append_printf(words, " sport=%u", filter->source_port);
    if (filter->destination_port > 0)
        g_string_append_printf(words, " dport=%u", filter->destination_port);
    if (filter->protocol >= 0)
        g_string_append_printf(words, " proto=%d", filter->protocol);
    if (pushdown->is_exact)
        g_string_append(words, " exact");
    if (words->len > 0)
        g_string_erase(words, 0, 1);
    return g_string_free(words, FALSE);
}

static void
check_row(const Row *row, const CfpFilterV1 *fields, CfpPushdownMode mode)
{
    g_auto(CfpPushdown) pushdown = {.filter = {.protocol = -1}};
    g_autoptr(GError) error = NULL;
    gboolean ok = cfp_pushdown_compute(row->expression, fields, mode, &pushdown, &error);
    g_autofree char *words = ok ? to_words(&pushdown) : g_strdup("contradiction");
    g_autofree char *actual = g_strdup_printf("%s: %s", row->expression, words);
    g_autofree char *expected = g_strdup_printf("%s: %s", row->expression, row->expected);

    ASSERT_STR(actual, expected);
    if (!ok)
        ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION);
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

static void
check_rows(const Row *rows, size_t n, CfpPushdownMode mode)
{
    static const CfpFilterV1 any = {.protocol = -1};

    for (size_t i = 0; i < n; i++)
        check_row(&rows[i], &any, mode);
}

static void
test_addresses(void)
{
    static const Row rows[] = {
        {"src host " A, "src=" A " exact"},
        {"dst host " A, "dst=" A " exact"},
        {"ip src host " A, "src=" A " exact"},
        {"src " A " and dst " B, "src=" A " dst=" B " exact"},
        {"host " A, ""},
        {"src or dst host " A, ""},
        {"src and dst host " A, "src=" A " dst=" A " exact"},
        {"host " A " and src host " A, "src=" A " exact"},
        /* Where the packet's other end must be the other address, which end is which is open. */
        {"host " A " and host " B, ""},
        {"host " A " and not src host " A, "dst=" A},
        {"host " A " and not dst host " A, "src=" A},
        {"(src host " A " and tcp) or (src host " A " and udp)", "src=" A},
        {"src host " A " or src host " A, "src=" A " exact"},
        {"src host " A " or src host 192.0.2.6", "src=192.0.2.0/29"},
        {"src host " A " or src host " B, ""},
        {"src host 10.1.64.200 or src host 10.1.192.7", "src=10.1.0.0/16"},
        {"src host " A " or dst host " A, ""},
        {"src host " A " or tcp", ""},
        {"src net 198.51.100.0/24", "src=198.51.100.0/24 exact"},
        {"src net 198.51.100.0 mask 255.255.255.0", "src=198.51.100.0/24 exact"},
        {"dst net 10", "dst=10.0.0.0/8 exact"},
        {"dst net 10.0.0.0/7", ""},
        {"net 198.51.100.0/24", ""},
        {"src net 198.51.100.0/24 and src host 198.51.100.9", "src=198.51.100.9 exact"},
        {"src net 10.0.0.0/8 and src net 10.1.0.0/16", "src=10.1.0.0/16 exact"},
        {"ip6 src host " A6, "src=" A6 " exact"},
        {"src host " A6 " and dst host " B6, "src=" A6 " dst=" B6 " exact"},
        {"src net 2001:db8::/32", "src=2001:db8::/32 exact"},
        {"src net 2001:db8::/44", "src=2001:db8::/44 exact"},
        {"src host " A6 " or src host " B6, "src=2001:db8::/63"},
        {"src host " A " or src host " A6, ""},
        {"ip6 host " A6, ""},
        {"ip[12:4] = 0xc0000201", "src=" A " exact"},
        {"ip[16:4] & 0xffffff00 = 0xcb007100", "dst=203.0.113.0/24 exact"},
        {"ip[12] = 192", "src=192.0.0.0/8 exact"},
        {"not not src host " A, "src=" A " exact"},
        {"not (src host " A ")", ""},
        {"not (not src host " A " or not dst host " B ")", "src=" A " dst=" B " exact"},
        {"src " A " and (icmp or not icmp)", "src=" A " exact"},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_AUTO);
}

static void
test_protocols(void)
{
    static const Row rows[] = {
        {"tcp", "proto=6"},
        {"udp", "proto=17"},
        {"icmp", "proto=1"},
        {"icmp6", "proto=58"},
        {"icmp or icmp6", ""},
        {"tcp or udp", ""},
        {"ip proto 6", "proto=6"},
        {"ip6 proto 6", "proto=6"},
        {"ip proto gre", "proto=47"},
        {"proto gre", "proto=47"},
        {"ip proto ospf", "proto=89"},
        {"ip proto \\icmp", "proto=1"},
        {"esp", "proto=50"},
        {"pim", "proto=103"},
        {"vrrp", "proto=112"},
        {"igmp", "proto=2"},
        /* 51 is a header of IPv6 behind which another protocol lies. */
        {"ah", ""},
        {"ip proto \\ah", "proto=51"},
        {"ip6 proto 0", ""},
        {"ip6 proto 44", ""},
        {"ip6[6] = 44 and ip6[40] = 44", ""},
        {"ip6[6] = 44 and ip6[40] = 17", "proto=17"},
        {"ip6 proto 43", ""},
        {"ip6 proto 51", ""},
        {"ip6 proto 60", ""},
        {"ip6 proto 135", ""},
        {"ip6 proto 139", ""},
        {"ip6 proto 140", ""},
        /* The numbers next to them belong to protocols. */
        {"ip6 proto 1", "proto=1"},
        {"ip6 proto 42", "proto=42"},
        {"ip6 proto 45", "proto=45"},
        {"ip6 proto 50", "proto=50"},
        {"ip6 proto 52", "proto=52"},
        {"ip6 proto 59", "proto=59"},
        {"ip6 proto 61", "proto=61"},
        {"ip6 proto 134", "proto=134"},
        {"ip6 proto 136", "proto=136"},
        {"ip6 proto 138", "proto=138"},
        {"ip6 proto 141", "proto=141"},
        {"ip proto 43", "proto=43"},
        {"ip proto 44", "proto=44"},
        /* Zero may be no protocol to the service. */
        {"ip proto 0", ""},
        {"(tcp or udp) and not udp", "proto=6"},
        {"(tcp or udp or sctp) and not (tcp or sctp)", "proto=17"},
        {"ip[9] = 17", "proto=17"},
        {"ip[8:2] & 0xff = 17", "proto=17"},
        {"ip6[6] = 17", "proto=17"},
        {"tcp[tcpflags] & tcp-syn != 0", "proto=6"},
        {"icmp[icmptype] = icmp-echo", "proto=1"},
        {"udp[4:2] > 512", "proto=17"},
        {"not tcp", ""},
        {"ip", ""},
        {"ip6", ""},
        {"ip6 and ip6[6] = 58", "proto=58"},
        {"udp and greater 1000", "proto=17"},
        {"ip6 protochain 6", ""},
        {"src host " A " and ip protochain 6", "src=" A},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_AUTO);
}

static void
test_ports(void)
{
    static const Row rows[] = {
        {"tcp port 80", "proto=6"},
        {"tcp dst port 80", "dport=80 proto=6"},
        {"tcp src port 80", "sport=80 proto=6"},
        {"tcp dst port http", "dport=80 proto=6"},
        {"dst port domain", "dport=53"},
        {"dst port https", "dport=443"},
        {"udp and port 53", "proto=17"},
        {"port 53", ""},
        {"not port 22", ""},
        {"src port 53 and dst port 53", "sport=53 dport=53"},
        {"udp src port 53 and udp dst port 1234", "sport=53 dport=1234 proto=17"},
        {"host " B " and tcp dst port 443", "dport=443 proto=6"},
        {"src host " A " and (tcp or udp) and dst port 53", "src=" A " dport=53"},
        {"src host " A " and udp and dst port 53", "src=" A " dport=53 proto=17 exact"},
        {"dst port 80 or dst port 443", ""},
        {"dst port (80 or 443)", ""},
        {"tcp dst port 80 or udp dst port 80", "dport=80"},
        {"(tcp dst port 80 or udp dst port 53) and tcp", "dport=80 proto=6"},
        {"(tcp dst port 80 or udp dst port 53) and dst port 53", "dport=53 proto=17"},
        {"udp dst portrange 53-53", "dport=53 proto=17"},
        {"udp dst portrange 53-54", "proto=17"},
        {"udp dst portrange 53-54 and not dst port 54", "dport=53 proto=17"},
        {"tcp[2:2] = 443", "dport=443 proto=6"},
        {"udp[0:4] = 0x00350400", "sport=53 dport=1024 proto=17"},
        {"udp[2:2] > 52 and udp[2:2] < 54", "dport=53 proto=17"},
        /* Bytes at a port's place of what has no ports. */
        {"icmp and ip[20:2] = 53", "proto=1"},
        /* Fragments behind the first have none. */
        {"udp and ip[6:2] & 0x1fff != 0", "proto=17"},
        /* Port 0 is none to the service. */
        {"udp dst port 0", "proto=17"},
        {"sctp dst port 80", "dport=80 proto=132"},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_AUTO);
}

static void
test_link_layers(void)
{
    static const Row rows[] = {
        {"vlan and src host " A, "src=" A},
        {"vlan 5 and udp dst port 53", "dport=53 proto=17"},
        {"vlan and vlan and src host " A, "src=" A},
        /* What the words mean without the tag is another place. */
        {"src host " A " or (vlan and src host " A ")", "src=" A},
        {"src host " A " or (vlan and dst host " A ")", ""},
        {"udp or (vlan and udp)", "proto=17"},
        {"udp or (vlan and tcp)", ""},
        {"udp or (vlan and vlan and tcp)", ""},
        {"udp or (ether[12:2] = 0x88a8 and ether[16:2] = 0x0800 and ether[27] = 6)", ""},
        {"udp or (ether[12:2] = 0x9100 and ether[16:2] = 0x0800 and ether[27] = 6)", ""},
        {"mpls and src host " A, ""},
        {"pppoes and src host " A, ""},
        {"ether proto \\ip and src host " A, "src=" A " exact"},
        /* For raw IP these bytes are the source address, for Ethernet they are not. */
        {"ether[12:2] = 0x0800", ""},
        {"link[12:4] = 0xc0000201", ""},
        /* Only raw IP has these, a source of 1.2.0.0/16, and only Ethernet the others. */
        {"src host " A " or (ip and link[12:2] = 0x0102)", ""},
        {"(link[12:2] = 0x0102 and ip proto 17) or tcp", ""},
        {"(link[12:2] = 0x0102 and ip and udp dst port 54) or (ip and udp dst port 53)",
         "proto=17"},
        {"(link[12:2] = 0x0102 and ip and udp src port 54) or (ip and udp src port 53)",
         "proto=17"},
        {"ether[12:2] = 0x1234 or (vlan and src host " A ")", ""},
        {"(ether[12:2] = 0x0800 and src host " A ") or ether[12:2] = 0x1234", ""},
        {"ether host 00:11:22:33:44:55 and tcp", "proto=6"},
        /* Behind "geneve" the words mean what the tunnel carries. */
        {"geneve and src host " A, "dport=6081 proto=17"},
        {"src host " A " and geneve", "src=" A " dport=6081 proto=17"},
        {"arp", ""},
        {"not ip and not ip6", ""},
        {"src host " A " or (not ip and not ip6 and not arp)", ""},
        {"len > 100", ""},
        {"less 100 and src host " A, "src=" A},
        {"ip multicast", ""},
        {"ip broadcast and src " A, "src=" A},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_AUTO);
}

static void
test_contradictions(void)
{
    static const Row rows[] = {
        {"src host " A " and src host " B, "contradiction"},
        {"tcp and udp", "contradiction"},
        {"src host " A " and not src net 192.0.2.0/24", "contradiction"},
        {"src host " A " and src host " A6, "contradiction"},
        {"src net 10.0.0.0/8 and src net 11.0.0.0/8", "contradiction"},
        {"tcp dst port 80 and not dst portrange 1-1024", "contradiction"},
        {"icmp and port 53", "contradiction"},
        /* "src host" is that of a packet without a tag. */
        {"src host " A " and vlan", "contradiction"},
        {"icmp[0] = 8 and icmp[0] = 0", "contradiction"},
        {"tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-syn = 0", "contradiction"},
        {"less 100 and greater 200", "contradiction"},
        {"ip[8] < 5 and ip[8] > 4", "contradiction"},
        {"ip and ip6 src host " A6, "contradiction"},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_AUTO);
    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_OFF);
}

/* Nothing that only one reading of the documentation allows. */
static void
test_strict(void)
{
    static const Row rows[] = {
        {"src host " A, "src=" A " exact"},
        {"src net 198.51.100.0/24", ""},
        {"ip6 src host " A6, ""},
        {"src host " A " or src host 192.0.2.6", ""},
        {"tcp", ""},
        {"ip proto 6", "proto=6"},
        {"ip6[6] = 44", ""},
        {"ip6[6] = 44 and ip6[40] = 17", ""},
        {"tcp port 80", "proto=6"},
        {"src host " A " and tcp", "src=" A " proto=6 exact"},
        {"icmp", "proto=1"},
        {"dst port 53", ""},
        {"udp dst port 53", "dport=53 proto=17"},
        {"src host " A " and (tcp or udp) and dst port 53", "src=" A " dport=53"},
        {"sctp dst port 80", "proto=132"},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_STRICT);
}

static void
test_off(void)
{
    static const Row rows[] = {
        {"src host " A, ""},
        {"tcp dst port 80", ""},
    };

    check_rows(rows, G_N_ELEMENTS(rows), CFP_PUSHDOWN_OFF);
}

/* ---- with the dialog's fields
 * -------------------------------------------------------------------- */

static void
test_fields(void)
{
    static char a[] = A, net[] = "192.0.2.0/24", a6[] = A6;
    static char net33[] = "2001:db8:8000::/33", net44[] = "2001:db8::/44";
    static char net65[] = "2001:db8:0:1:8000::/65", net97[] = "2001:db8:0:1::8000:0/97";
    static const struct {
        CfpFilterV1 fields;
        Row row;
    } rows[] = {
        {{.source_address = a, .protocol = -1}, {"", "src=" A " exact"}},
        {{.source_address = a, .protocol = -1}, {"dst host " B, "src=" A " dst=" B " exact"}},
        {{.source_address = a, .protocol = -1}, {"host " A, "src=" A " exact"}},
        {{.source_address = a, .protocol = -1}, {"src host " B, "contradiction"}},
        {{.source_address = a, .protocol = -1}, {"src net 192.0.2.0/24", "src=" A " exact"}},
        {{.source_address = a, .protocol = -1}, {"ip6", "contradiction"}},
        {{.source_address = net, .protocol = -1}, {"src host " A, "src=" A " exact"}},
        {{.source_address = net, .protocol = -1}, {"tcp", "src=192.0.2.0/24 proto=6 exact"}},
        {{.source_address = net, .protocol = -1}, {"src host " B, "contradiction"}},
        {{.source_address = a6, .protocol = -1}, {"udp", "src=" A6 " proto=17"}},
        {{.protocol = 17}, {"dst port 53", "dport=53 proto=17"}},
        {{.protocol = 17}, {"tcp", "contradiction"}},
        {{.protocol = 17}, {"not udp", "proto=17"}},
        {{.protocol = 6}, {"port 80", "proto=6"}},
        {{.protocol = 0}, {"src host " A, "src=" A " proto=0 exact"}},
        {{.source_port = 53, .protocol = -1}, {"tcp or udp", "sport=53"}},
        {{.source_port = 53, .protocol = -1}, {"udp src port 54", "contradiction"}},
        {{.source_port = 53, .protocol = 17}, {"src host " A, "src=" A " sport=53 proto=17 exact"}},
        {{.source_port = 53, .protocol = 17}, {"src host " A " and src port 54", "contradiction"}},
        {{.destination_port = 53, .protocol = -1}, {"src host " A " and icmp", "contradiction"}},
        {{.source_address = net33, .protocol = -1}, {"src host " B6, "contradiction"}},
        {{.source_address = net65, .protocol = -1}, {"src host " B6, "contradiction"}},
        {{.source_address = net97, .protocol = -1}, {"src host " B6, "contradiction"}},
        {{.source_address = net44, .protocol = -1},
         {"src host 2001:db8:8:1::7", "src=2001:db8:8:1::7 exact"}},
        {{.source_address = net44, .protocol = -1}, {"src host 2001:db8:10::7", "contradiction"}},
        {{.destination_address = net65, .protocol = -1},
         {"dst host 2001:db8:0:1:8000::7", "dst=2001:db8:0:1:8000::7 exact"}},
        {{.protocol = 0}, {"ip proto 5", "contradiction"}},
        {{.source_port = 1, .protocol = -1}, {"udp src port 2", "contradiction"}},
        {{.destination_port = 1, .protocol = -1}, {"udp dst port 2", "contradiction"}},
        {{.source_port = 1, .protocol = -1}, {"icmp", "contradiction"}},
        {{.destination_port = 1, .protocol = -1}, {"icmp", "contradiction"}},
        {{.protocol = 17}, {"ip6[6] = 0", "proto=17"}},
        {{.source_port = 53, .protocol = 17}, {"ip6[6] = 60", "sport=53 proto=17"}},
        /* The protocol may lie behind extension headers, where it is not looked for. */
        {{.protocol = 17}, {"ip6 proto 0", "proto=17"}},
        {{.protocol = 17}, {"ip6 proto 44", "proto=17"}},
        {{.protocol = 17}, {"ip6[6] = 44 and ip6[40] = 17", "proto=17"}},
        {{.protocol = 17}, {"ip6[6] = 44 and ip6[40] = 60", "proto=17"}},
        {{.protocol = 17}, {"ip6[6] = 44 and ip6[40] = 6", "contradiction"}},
        {{.protocol = 60}, {"ip6[6] = 44 and ip6[40] = 6", "proto=60"}},
        {{.source_port = 53, .protocol = -1}, {"ip6 proto 60", "sport=53"}},
        /* Protocols that can't have ports, and those that the service may know some of. */
        {{.source_port = 53, .protocol = -1}, {"ip proto 0", "contradiction"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 5", "contradiction"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 34", "contradiction"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 137", "contradiction"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 33", "sport=53 proto=33"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 136", "sport=53 proto=136"}},
        {{.source_port = 53, .protocol = -1}, {"ip proto 132", "sport=53 proto=132"}},
        {{.source_port = 53, .protocol = 1}, {"src host " A, "contradiction"}},
        {{.destination_port = 53, .protocol = 1}, {"src host " A, "contradiction"}},
        {{.destination_port = 53, .protocol = -1}, {"ip[6:2] & 0x1fff != 0", "contradiction"}},
        {{.protocol = -1}, {"", "exact"}},
        {{.protocol = -1}, {NULL, "exact"}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        check_row(&rows[i].row, &rows[i].fields, CFP_PUSHDOWN_AUTO);
}

static void
test_messages(void)
{
    static char a[] = A;
    static const CfpFilterV1 fields = {.source_address = a, .protocol = 6}, any = {.protocol = -1};
    g_auto(CfpPushdown) first = {.filter = {.protocol = -1}}, second = first, third = first;
    g_autoptr(GError) conflict = NULL;
    g_autoptr(GError) syntax = NULL;
    g_autoptr(GError) name = NULL;

    ASSERT_FALSE(
        cfp_pushdown_compute("src host " B, &fields, CFP_PUSHDOWN_AUTO, &first, &conflict));
    ASSERT_ERROR(conflict, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION);
    ASSERT_CONTAINS(conflict->message, "src host " A);
    ASSERT_FALSE(cfp_pushdown_compute("tcp prot 80", &any, CFP_PUSHDOWN_AUTO, &second, &name));
    ASSERT_ERROR(name, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME);
    ASSERT_FALSE(cfp_pushdown_compute("tcp port (", &any, CFP_PUSHDOWN_AUTO, &third, &syntax));
    ASSERT_ERROR(syntax, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
    ASSERT_CONTAINS(syntax->message, "syntax error");
}

/* ---- large expressions
 * --------------------------------------------------------------------------- */

static void
test_long(void)
{
    static const CfpFilterV1 any = {.protocol = -1};
    g_autoptr(GString) text = g_string_new("udp and (src host 10.1.0.0");
    g_auto(CfpPushdown) pushdown = {.filter = {.protocol = -1}};
    g_autoptr(GError) error = NULL;
    g_autofree char *words = NULL;

    /* Long enough that states are joined. */
    for (unsigned i = 1; i < 100; i++)
        g_string_append_printf(text, " or src host 10.1.%u.%u", i, i * 7 % 256);
    g_string_append(text, ")");
    ASSERT_TRUE(text->len > 2000);
    ASSERT_OK(cfp_pushdown_compute(text->str, &any, CFP_PUSHDOWN_AUTO, &pushdown, &error), error);
    words = to_words(&pushdown);
    ASSERT_STR(words, "src=10.1.0.0/17 proto=17");
}

static void
test_long_contradiction(void)
{
    static const CfpFilterV1 any = {.protocol = -1};
    g_autoptr(GString) text = g_string_new("dst host " A " and (src host 10.1.0.0");
    g_auto(CfpPushdown) pushdown = {.filter = {.protocol = -1}};
    g_autoptr(GError) error = NULL;

    for (unsigned i = 1; i < 100; i++)
        g_string_append_printf(text, " or src host 10.1.%u.%u", i, i * 7 % 256);
    g_string_append(text, ") and dst host " B);
    ASSERT_FALSE(cfp_pushdown_compute(text->str, &any, CFP_PUSHDOWN_AUTO, &pushdown, &error));
    ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_CONTRADICTION);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"addresses that every packet must have are pushed down", test_addresses},
        {"protocols that every packet must have are pushed down", test_protocols},
        {"ports that every packet must have are pushed down", test_ports},
        {"what the link layer may change is not pushed down", test_link_layers},
        {"an expression that no packet can pass is an error", test_contradictions},
        {"in strict mode only what every reading allows is pushed down", test_strict},
        {"switched off, nothing is pushed down", test_off},
        {"the dialog's fields stay, and make the expression say more", test_fields},
        {"an error says what is wrong", test_messages},
        {"a long expression is pushed down, too", test_long},
        {"a long expression that no packet can pass is an error", test_long_contradiction},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "pushdown", cases);
}
