/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/filter-v1.h"

#include "filter/bpf.h"
#include "support/asserts.h"

static void
test_clear(void)
{
    CfpFilterV1 filter = {.source_address = g_strdup("192.0.2.1"), .source_port = 1, .protocol = 0};

    ASSERT_FALSE(cfp_filter_v1_is_empty(&filter));
    cfp_filter_v1_clear(&filter);
    ASSERT_TRUE(cfp_filter_v1_is_empty(&filter));
    cfp_filter_v1_clear(&filter);
}

static const CfpFilterV1 any = {.protocol = -1};

/* One member set in each. */
static CfpFilterV1
nth_filter(size_t i)
{
    static char address[] = "192.0.2.1";
    CfpFilterV1 filter = any;

    switch (i) {
    case 0:
        filter.source_address = address;
        break;
    case 1:
        filter.destination_address = address;
        break;
    case 2:
        filter.source_port = 53;
        break;
    case 3:
        filter.destination_port = 53;
        break;
    case 4:
        filter.protocol = 0;
        break;
    default:
        break;
    }
    return filter;
}

static void
test_equality(void)
{
    for (size_t i = 0; i < 6; i++) {
        CfpFilterV1 a = nth_filter(i);
        CfpFilterV1 copy;

        cfp_filter_v1_copy(&copy, &a);
        ASSERT_TRUE(cfp_filter_v1_equal(&a, &copy));
        cfp_filter_v1_clear(&copy);
        ASSERT_TRUE(cfp_filter_v1_is_empty(&a) == (i == 5));
        for (size_t j = 0; j < 6; j++) {
            CfpFilterV1 b = nth_filter(j);

            ASSERT_TRUE(cfp_filter_v1_equal(&a, &b) == (i == j));
        }
    }
}

static void
test_expression(void)
{
    static char v4[] = "192.0.2.1", v6[] = "2001:db8::1", net4[] = "192.0.2.0/24",
                net6[] = "2001:db8::/32";
    static const struct {
        CfpFilterV1 filter;
        const char *expected;
    } rows[] = {
        {{.protocol = -1}, ""},
        {{.source_address = v4, .protocol = -1}, "src host 192.0.2.1"},
        {{.destination_address = net4, .protocol = -1}, "dst net 192.0.2.0/24"},
        {{.destination_address = v6, .protocol = -1}, "dst host 2001:db8::1"},
        {{.source_address = net6, .destination_address = net6, .protocol = -1},
         "src net 2001:db8::/32 and dst net 2001:db8::/32"},
        {{.source_port = 53, .destination_port = 65535, .protocol = -1},
         "src port 53 and dst port 65535"},
        {{.protocol = 0}, "(ip proto 0 or ip6 proto 0)"},
        {{.source_address = v4, .destination_port = 80, .protocol = 6},
         "src host 192.0.2.1 and dst port 80 and (ip proto 6 or ip6 proto 6)"},
        {{.protocol = 255}, "(ip proto 255 or ip6 proto 255)"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = cfp_filter_v1_to_expression(&rows[i].filter);
        g_autoptr(GError) error = NULL;

        ASSERT_STR(text, rows[i].expected);
        /* libpcap takes it for both link types. */
        ASSERT_OK(cfp_bpf_check(text, &error), error);
    }
}

static void
test_doubtful(void)
{
    static const struct {
        const char *address;
        gboolean is_doubtful;
    } rows[] = {
        {NULL, FALSE},          {"192.0.2.1", FALSE},  {"192.0.2.0/24", TRUE},
        {"192.0.2.1/32", TRUE}, {"2001:db8::1", TRUE}, {"2001:db8::/32", TRUE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(rows); j++) {
            CfpFilterV1 filter = {.source_address = g_strdup(rows[i].address),
                                  .destination_address = g_strdup(rows[j].address),
                                  .source_port = 53,
                                  .destination_port = 54,
                                  .protocol = 17};

            ASSERT_TRUE(cfp_filter_v1_drop_doubtful(&filter) ==
                        (rows[i].is_doubtful || rows[j].is_doubtful));
            ASSERT_STR(filter.source_address, rows[i].is_doubtful ? NULL : rows[i].address);
            ASSERT_STR(filter.destination_address, rows[j].is_doubtful ? NULL : rows[j].address);
            ASSERT_UINT(filter.source_port, 53);
            ASSERT_UINT(filter.destination_port, 54);
            ASSERT_INT(filter.protocol, 17);
            ASSERT_FALSE(cfp_filter_v1_drop_doubtful(&filter));
            cfp_filter_v1_clear(&filter);
        }
    }
}

static void
test_bare_ports(void)
{
    g_auto(CfpFilterV1) bare = {.source_port = 1, .destination_port = 2, .protocol = -1};
    g_auto(CfpFilterV1) with_protocol = {.destination_port = 2, .protocol = 17};
    g_auto(CfpFilterV1) none = {.source_address = g_strdup("192.0.2.1"), .protocol = -1};

    ASSERT_TRUE(cfp_filter_v1_drop_bare_ports(&bare));
    ASSERT_TRUE(cfp_filter_v1_is_empty(&bare));
    ASSERT_FALSE(cfp_filter_v1_drop_bare_ports(&bare));
    ASSERT_FALSE(cfp_filter_v1_drop_bare_ports(&with_protocol));
    ASSERT_UINT(with_protocol.destination_port, 2);
    ASSERT_FALSE(cfp_filter_v1_drop_bare_ports(&none));
    ASSERT_STR(none.source_address, "192.0.2.1");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a cleared filter is empty", test_clear},
        {"filters are equal when every member is", test_equality},
        {"a filter can be said in pcap-filter's words", test_expression},
        {"IPv6 addresses and networks can be dropped, and nothing else", test_doubtful},
        {"ports without a protocol can be left out", test_bare_ports},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "filter-v1", cases);
}
