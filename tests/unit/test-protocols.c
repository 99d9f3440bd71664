/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/protocols.h"

#include "support/cunit-runner.h"

static void
test_names(void)
{
    static const struct {
        const char *name;
        int number;
    } rows[] = {
        {"icmp", 1},   {"igmp", 2},   {"ipip", 4},       {"tcp", 6},    {"TCP", 6},
        {"udp", 17},   {"Udp", 17},   {"ipv6", 41},      {"gre", 47},   {"esp", 50},
        {"ah", 51},    {"icmp6", 58}, {"ipv6-icmp", 58}, {"ospf", 89},  {"pim", 103},
        {"sctp", 132}, {"l2tp", 115}, {"udplite", 136},  {"eigrp", 88},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int number = -2;

        ASSERT_TRUE(cfp_protocol_parse(rows[i].name, &number));
        ASSERT_TRUE(number == rows[i].number);
    }
}

static void
test_numbers(void)
{
    for (int expected = 0; expected <= 255; expected++) {
        g_autofree char *text = g_strdup_printf("%d", expected);
        int number = -2;

        ASSERT_TRUE(cfp_protocol_parse(text, &number));
        ASSERT_TRUE(number == expected);
    }
}

static void
test_refused(void)
{
    static const char *const texts[] = {"",    "256",  "-1",   "1000", "6.0",
                                        "0x6", " tcp", "tcp ", "http", "tcpx"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        int number = -2;

        if (cfp_protocol_parse(texts[i], &number))
            CU_FAIL_FATAL(texts[i]);
        ASSERT_TRUE(number == -2);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"names are known in any case", test_names},
        {"every number from 0 to 255 is a protocol", test_numbers},
        {"anything else is none", test_refused},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "protocols", cases);
}
