/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/capture-file.h"
#include "service/traffic-filter.h"
#include "service/traffic.h"
#include "support/cunit-runner.h"

static const CfpServiceTrafficSpec usual = {
    .seed = 1,
    .start_us = G_GINT64_CONSTANT(1767323045000000),
    .end_us = G_GINT64_CONSTANT(1767323105000000),
    .packets = 5000,
    .has_ipv4 = true,
    .has_ipv6 = true,
};

/* An independent check sum: over 16-bit words as they lie, swapped at the end. */
static guint16
sum_words(const guint8 *bytes, gsize length, guint32 start)
{
    guint32 low = start;

    for (gsize i = 0; i < length; i++)
        low += i % 2 ? bytes[i] : (guint32)bytes[i] << 8;
    while (low > 0xffff)
        low = low % 0x10000 + low / 0x10000;
    return (guint16)low;
}

/* TRUE for the header of an IPv4 packet that sums up to all ones. */
static bool
has_right_header(const guint8 *packet, gsize length)
{
    return length >= 20 && sum_words(packet, 20, 0) == 0xffff &&
           (gsize)(packet[2] << 8 | packet[3]) == length;
}

/* TRUE when the segment behind an IP header has the right sum; fragments are left out. */
static bool
has_right_segment(const guint8 *packet, gsize length)
{
    bool is_ipv6 = packet[0] >> 4 == 6;
    gsize offset = is_ipv6 ? 40 : 20;
    gsize addresses = is_ipv6 ? 32 : 8;
    guint8 protocol = is_ipv6 ? packet[6] : packet[9];
    guint32 start = protocol + (guint32)(length - offset);

    if (!is_ipv6 && ((packet[6] & 0x3f) || packet[7]))
        return true;
    if (protocol == 47)
        return packet[offset + 2] == 8 && has_right_header(packet + 24, length - 24) &&
               has_right_segment(packet + 24, length - 24);
    if (protocol == 1)
        return sum_words(packet + offset, length - offset, 0) == 0xffff;
    start += sum_words(packet + offset - addresses, addresses, 0);
    return sum_words(packet + offset, length - offset, start) == 0xffff;
}

static bool
is_documentation_address(const guint8 *address)
{
    static const guint8 nets[][3] = {{192, 0, 2}, {198, 51, 100}, {203, 0, 113}};

    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        if (memcmp(address, nets[i], 3) == 0)
            return true;
    }
    return false;
}

static void
makes_right_packets(void)
{
    g_autoptr(CfpServiceTraffic) traffic = cfp_service_traffic_new(&usual);
    static const guint8 ipv6_net[] = {0x20, 0x01, 0x0d, 0xb8};
    const guint8 *packet;
    gsize length;
    gint64 time_ns;
    gint64 last_ns = usual.start_us * 1000;
    guint64 count = 0;

    while (cfp_service_traffic_next(traffic, &packet, &length, &time_ns)) {
        count++;
        ASSERT_TRUE(time_ns >= last_ns && time_ns <= usual.end_us * 1000);
        last_ns = time_ns;
        ASSERT_TRUE(length <= 1500);
        if (packet[0] >> 4 == 6) {
            ASSERT_TRUE(memcmp(packet + 8, ipv6_net, 4) == 0);
            ASSERT_TRUE(memcmp(packet + 24, ipv6_net, 4) == 0);
        } else {
            ASSERT_TRUE(has_right_header(packet, length));
            ASSERT_TRUE(is_documentation_address(packet + 12));
            ASSERT_TRUE(is_documentation_address(packet + 16));
        }
        ASSERT_TRUE(has_right_segment(packet, length));
    }
    ASSERT_UINT(count, usual.packets);
}

/* A digest of everything a spec gives. */
static char *
digest(const CfpServiceTrafficSpec *spec)
{
    g_autoptr(CfpServiceTraffic) traffic = cfp_service_traffic_new(spec);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const guint8 *packet;
    gsize length;
    gint64 time_ns;

    while (cfp_service_traffic_next(traffic, &packet, &length, &time_ns)) {
        g_checksum_update(sum, packet, (gssize)length);
        g_checksum_update(sum, (const guchar *)&time_ns, sizeof time_ns);
    }
    return g_strdup(g_checksum_get_string(sum));
}

static void
depends_on_the_seed_only(void)
{
    CfpServiceTrafficSpec other = usual;
    g_autofree char *first = digest(&usual);
    g_autofree char *again = digest(&usual);

    other.seed = 2;
    g_autofree char *different = digest(&other);
    ASSERT_STR(again, first);
    ASSERT_TRUE(strcmp(different, first) != 0);
}

