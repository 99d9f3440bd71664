/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/bpf.h"

#include <stdio.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/no-dns.h"

enum { ETHERNET = 1, RAW = 101, IPV4 = 228 };

/* 192.0.2.1:1234 > 198.51.100.2:53, UDP */
static const uint8_t udp[] = {
    0x45, 0,  0,   32, 0,    0,    0, 0,  64, 17, 0, 0, 192, 0,   2,   1,
    198,  51, 100, 2,  0x04, 0xd2, 0, 53, 0,  12, 0, 0, 'd', 'a', 't', 'a',
};

/* 2001:db8::1:1234 > 2001:db8::2:80, TCP SYN */
static const uint8_t tcp6[] = {
    0x60, 0,    0, 0,  0,    20, 6,    64,   0x20, 1, 0x0d, 0xb8, 0,    0, 0, 0, 0, 0, 0, 0,
    0,    0,    0, 1,  0x20, 1,  0x0d, 0xb8, 0,    0, 0,    0,    0,    0, 0, 0, 0, 0, 0, 2,
    0x04, 0xd2, 0, 80, 0,    0,  0,    0,    0,    0, 0,    0,    0x50, 2, 0, 0, 0, 0, 0, 0,
};

static gboolean
matches(uint32_t linktype, const char *expression, const uint8_t *data, size_t len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpBpf) filter = cfp_bpf_new(expression, linktype, 0, &error);
    g_autofree uint8_t *frame = g_malloc0(len + 14);
    CfpPacket packet = {.caplen = (uint32_t)len, .len = (uint32_t)len, .data = data};

    ASSERT_NO_ERROR(error);
    if (linktype == ETHERNET) {
        frame[12] = data[0] >> 4 == 4 ? 0x08 : 0x86;
        frame[13] = data[0] >> 4 == 4 ? 0x00 : 0xdd;
        memcpy(frame + 14, data, len);
        packet =
            (CfpPacket){.caplen = (uint32_t)len + 14, .len = (uint32_t)len + 14, .data = frame};
    }
    return cfp_bpf_match(filter, &packet);
}

/* LINKTYPE_IPV6 has no IPv4 packets: the filter is right, and nothing passes it. */
static void
test_nothing_can_pass(void)
{
    static const uint8_t data[40] = {0x60};
    const CfpPacket packet = {.caplen = sizeof data, .len = sizeof data, .data = data};
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpBpf) filter = cfp_bpf_new("ip", 229, 0, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_FALSE(cfp_bpf_match(filter, &packet));
}

static void
test_display_filters(void)
{
    static const char *const expressions[] = {
        "tcp.port == 80", "ip.addr==192.0.2.1", "tcp.flags.syn eq 1",
        "udp and dns.qry.name contains \"x\"", "frame.len > 100"};

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(cfp_bpf_check(expressions[i], &error));
        ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
        ASSERT_CONTAINS(error->message, "display filters");
    }
}

/* libpcap 1.10.3's optimiser drops the first, and takes the second for a contradiction. */
static void
test_not_optimised(void)
{
    static const char *const expressions[] = {
        "net 2001:db8::/48 and src net 2001:db8::/48",
        "src net 2001:db8::/33 and src net 2001:db8::/33",
    };
    static const uint8_t data[40] = {0x60, 0, 0, 0, 0, 0, 59, 64, 0x20, 0x01, 0x0d, 0xb8, 0,
                                     0,    0, 0, 0, 0, 0, 0,  0,  0,    0,    1,    0x20, 0x02};
    const CfpPacket packet = {.caplen = sizeof data, .len = sizeof data, .data = data};

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CfpBpf) filter = cfp_bpf_new(expressions[i], 101, 0, &error);

        ASSERT_NO_ERROR(error);
        ASSERT_TRUE(cfp_bpf_match(filter, &packet));
    }
}