/* How many of the usual packets a filter takes. */
static guint64
count_matches(const char *json)
{
    g_autoptr(CfpServiceTraffic) traffic = cfp_service_traffic_new(&usual);
    g_autoptr(JsonNode) node = json_from_string(json, NULL);
    CfpServiceFilter filter;
    const guint8 *packet;
    gsize length;
    gint64 time_ns;
    guint64 count = 0;

    cfp_service_filter_init(&filter, json_node_get_object(node), CFP_SERVICE_READING_LIBERAL);
    while (cfp_service_traffic_next(traffic, &packet, &length, &time_ns))
        count += cfp_service_filter_matches(&filter, packet, length) ? 1 : 0;
    cfp_service_filter_clear(&filter);
    return count;
}

static void
is_a_lifelike_mix(void)
{
    static const char *const parts[] = {
        "{\"protocol\":6,\"destination_address\":\"203.0.113.7\",\"destination_port\":443}",
        "{\"protocol\":17,\"source_port\":53}",
        "{\"protocol\":17,\"source_port\":123}",
        "{\"protocol\":17,\"destination_port\":123}",
        "{\"protocol\":1}",
        "{\"protocol\":47}",
        "{\"protocol\":58}",
        "{\"destination_address\":\"203.0.113.80\",\"destination_port\":80}",
        "{\"source_address\":\"2001:db8::/32\",\"protocol\":6}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        ASSERT_TRUE(count_matches(parts[i]) > usual.packets / 100);
}

static void
filters_by_all_conditions(void)
{
    guint64 all = count_matches("{}");
    guint64 left = count_matches("{\"source_address\":\"192.0.2.0/25\"}");
    guint64 right = count_matches("{\"source_address\":\"192.0.2.128/25\"}");
    guint64 both = count_matches("{\"source_address\":\"192.0.2.0/24\"}");

    ASSERT_UINT(all, usual.packets);
    ASSERT_TRUE(left > 0 && right > 0);
    ASSERT_UINT(left + right, both);
    ASSERT_UINT(count_matches("{\"source_address\":\"192.0.2.0/24\",\"protocol\":99}"), 0);
    ASSERT_UINT(count_matches("{\"protocol\":1,\"source_port\":53}"), 0);
    ASSERT_TRUE(count_matches("{\"source_address\":\"203.0.113.80\",\"source_port\":80}") > 0);
}

static void
ports_belong_to_the_first_fragment(void)
{
    guint8 packet[24] = {0x45, 0, 0, 24, 0,   0, 0, 0, 64, 17, 0, 0,
                         192,  0, 2, 1,  192, 0, 2, 2, 0,  53, 1, 0};
    g_autoptr(JsonNode) node = json_from_string("{\"source_port\":53}", NULL);
    CfpServiceFilter filter;

    cfp_service_filter_init(&filter, json_node_get_object(node), CFP_SERVICE_READING_LIBERAL);
    ASSERT_TRUE(cfp_service_filter_matches(&filter, packet, sizeof packet));
    packet[7] = 1;
    ASSERT_FALSE(cfp_service_filter_matches(&filter, packet, sizeof packet));
    packet[7] = 0;
    ASSERT_FALSE(cfp_service_filter_matches(&filter, packet, 19));
    cfp_service_filter_clear(&filter);
}

static bool
takes(const char *json, CfpServiceReading reading, const guint8 *packet, gsize length)
{
    g_autoptr(JsonNode) node = json_from_string(json, NULL);
    CfpServiceFilter filter;

    cfp_service_filter_init(&filter, json_node_get_object(node), reading);
    bool result = cfp_service_filter_matches(&filter, packet, length);
    cfp_service_filter_clear(&filter);
    return result;
}

/* 2001:db8::1 to ::2: the extension headers of `chain`, then UDP from port 53. */
static gsize
make_ipv6(guint8 *packet, guint8 first, const guint8 *chain, gsize length)
{
    static const guint8 udp[] = {0, 53, 4, 0, 0, 8, 0, 0};

    memset(packet, 0, 40);
    packet[0] = 0x60;
    packet[5] = (guint8)(length + sizeof udp);
    packet[6] = first;
    memcpy(packet + 8, "\x20\x01\x0d\xb8", 4);
    packet[23] = 1;
    memcpy(packet + 24, "\x20\x01\x0d\xb8", 4);
    packet[39] = 2;
    memcpy(packet + 40, chain, length);
    memcpy(packet + 40 + length, udp, sizeof udp);
    return 40 + length + sizeof udp;
}

static void
walks_extension_headers_when_liberal(void)
{
    static const struct {
        guint8 first;
        guint8 chain[40];
        gsize length;
    } rows[] = {
        {17, {0}, 0},           {0, {17}, 8},
        {60, {17, 1}, 16},      {43, {17}, 8},
        {135, {17}, 8},         {139, {17}, 8},
        {140, {17}, 8},         {51, {17, 1}, 12},
        {44, {17, 0, 0, 1}, 8}, {0, {44, 0, 0, 0, 0, 0, 0, 0, 51, 0, 0, 1, 0, 0, 0, 0, 17, 2}, 32},
    };
    guint8 packet[100];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        gsize length = make_ipv6(packet, rows[i].first, rows[i].chain, rows[i].length);
        bool is_direct = rows[i].first == 17;
        g_autofree char *first = g_strdup_printf("{\"protocol\":%d}", rows[i].first);
        static const char *const behind[] = {"{\"protocol\":17}", "{\"source_port\":53}"};

        for (size_t k = 0; k < G_N_ELEMENTS(behind); k++) {
            ASSERT_TRUE(takes(behind[k], CFP_SERVICE_READING_LIBERAL, packet, length));
            ASSERT_TRUE(takes(behind[k], CFP_SERVICE_READING_NARROW, packet, length) == is_direct);
        }
        ASSERT_TRUE(takes(first, CFP_SERVICE_READING_LIBERAL, packet, length) == is_direct);
        ASSERT_TRUE(takes(first, CFP_SERVICE_READING_NARROW, packet, length));
        /* The port is beyond the end. */
        ASSERT_FALSE(takes(behind[1], CFP_SERVICE_READING_LIBERAL, packet, length - 5));
    }
}

static void
ports_of_ipv6_belong_to_the_first_fragment(void)
{
    static const guint8 later[] = {17, 0, 0, 9, 0, 0, 0, 0};
    guint8 packet[100];
    gsize length = make_ipv6(packet, 44, later, sizeof later);

    ASSERT_TRUE(takes("{\"protocol\":17}", CFP_SERVICE_READING_LIBERAL, packet, length));
    ASSERT_FALSE(takes("{\"source_port\":53}", CFP_SERVICE_READING_LIBERAL, packet, length));
    ASSERT_FALSE(takes("{\"protocol\":17}", CFP_SERVICE_READING_NARROW, packet, length));
    ASSERT_FALSE(takes("{\"source_port\":53}", CFP_SERVICE_READING_NARROW, packet, length));
    ASSERT_TRUE(takes("{\"source_address\":\"2001:db8::/127\"}", CFP_SERVICE_READING_NARROW, packet,
                      length));
    ASSERT_FALSE(takes("{\"source_address\":\"2001:db8::2/127\"}", CFP_SERVICE_READING_NARROW,
                       packet, length));
}

static void
sctp_has_ports_when_liberal(void)
{
    static const guint8 packet[28] = {0x45, 0, 0, 28, 0,   0, 0, 0, 64, 132, 0, 0,
                                      192,  0, 2, 1,  192, 0, 2, 2, 0,  53,  1, 0};

    ASSERT_TRUE(takes("{\"source_port\":53}", CFP_SERVICE_READING_LIBERAL, packet, sizeof packet));
    ASSERT_FALSE(takes("{\"source_port\":53}", CFP_SERVICE_READING_NARROW, packet, sizeof packet));
    ASSERT_TRUE(takes("{\"protocol\":132}", CFP_SERVICE_READING_NARROW, packet, sizeof packet));
}

static void
writes_a_cut_packet_with_its_true_length(void)
{
    static const guint8 packet[] = {0x45, 1, 2, 3, 4, 5};
    static const guint8 expected[] = {
        0xa1, 0xb2, 0x3c, 0x4d, 0,    2, 0,    4, 0, 0, 0,    0, 0,    0, 0, 0, 0,    0, 0,
        16,   0,    0,    0,    1,    0, 0,    0, 9, 0, 0,    0, 7,    0, 0, 0, 16,   0, 0,
        0,    20,   0,    0,    0x5e, 0, 0x53, 1, 0, 0, 0x5e, 0, 0x53, 2, 8, 0, 0x45, 1,
    };
    CfpServiceFile *file = cfp_service_file_new(CFP_SERVICE_FORMAT_PCAP_NS_BE, 1, 16);

    cfp_service_file_add(file, G_GINT64_CONSTANT(9000000007), packet, sizeof packet);
    g_autoptr(GBytes) bytes = cfp_service_file_finish(file);
    ASSERT_BYTES(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected, sizeof expected);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"packets have right sums, lengths, addresses and growing times", makes_right_packets},
        {"the same seed gives the same bytes, another one others", depends_on_the_seed_only},
        {"every kind of traffic is more than one percent", is_a_lifelike_mix},
        {"a filter's conditions must all hold", filters_by_all_conditions},
        {"only a first fragment has ports", ports_belong_to_the_first_fragment},
        {"the liberal reading walks IPv6 extension headers", walks_extension_headers_when_liberal},
        {"only a first fragment of IPv6 has ports", ports_of_ipv6_belong_to_the_first_fragment},
        {"SCTP has ports in the liberal reading only", sctp_has_ports_when_liberal},
        {"a cut packet keeps its true length", writes_a_cut_packet_with_its_true_length},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "service-traffic", cases);
}