static void
test_match(void)
{
    static const struct {
        const char *expression;
        gboolean udp, tcp6;
    } rows[] = {
        {"", TRUE, TRUE},
        {"ip", TRUE, FALSE},
        {"ip6", FALSE, TRUE},
        {"udp", TRUE, FALSE},
        {"tcp", FALSE, TRUE},
        {"src host 192.0.2.1", TRUE, FALSE},
        {"dst host 192.0.2.1", FALSE, FALSE},
        {"dst net 198.51.100.0/24", TRUE, FALSE},
        {"src host 2001:db8::1 and dst port 80", FALSE, TRUE},
        {"net 2001:db8::/32", FALSE, TRUE},
        {"port domain", TRUE, FALSE},
        {"tcp[tcpflags] & tcp-syn != 0", FALSE, FALSE}, /* tcp[] is IPv4's only */
        {"portrange 50-100", TRUE, TRUE},
        {"not port 53", FALSE, TRUE},
        {"less 40", TRUE, FALSE},
        {"(ip proto 17 or ip6 proto 17)", TRUE, FALSE},
        {"src port 1234", TRUE, TRUE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        /* "less" sees the link-layer header too. */
        gboolean is_length = strstr(rows[i].expression, "less") != NULL;

        ASSERT_TRUE(matches(RAW, rows[i].expression, udp, sizeof udp) == rows[i].udp);
        ASSERT_TRUE(matches(RAW, rows[i].expression, tcp6, sizeof tcp6) == rows[i].tcp6);
        if (!is_length) {
            ASSERT_TRUE(matches(ETHERNET, rows[i].expression, udp, sizeof udp) == rows[i].udp);
            ASSERT_TRUE(matches(ETHERNET, rows[i].expression, tcp6, sizeof tcp6) == rows[i].tcp6);
        }
    }
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

static void
test_link_types(void)
{
    ASSERT_TRUE(matches(IPV4, "udp port 53", udp, sizeof udp));
    ASSERT_FALSE(matches(IPV4, "tcp", udp, sizeof udp));
}

/* What the capture cut away is not there: tests on it fail, with "not" before them too. */
static void
test_cut_packet(void)
{
    ASSERT_TRUE(matches(RAW, "udp[8] = 0x64", udp, sizeof udp));
    ASSERT_FALSE(matches(RAW, "udp[8] = 0x64", udp, 24));
    ASSERT_FALSE(matches(RAW, "not udp[8] = 0x64", udp, 24));
    ASSERT_FALSE(matches(RAW, "ip", udp, 0));
}

static void
test_wire_length_counts(void)
{
    g_autoptr(CfpBpf) filter = cfp_bpf_new("len > 1000", RAW, 0, NULL);
    CfpPacket packet = {.caplen = sizeof udp, .len = 1400, .data = udp};

    ASSERT_TRUE(cfp_bpf_match(filter, &packet));
    packet.len = sizeof udp;
    ASSERT_FALSE(cfp_bpf_match(filter, &packet));
}

static void
test_snaplens(void)
{
    static const uint32_t snaplens[] = {0, 1, 96, 65535, 262144, 262145, G_MAXUINT32};

    for (size_t i = 0; i < G_N_ELEMENTS(snaplens); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CfpBpf) filter = cfp_bpf_new("udp", RAW, snaplens[i], &error);
        CfpPacket packet = {.caplen = sizeof udp, .len = sizeof udp, .data = udp};

        ASSERT_NO_ERROR(error);
        ASSERT_TRUE(cfp_bpf_match(filter, &packet));
    }
    cfp_bpf_free(NULL);
}

static void
test_unknown_link_type(void)
{
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(cfp_bpf_new("tcp port 80", 65000, 0, &error) == NULL);
    ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
}

/* ---- checking ---------------------------------------------------------------------------------
 */

static void
test_valid(void)
{
    static const char *const expressions[] = {
        "",
        "   ",
        "tcp",
        "tcp port 80",
        "tcp port http",
        "port 53 or port 80",
        "port domain or http",
        "port (domain or http)",
        "port http and not port domain",
        "udp portrange 6000-6008",
        "ip proto 47",
        "ip proto ospf",
        "ip proto \\icmp",
        "ether proto \\arp",
        "proto gre",
        "host 192.0.2.1",
        "host 0xc0000201",
        "net 192.0.2.0/24",
        "net 192.0.2.0 mask 255.255.255.0",
        "net 10",
        "net 10.1",
        "host 2001:db8::1",
        "host ::1",
        "host ::ffff:192.0.2.1",
        "net 2001:db8::/32",
        "ether host 00:11:22:33:44:55",
        "ether host aa:bb:cc:dd:ee:ff",
        "ether src AA:bb:0:1:2:3",
        "icmp[icmptype] = icmp-echo",
        "icmp6[icmp6type] = icmp6-echo",
        "icmp6[icmp6type] = icmp6-destinationunreach",
        "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 192.0.2.0/24",
        "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
        "ether[0] & 1 = 0 and ip[16] >= 224",
        "ip6 protochain 6",
        "ether broadcast or ip multicast",
        "greater 100 and less 200",
        "vlan 100 and tcp",
        "mpls 1024",
        "vrrp or carp or igmp or pim or sctp or esp or ah",
        "not ip and not ip6",
        "! tcp",
        "tcp && !udp || icmp",
        "src or dst port 53",
        "dst host 192.0.2.1 and dst port 53 and udp",
        "len >= 1400",
        "ip[9] % 4 = 2",
        "ip[9]%4=2 and tcp[0:2] = 20%16",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        g_autoptr(GError) error = NULL;

        if (!cfp_bpf_check(expressions[i], &error))
            fprintf(stderr, "\n    %s:", expressions[i]);
        ASSERT_NO_ERROR(error);
    }
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

static void
test_invalid(void)
{
    static const char *const expressions[] = {
        "tcp port",
        "port 65536",
        "host",
        "and",
        "tcp and",
        "(tcp",
        "tcp)",
        "tcp port 80 )",
        "net 1.2.3/33",
        "host 1.2.3.4/24",

        "ip[",
        "tcp port 80 &",
        "ip.addr == 1.2.3.4",
        "port nosuchservice",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        g_autoptr(GError) error = NULL;

        if (cfp_bpf_check(expressions[i], &error))
            fprintf(stderr, "\n    accepted: %s\n", expressions[i]);
        ASSERT_TRUE(error != NULL);
        ASSERT_TRUE(error->domain == CFP_FILTER_ERROR);
        ASSERT_TRUE(error->message[0] != '\0' && !strchr(error->message, '\n'));
    }
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

static void
test_host_names(void)
{
    static const struct {
        const char *expression, *name;
    } rows[] = {
        {"host www.example.com", "www.example.com"},
        {"www.example.com", "www.example.com"},
        {"src host example", "example"},
        {"dst example", "example"},
        {"tcp and example.com", "example.com"},
        {"net example", "example"},
        {"ether host example", "example"},
        {"gateway example", "example"},
        {"not example.com", "example.com"},
        {"(example.com)", "example.com"},
        {"port 80 and host example.com", "example.com"},
        {"host 3com.example", "3com.example"},
        {"host 1.2.3.4 and (port 53) and example.com", "example.com"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        if (cfp_bpf_check(rows[i].expression, &error))
            fprintf(stderr, "\n    accepted: %s\n", rows[i].expression);
        ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME);
        ASSERT_CONTAINS(error->message, rows[i].name);
    }
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

/* Names that look like something else; some are refused as names, some by the grammar. */
static void
test_no_query(void)
{
    static const char *const expressions[] = {
        "host 1.de",
        "host 1e100.de",
        "host 1-2",
        "host 1.2.3.4.5",
        "host 0x1.be",
        "1.cafe",
        "host tcp-syn.example",
        "host icmp-x.example",
        "host icmp6-x",
        "host tcp-x",
        "host test",
        "host rr",
        "host i",
        "host disc",
        "host egp",
        "host igp",
        "host dir",
        "host direction",
        "host subtype",
        "host a:b",
        "host dead:beef",
        "host cafe:1",
        "host \\_x.example",
        "host \\tcp.example",
        "host \\test",
        "host \\-a:",
        "host \\%a:b",
        "net test",
        "net 1.de",
        "net a:b",
        "net \\icmp",
        "host \\tcp",
        "host \\icmp",
        "src host \\udp",
        "dst \\ip",
        "host 1.2.3.4 or 1.de",
        "port 53 and host 1.de",
        "ether host test",
        "ether host a:b",
        "host ::1.de",
        "host 1::a.de",
        "host \\::a.de",
        "host fe80::1%eth0",
        "port 80 and (host test)",
        "ip host 1.de",
        "arp host 1.de",
        "ip6 host 1.de",
        "ip6 host a:b",
        "host .de",
        "host -a",
        "host 00-11-22-33-44-55",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
        unsigned before = cfp_no_dns_count();

        (void)!cfp_bpf_check(expressions[i], NULL);
        if (cfp_no_dns_count() != before)
            fprintf(stderr, "\n    looked up: %s", expressions[i]);
    }
    ASSERT_UINT(cfp_no_dns_count(), 0);
}

/* Every word that is a keyword in some version of libpcap, or of another place: a version that does
 * not know it would take it for a name. */
static void
test_words_make_no_query(void)
{
    static const char words[] =
        "dst src link ether ppp slip fddi tr wlan arp rarp ip sctp tcp udp icmp igmp igrp pim vrrp "
        "carp radio ip6 icmp6 ah esp atalk aarp decnet lat sca moprc mopdl iso esis es-is isis "
        "is-is l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui host net mask port portrange proto "
        "protocol protochain gateway type subtype direction dir address1 addr1 address2 addr2 "
        "address3 addr3 address4 addr4 ra ta less greater byte broadcast multicast and or not len "
        "length inbound outbound ifindex vlan mpls pppoed pppoes geneve vxlan lane llc metac bcc "
        "oam oamf4 oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect on ifname rset ruleset "
        "rnr rulenum srnr subrulenum reason action pass block match nat fisu lssu lsu msu hfisu "
        "hlssu hlsu hmsu sio opc dpc sls hsio hopc hdpc hsls aodv chaos egp igp i s u rr rej ui ua "
        "disc dm sabme test xid frmr mgt ctl data beacon icmptype icmpcode icmp6type icmp6code "
        "tcpflags icmp-echo icmp-unreach icmp6-echo icmp6-destinationunreach "
        "icmp6-destinationrunreach icmp6-multicastrouterterm icmp6-multicastroutertermination "
        "tcp-syn tcp-fin tcp-ece tcp-cwr tcp-nosuch";
    static const char *const places[] = {"host ",       "net ",
                                         "src ",        "dst host ",
                                         "ether host ", "gateway ",
                                         "ip6 host ",   "port 1 or host ",
                                         "not host ",   "host 1.2.3.4 or "};
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    guint failed = 0;

    for (size_t i = 0; list[i]; i++) {
        for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
            g_autofree char *expression = g_strconcat(places[p], list[i], NULL);
            unsigned before = cfp_no_dns_count();

            (void)!cfp_bpf_check(expression, NULL);
            if (cfp_no_dns_count() == before)
                continue;
            fprintf(stderr, "\n    looked up: %s", expression);
            failed++;
        }
    }
    ASSERT_UINT(failed, 0);
}

/* Also what the program itself compiles makes no query. */
static void
test_new_checks_too(void)
{
    g_autoptr(GError) error = NULL;

    ASSERT_TRUE(cfp_bpf_new("host example.com", RAW, 0, &error) == NULL);
    ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_NAME);
}

/* Ethernet only, raw IP only. */
static void
test_either_link_type_is_enough(void)
{
    g_autoptr(GError) error = NULL;

    ASSERT_OK(cfp_bpf_check("ether host 00:11:22:33:44:55", &error), error);
    ASSERT_TRUE(cfp_bpf_new("ether host 00:11:22:33:44:55", RAW, 0, NULL) == NULL);
    ASSERT_OK(cfp_bpf_check("vlan 5", &error), error);
}

static void
test_long(void)
{
    g_autoptr(GString) expression = g_string_new("port 1");
    g_autoptr(GError) error = NULL;

    for (int i = 2; i <= 100; i++)
        g_string_append_printf(expression, " or host 10.0.%d.%d", i / 256, i % 256);
    ASSERT_OK(cfp_bpf_check(expression->str, &error), error);
    while (expression->len <= CFP_MAX_CAPTURE_FILTER)
        g_string_append(expression, " or port 1");
    ASSERT_FALSE(cfp_bpf_check(expression->str, &error));
    ASSERT_ERROR(error, CFP_FILTER_ERROR, CFP_FILTER_ERROR_SYNTAX);
    ASSERT_CONTAINS(error->message, "longer");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"an expression that no packet of a link type can pass lets none pass",
         test_nothing_can_pass},
        {"a display filter is called one", test_display_filters},
        {"libpcap's optimiser, which loses packets, is not used", test_not_optimised},
        {"packets pass as the expression says, with and without Ethernet", test_match},
        {"other link types work too", test_link_types},
        {"what the capture cut away is not matched", test_cut_packet},
        {"lengths are those on the wire", test_wire_length_counts},
        {"every snaplen of a file is taken", test_snaplens},
        {"a link type that libpcap can't filter is an error", test_unknown_link_type},
        {"addresses, ports, protocols and words are valid", test_valid},
        {"what is no expression is refused in one line", test_invalid},
        {"a host name is refused and named", test_host_names},
        {"no expression makes a DNS query", test_no_query},
        {"no word of the language makes a DNS query", test_words_make_no_query},
        {"compiling refuses names as checking does", test_new_checks_too},
        {"valid for one of the two link types is valid", test_either_link_type_is_enough},
        {"a long expression is taken, one beyond the limit is not", test_long},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "bpf", cases);
}
