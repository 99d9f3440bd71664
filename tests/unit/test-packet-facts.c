/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/packet-facts.h"

#include <limits.h>

#include "support/asserts.h"

/* A packet, and how a person reads it: the oracle of these tests. */
typedef struct {
    CfpLayout layout;
    uint32_t ip;        /* bytes in front of the IP header */
    uint32_t header;    /* bytes of the IPv4 header */
    uint32_t len;       /* on the wire */
    uint8_t bytes[256]; /* random, so that nothing is zero by chance */
} Packet;

static const CfpComparison comparisons[] = {
    CFP_IS_EQUAL,       CFP_IS_NOT_EQUAL,        CFP_IS_GREATER,
    CFP_IS_NOT_GREATER, CFP_IS_GREATER_OR_EQUAL, CFP_IS_LESS,
};

static uint32_t
read_number(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* Where a part begins and how many bytes hold it, from RFC 791, RFC 8200, RFC 826 and IEEE 802.1Q;
 * 0 bytes: there is no such part. */
typedef struct {
    uint32_t offset, size;
} Place;

static Place
place_in_ip(const Packet *packet, CfpFact fact)
{
    static const Place ipv6[CFP_N_FACTS] = {
        [CFP_FACT_PROTOCOL] = {6, 1},       [CFP_FACT_FRAGMENT_NEXT] = {40, 1},
        [CFP_FACT_SOURCE] = {8, 4},         [CFP_FACT_SOURCE_1] = {12, 4},
        [CFP_FACT_SOURCE_2] = {16, 4},      [CFP_FACT_SOURCE_3] = {20, 4},
        [CFP_FACT_DESTINATION] = {24, 4},   [CFP_FACT_DESTINATION_1] = {28, 4},
        [CFP_FACT_DESTINATION_2] = {32, 4}, [CFP_FACT_DESTINATION_3] = {36, 4},
        [CFP_FACT_SOURCE_PORT] = {40, 2},   [CFP_FACT_DESTINATION_PORT] = {42, 2},
        [CFP_FACT_VERSION] = {0, 1},
    };
    const Place ipv4[CFP_N_FACTS] = {
        [CFP_FACT_VERSION] = {0, 1},
        [CFP_FACT_FRAGMENT] = {6, 2},
        [CFP_FACT_PROTOCOL] = {9, 1},
        [CFP_FACT_SOURCE] = {12, 4},
        [CFP_FACT_DESTINATION] = {16, 4},
        [CFP_FACT_SOURCE_PORT] = {packet->header, 2},
        [CFP_FACT_DESTINATION_PORT] = {packet->header + 2, 2},
    };
    static const Place arp[CFP_N_FACTS] = {
        [CFP_FACT_SOURCE] = {14, 4}, [CFP_FACT_DESTINATION] = {24, 4}};
    static const Place other[CFP_N_FACTS] = {[CFP_FACT_VERSION] = {0, 1}};

    switch (packet->layout) {
    case CFP_LAYOUT_IPV4:
        return ipv4[fact];
    case CFP_LAYOUT_IPV6:
        return ipv6[fact];
    case CFP_LAYOUT_ARP:
        return arp[fact];
    case CFP_LAYOUT_OTHER:
        break;
    }
    return other[fact];
}

/* FALSE: such a packet has no such part. */
static gboolean
value_of(const Packet *packet, CfpFact fact, uint32_t *ret_value)
{
    Place place;

    if (fact >= CFP_FACT_TYPE) {
        *ret_value = read_number(packet->bytes + 12 + 4 * (fact - CFP_FACT_TYPE), 2);
        return packet->ip > 0;
    }
    place = place_in_ip(packet, fact);
    *ret_value = read_number(packet->bytes + packet->ip + place.offset, place.size);
    if (fact == CFP_FACT_VERSION)
        *ret_value >>= 4;
    if (fact == CFP_FACT_FRAGMENT)
        *ret_value &= 0x1fff;
    return place.size > 0;
}

static uint32_t
slice_of(const Packet *packet, const CfpSlice *slice)
{
    uint32_t start = slice->from_payload ? packet->ip + packet->header : 0;

    if (slice->size == 0)
        return packet->len & slice->mask;
    return read_number(packet->bytes + start + slice->offset, slice->size) & slice->mask;
}

static gboolean
is_one_of(const Packet *packet, const CfpPacketFacts *facts)
{
    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        uint32_t value;

        if (value_of(packet, fact, &value) && !cfp_interval_set_has(&facts->facts[fact], value))
            return FALSE;
    }
    for (unsigned i = 0; i < facts->n_others; i++)
        if (!cfp_interval_set_has(&facts->others[i].values,
                                  slice_of(packet, &facts->others[i].slice)))
            return FALSE;
    return TRUE;
}

static gboolean
holds(uint32_t actual, CfpComparison comparison, uint32_t value)
{
    switch (comparison) {
    case CFP_IS_EQUAL:
        return actual == value;
    case CFP_IS_NOT_EQUAL:
        return actual != value;
    case CFP_IS_GREATER:
        return actual > value;
    case CFP_IS_NOT_GREATER:
        return actual <= value;
    case CFP_IS_GREATER_OR_EQUAL:
        return actual >= value;
    case CFP_IS_LESS:
        break;
    }
    return actual < value;
}

static uint32_t
full_mask(uint32_t size)
{
    return size == 4 ? UINT32_MAX : (1u << 8 * size) - 1;
}

/* ---- random packets and questions ------------------------------------------------------------
 */

static Packet
random_packet(GRand *random)
{
    static const uint32_t offsets[] = {0, 14, 18, 22};
    Packet packet = {
        .layout = (CfpLayout)g_rand_int_range(random, 0, CFP_LAYOUT_OTHER + 1),
        .ip = offsets[g_rand_int_range(random, 0, G_N_ELEMENTS(offsets))],
        .header = 4 * (uint32_t)g_rand_int_range(random, 5, 16),
    };

    packet.len = g_rand_int(random) >> 16;
    for (size_t i = 0; i < sizeof packet.bytes; i++)
        packet.bytes[i] = (uint8_t)g_rand_int(random);
    return packet;
}

/* What a filter asks for: nearly always near a part, often of just its bits. */
static CfpSlice
random_slice(GRand *random, const Packet *packet)
{
    static const uint32_t sizes[] = {1, 2, 4};
    static const uint32_t masks[] = {0xff,   0xff00, 0xf0,       0xf,
                                     0x1fff, 0x3fff, 0xffff0000, 0xfff00000};
    CfpSlice slice = {.size = sizes[g_rand_int_range(random, 0, 3)]};
    int choice = g_rand_int_range(random, 0, 4);

    if (g_rand_int_range(random, 0, 20) == 0)
        return (CfpSlice){.mask = UINT32_MAX};
    slice.from_payload = packet->layout == CFP_LAYOUT_IPV4 && g_rand_int_range(random, 0, 4) == 0;
    slice.offset = (uint32_t)g_rand_int_range(random, 0, slice.from_payload ? 6 : 46);
    if (!slice.from_payload && g_rand_boolean(random))
        slice.offset += packet->ip;
    slice.mask = full_mask(slice.size);
    if (choice == 0)
        slice.mask &= masks[g_rand_int_range(random, 0, G_N_ELEMENTS(masks))];
    else if (choice == 1)
        slice.mask &= g_rand_int(random);
    else if (choice == 2)
        slice.mask &= slice.mask << g_rand_int_range(random, 0, 32);
    return slice;
}

static uint32_t
random_value(GRand *random, uint32_t actual)
{
    switch (g_rand_int_range(random, 0, 5)) {
    case 0:
        return g_rand_int(random);
    case 1:
        return actual + 1;
    case 2:
        return actual - 1;
    case 3:
        return actual ^ 1u << g_rand_int_range(random, 0, 32);
    default:
        return actual;
    }
}

/* Sets that hold the packet's own values and some others. */
static CfpPacketFacts
random_facts(GRand *random, const Packet *packet)
{
    CfpPacketFacts facts = cfp_packet_facts_new(packet->layout, packet->ip);

    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        uint32_t value, spread = g_rand_int(random) >> g_rand_int_range(random, 0, 32);

        if (!value_of(packet, fact, &value))
            continue;
        if (g_rand_boolean(random))
            cfp_interval_set_keep(&facts.facts[fact], value - MIN(value, spread),
                                  value + MIN(UINT32_MAX - value, spread));
        for (int i = g_rand_int_range(random, 0, 4); i > 0; i--) {
            uint32_t hole = g_rand_int(random) >> g_rand_int_range(random, 0, 32);

            if (hole != value)
                cfp_interval_set_remove(&facts.facts[fact], hole, hole);
        }
    }
    for (int i = g_rand_int_range(random, 0, 4); i > 0; i--) {
        const CfpSlice slice = {.offset = (uint32_t)i * 64, .size = 1, .mask = 0xff};

        ASSERT_TRUE(cfp_packet_facts_learn(&facts, &slice, CFP_IS_GREATER_OR_EQUAL,
                                           slice_of(packet, &slice)));
    }
    return facts;
}

/* ---- learning --------------------------------------------------------------------------------
 */

static void
test_new(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);

    for (unsigned round = 0; round < 2000; round++) {
        Packet packet = random_packet(random);
        CfpPacketFacts facts = cfp_packet_facts_new(packet.layout, packet.ip);

        ASSERT_TRUE(is_one_of(&packet, &facts));
        ASSERT_UINT(facts.layout, packet.layout);
        ASSERT_UINT(facts.ip_offset, packet.ip);
    }
}

typedef struct {
    unsigned learned, excluded;
} Counts;

/* One question to one packet; what holds of it is remembered. */
static void
ask(GRand *random, const Packet *packet, const CfpSlice *slice, CfpPacketFacts *facts,
    Counts *counts)
{
    CfpPacketFacts after = *facts;
    uint32_t actual = slice_of(packet, slice), value = random_value(random, actual);
    CfpComparison comparison = comparisons[g_rand_int_range(random, 0, 6)];
    gboolean possible = cfp_packet_facts_learn(&after, slice, comparison, value);

    if (possible) {
        ASSERT_TRUE(cfp_packet_facts_includes(facts, &after));
        counts->learned += cfp_packet_facts_includes(&after, facts) ? 0 : 1;
    }
    counts->excluded += possible && is_one_of(packet, &after) ? 0 : 1;
    if (!holds(actual, comparison, value))
        return;
    ASSERT_TRUE(possible);
    ASSERT_TRUE(is_one_of(packet, &after));
    *facts = after;
}

/* A packet that is in the set, and of which the comparison holds, must stay: else a filter that is
 * pushed down would lose it. */
static void
test_nothing_is_lost(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    Counts counts = {0};

    for (unsigned round = 0; round < 15000; round++) {
        Packet packet = random_packet(random);
        CfpPacketFacts facts = random_facts(random, &packet);
        CfpSlice slices[3];

        for (size_t i = 0; i < G_N_ELEMENTS(slices); i++)
            slices[i] = random_slice(random, &packet);
        ASSERT_TRUE(is_one_of(&packet, &facts));
        for (unsigned step = 0; step < 10; step++) {
            CfpSlice other = random_slice(random, &packet);

            ask(random, &packet, step % 2 ? &other : &slices[step % 3], &facts, &counts);
        }
    }
    /* It does say something. */
    ASSERT_TRUE(counts.learned > 10000);
    ASSERT_TRUE(counts.excluded > 10000);
}

/* Tests of one part alone, as filters have them: what is learned is all there is to learn. */
typedef struct {
    CfpLayout layout;
    CfpFact fact;
    CfpSlice slice;
    uint32_t shift; /* from the part's value to the slice's */
    uint32_t max;   /* of the part */
} ExactRow;

static const ExactRow exact_rows[] = {
    {CFP_LAYOUT_IPV4, CFP_FACT_PROTOCOL, {false, 14 + 9, 1, 0xff}, 0, 255},
    {CFP_LAYOUT_IPV4, CFP_FACT_PROTOCOL, {false, 14 + 8, 2, 0xff}, 0, 255},
    {CFP_LAYOUT_IPV4, CFP_FACT_PROTOCOL, {false, 14 + 9, 2, 0xff00}, 8, 255},
    {CFP_LAYOUT_IPV4, CFP_FACT_PROTOCOL, {false, 14 + 8, 4, 0xff0000}, 16, 255},
    {CFP_LAYOUT_IPV4, CFP_FACT_VERSION, {false, 14, 1, 0xf0}, 4, 15},
    {CFP_LAYOUT_IPV6, CFP_FACT_PROTOCOL, {false, 14 + 6, 1, 0xff}, 0, 255},
    {CFP_LAYOUT_IPV6, CFP_FACT_FRAGMENT_NEXT, {false, 14 + 40, 1, 0xff}, 0, 255},
    {CFP_LAYOUT_OTHER, CFP_FACT_VERSION, {false, 14, 1, 0xf0}, 4, 15},
};

static void
check_exact(const ExactRow *row, CfpComparison comparison, uint32_t value)
{
    CfpPacketFacts facts = cfp_packet_facts_new(row->layout, 14);
    gboolean possible = cfp_packet_facts_learn(&facts, &row->slice, comparison, value);
    unsigned n = 0;

    for (uint32_t part = 0; part <= row->max; part++) {
        gboolean expected = holds(part << row->shift, comparison, value);

        n += expected ? 1 : 0;
        if (possible)
            ASSERT_TRUE(cfp_interval_set_has(&facts.facts[row->fact], part) == expected);
    }
    ASSERT_TRUE(possible == (n > 0));
}

static void
test_single_parts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(exact_rows); i++) {
        const ExactRow *row = &exact_rows[i];

        for (size_t c = 0; c < G_N_ELEMENTS(comparisons); c++)
            for (uint32_t part = 0; part <= row->max + 1; part++)
                for (int by = -1; by <= 1; by++)
                    check_exact(row, comparisons[c], (part << row->shift) + (uint32_t)by);
    }
}

/* "= value" for a part of each layout, in one load or two. */
static void
test_whole_values(void)
{
    static const struct {
        CfpLayout layout;
        CfpFact fact;
        CfpSlice slices[2];
        uint32_t values[2];
        uint32_t expected;
    } rows[] = {
        {CFP_LAYOUT_IPV4, CFP_FACT_SOURCE, {{false, 26, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV4, CFP_FACT_DESTINATION, {{false, 30, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV4, CFP_FACT_FRAGMENT, {{false, 20, 2, 0x1fff}}, {0}, 0},
        {CFP_LAYOUT_IPV4, CFP_FACT_SOURCE_PORT, {{true, 0, 2, 0xffff}}, {53}, 53},
        {CFP_LAYOUT_IPV4, CFP_FACT_DESTINATION_PORT, {{true, 2, 2, 0xffff}}, {53}, 53},
        {CFP_LAYOUT_IPV4, CFP_FACT_SOURCE_PORT, {{true, 0, 4, UINT32_MAX}}, {0x350000}, 53},
        {CFP_LAYOUT_IPV4, CFP_FACT_DESTINATION_PORT, {{true, 0, 4, UINT32_MAX}}, {53}, 53},
        {CFP_LAYOUT_IPV6, CFP_FACT_SOURCE, {{false, 22, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_SOURCE_1, {{false, 26, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_SOURCE_2, {{false, 30, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_SOURCE_3, {{false, 34, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_DESTINATION, {{false, 38, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_DESTINATION_1, {{false, 42, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_DESTINATION_2, {{false, 46, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_DESTINATION_3, {{false, 50, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_IPV6, CFP_FACT_SOURCE_PORT, {{false, 54, 2, 0xffff}}, {53}, 53},
        {CFP_LAYOUT_IPV6, CFP_FACT_DESTINATION_PORT, {{false, 56, 2, 0xffff}}, {53}, 53},
        {CFP_LAYOUT_ARP, CFP_FACT_SOURCE, {{false, 28, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_ARP, CFP_FACT_DESTINATION, {{false, 38, 4, UINT32_MAX}}, {7}, 7},
        {CFP_LAYOUT_OTHER, CFP_FACT_TYPE, {{false, 12, 2, 0xffff}}, {0x800}, 0x800},
        {CFP_LAYOUT_IPV4, CFP_FACT_TYPE_1, {{false, 16, 2, 0xffff}}, {0x800}, 0x800},
        {CFP_LAYOUT_IPV6, CFP_FACT_TYPE_2, {{false, 20, 2, 0xffff}}, {0x800}, 0x800},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpPacketFacts facts = cfp_packet_facts_new(rows[i].layout, 14);
        uint32_t value;

        for (unsigned s = 0; s < 2 && rows[i].slices[s].size > 0; s++)
            ASSERT_TRUE(cfp_packet_facts_learn(&facts, &rows[i].slices[s], CFP_IS_EQUAL,
                                               rows[i].values[s]));
        ASSERT_TRUE(cfp_interval_set_is_single(&facts.facts[rows[i].fact], &value));
        ASSERT_UINT(value, rows[i].expected);
    }
}

/* The upper bits of an address: a network. */
static void
test_prefixes(void)
{
    for (unsigned length = 1; length <= 32; length++) {
        uint32_t host_bits = length == 32 ? 0 : UINT32_MAX >> length;
        const CfpSlice slice = {.offset = 12, .size = 4, .mask = ~host_bits};
        uint32_t network = 0xc0a85a5au & ~host_bits;
        CfpPacketFacts facts = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 0), others = facts;
        const CfpIntervalSet *inside = &facts.facts[CFP_FACT_SOURCE],
                             *outside = &others.facts[CFP_FACT_SOURCE];

        ASSERT_TRUE(cfp_packet_facts_learn(&facts, &slice, CFP_IS_EQUAL, network));
        ASSERT_TRUE(cfp_packet_facts_learn(&others, &slice, CFP_IS_NOT_EQUAL, network));
        ASSERT_UINT(inside->n, 1);
        ASSERT_UINT(inside->items[0].low, network);
        ASSERT_UINT(inside->items[0].high, network | host_bits);
        ASSERT_FALSE(cfp_interval_set_has(outside, network));
        ASSERT_FALSE(cfp_interval_set_has(outside, network | host_bits));
        ASSERT_TRUE(cfp_interval_set_has(outside, network - 1));
        ASSERT_TRUE(cfp_interval_set_has(outside, (network | host_bits) + 1));
        /* Bits that are masked out are zero. */
        if (host_bits) {
            ASSERT_FALSE(cfp_packet_facts_learn(&facts, &slice, CFP_IS_EQUAL, network | 1));
            ASSERT_TRUE(cfp_packet_facts_learn(&others, &slice, CFP_IS_NOT_EQUAL, network | 1));
        }
    }
}

static void
test_no_bits(void)
{
    const CfpSlice none = {.offset = 12, .size = 4, .mask = 0};
    CfpPacketFacts facts = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 0);

    ASSERT_TRUE(cfp_packet_facts_learn(&facts, &none, CFP_IS_EQUAL, 0));
    ASSERT_TRUE(cfp_packet_facts_learn(&facts, &none, CFP_IS_NOT_EQUAL, 1));
    ASSERT_TRUE(cfp_packet_facts_learn(&facts, &none, CFP_IS_NOT_GREATER, 0));
    ASSERT_FALSE(cfp_packet_facts_learn(&facts, &none, CFP_IS_EQUAL, 1));
    ASSERT_FALSE(cfp_packet_facts_learn(&facts, &none, CFP_IS_NOT_EQUAL, 0));
    ASSERT_FALSE(cfp_packet_facts_learn(&facts, &none, CFP_IS_LESS, 0));
}

/* Two tests of a byte that is no part: whether any value passes both. */
static void
check_two(const CfpSlice *slice, CfpComparison first, uint32_t a, CfpComparison second, uint32_t b)
{
    CfpPacketFacts facts = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 14);
    gboolean possible = cfp_packet_facts_learn(&facts, slice, first, a) &&
                        cfp_packet_facts_learn(&facts, slice, second, b);
    gboolean expected = FALSE;

    for (uint32_t value = 0; value <= 0xff; value++)
        expected |= holds(value, first, a) && holds(value, second, b);
    ASSERT_TRUE(possible == expected);
}

static void
test_other_bytes(void)
{
    static const CfpSlice slices[] = {
        {.offset = 14 + 8, .size = 1, .mask = 0xff},
        {.from_payload = true, .offset = 8, .size = 1, .mask = 0xff},
        {.from_payload = true, .offset = 13, .size = 1, .mask = 0xff},
    };
    static const uint32_t values[] = {0, 1, 4, 5, 6, 254, 255, 256};

    for (size_t s = 0; s < G_N_ELEMENTS(slices); s++)
        for (size_t c = 0; c < G_N_ELEMENTS(comparisons); c++)
            for (size_t d = 0; d < G_N_ELEMENTS(comparisons); d++)
                for (size_t a = 0; a < G_N_ELEMENTS(values); a++)
                    for (size_t b = 0; b < G_N_ELEMENTS(values); b++)
                        check_two(&slices[s], comparisons[c], values[a], comparisons[d], values[b]);
}

/* Places, sizes and masks are kept apart, and what is too much is forgotten. */
static void
test_many_other_bytes(void)
{
    CfpPacketFacts facts = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 0);
    const CfpSlice slices[] = {
        {.from_payload = true, .offset = 8, .size = 1, .mask = 0xff},
        {.from_payload = false, .offset = 8, .size = 1, .mask = 0xff},
        {.from_payload = true, .offset = 9, .size = 1, .mask = 0xff},
        {.from_payload = true, .offset = 8, .size = 2, .mask = 0xff},
        {.from_payload = true, .offset = 8, .size = 1, .mask = 0x7f},
        {.mask = UINT32_MAX},
    };

    for (uint32_t i = 0; i < G_N_ELEMENTS(slices); i++) {
        for (uint32_t j = 0; j < G_N_ELEMENTS(slices); j++)
            ASSERT_TRUE(cfp_slice_is(&slices[i], &slices[j]) == (i == j));
        ASSERT_TRUE(cfp_packet_facts_learn(&facts, &slices[i], CFP_IS_EQUAL, i));
    }
    for (uint32_t i = 0; i < G_N_ELEMENTS(slices); i++) {
        CfpPacketFacts again = facts;

        ASSERT_TRUE(cfp_packet_facts_learn(&again, &slices[i], CFP_IS_EQUAL, i));
        ASSERT_FALSE(cfp_packet_facts_learn(&again, &slices[i], CFP_IS_EQUAL, i + 1));
    }
    for (uint32_t i = 0; i < 2 * CFP_MAX_OTHER_FACTS; i++) {
        const CfpSlice slice = {.from_payload = true, .offset = 100 + i, .size = 1, .mask = 0xff};

        ASSERT_TRUE(cfp_packet_facts_learn(&facts, &slice, CFP_IS_EQUAL, i));
    }
}

/* ---- bytes that are there --------------------------------------------------------------------
 */

static void
test_has_bytes(void)
{
    static const struct {
        CfpLayout layout;
        uint32_t ip;
        int protocol, fragment; /* -1: any */
        CfpSlice last;          /* that is certainly there; the byte behind it is not */
    } rows[] = {
        {CFP_LAYOUT_IPV4, 0, -1, -1, {.offset = 16, .size = 4}},
        {CFP_LAYOUT_IPV4, 14, -1, -1, {.offset = 33, .size = 1}},
        {CFP_LAYOUT_IPV4, 14, 6, 0, {.offset = 33, .size = 1}},
        {CFP_LAYOUT_IPV4, 14, 6, 0, {.from_payload = true, .offset = 2, .size = 2}},
        {CFP_LAYOUT_IPV4, 14, 17, 0, {.from_payload = true, .offset = 3, .size = 1}},
        {CFP_LAYOUT_IPV4, 14, 132, 0, {.from_payload = true, .offset = 0, .size = 4}},
        {CFP_LAYOUT_IPV6, 0, -1, -1, {.offset = 36, .size = 4}},
        {CFP_LAYOUT_IPV6, 18, -1, -1, {.offset = 57, .size = 1}},
        {CFP_LAYOUT_IPV6, 18, 58, -1, {.offset = 57, .size = 1}},
        {CFP_LAYOUT_IPV6, 18, 6, -1, {.offset = 60, .size = 2}},
        {CFP_LAYOUT_IPV6, 18, 44, -1, {.offset = 65, .size = 1}},
        {CFP_LAYOUT_ARP, 14, -1, -1, {.offset = 12, .size = 2}},
        {CFP_LAYOUT_OTHER, 22, -1, -1, {.offset = 21, .size = 1}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CfpPacketFacts facts = cfp_packet_facts_new(rows[i].layout, rows[i].ip);
        CfpSlice slice = rows[i].last;

        if (rows[i].protocol >= 0)
            cfp_interval_set_keep(&facts.facts[CFP_FACT_PROTOCOL], (uint32_t)rows[i].protocol,
                                  (uint32_t)rows[i].protocol);
        if (rows[i].fragment >= 0)
            cfp_interval_set_keep(&facts.facts[CFP_FACT_FRAGMENT], (uint32_t)rows[i].fragment,
                                  (uint32_t)rows[i].fragment);
        ASSERT_TRUE(cfp_packet_facts_has_bytes(&facts, &slice));
        slice.offset++;
        ASSERT_FALSE(cfp_packet_facts_has_bytes(&facts, &slice));
        slice.offset = UINT32_MAX;
        ASSERT_FALSE(cfp_packet_facts_has_bytes(&facts, &slice));
    }
}

/* Only a packet with a header of TCP, UDP or SCTP is sure to have ports. */
static void
test_without_ports(void)
{
    static const CfpSlice ports = {.from_payload = true, .size = 1};
    CfpPacketFacts any = cfp_packet_facts_new(CFP_LAYOUT_IPV4, 14), icmp, later, several;

    ASSERT_FALSE(cfp_packet_facts_has_bytes(&any, &ports));
    cfp_interval_set_keep(&any.facts[CFP_FACT_PROTOCOL], 17, 17);
    ASSERT_FALSE(cfp_packet_facts_has_bytes(&any, &ports)); /* a fragment? */
    later = any;
    cfp_interval_set_keep(&later.facts[CFP_FACT_FRAGMENT], 1, 1);
    ASSERT_FALSE(cfp_packet_facts_has_bytes(&later, &ports));
    cfp_interval_set_keep(&any.facts[CFP_FACT_FRAGMENT], 0, 0);
    ASSERT_TRUE(cfp_packet_facts_has_bytes(&any, &ports));
    icmp = any;
    icmp.facts[CFP_FACT_PROTOCOL] = cfp_interval_set_range(1, 1);
    ASSERT_FALSE(cfp_packet_facts_has_bytes(&icmp, &ports));
    several = icmp;
    several.facts[CFP_FACT_PROTOCOL] = cfp_interval_set_range(6, 6);
    cfp_packet_facts_join(&several, &any);
    ASSERT_TRUE(cfp_packet_facts_has_bytes(&several, &ports));
    cfp_packet_facts_join(&several, &icmp);
    ASSERT_FALSE(cfp_packet_facts_has_bytes(&several, &ports));
}

/* ---- sets of packets -------------------------------------------------------------------------
 */

static void
test_join(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    unsigned included = 0;

    for (unsigned round = 0; round < 20000; round++) {
        Packet packet = random_packet(random), other = random_packet(random);
        CfpPacketFacts a, b, both;
        gboolean a_has_b;

        other.layout = packet.layout;
        other.ip = packet.ip;
        a = random_facts(random, &packet);
        b = g_rand_boolean(random) ? random_facts(random, &other) : a;
        a_has_b = cfp_packet_facts_includes(&a, &b);
        both = a;
        cfp_packet_facts_join(&both, &b);
        ASSERT_TRUE(cfp_packet_facts_includes(&a, &a));
        ASSERT_TRUE(cfp_packet_facts_includes(&both, &a));
        ASSERT_TRUE(cfp_packet_facts_includes(&both, &b));
        ASSERT_TRUE(is_one_of(&packet, &both));
        ASSERT_UINT(cfp_packet_facts_distance(&a, &a), 0);
        ASSERT_UINT(cfp_packet_facts_distance(&a, &b), cfp_packet_facts_distance(&b, &a));
        ASSERT_TRUE((cfp_packet_facts_distance(&a, &b) == 0) ==
                    (a_has_b && cfp_packet_facts_includes(&b, &a)));
        /* Nothing new comes in. */
        if (a_has_b)
            ASSERT_UINT(cfp_packet_facts_distance(&both, &a), 0);
        included += a_has_b ? 1 : 0;
    }
    ASSERT_TRUE(included > 1000 && included < 19000);
}

static void
test_includes(void)
{
    CfpPacketFacts all = cfp_packet_facts_new(CFP_LAYOUT_IPV6, 14), some;

    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        some = all;
        cfp_interval_set_remove(&some.facts[fact], 0, 0);
        ASSERT_TRUE(cfp_packet_facts_includes(&all, &some));
        if (some.facts[fact].n == 0)
            continue; /* no such part */
        ASSERT_FALSE(cfp_packet_facts_includes(&some, &all));
        ASSERT_UINT(cfp_packet_facts_distance(&some, &all), 1);
        cfp_interval_set_remove(&some.facts[CFP_FACT_PROTOCOL], 5, 5);
        ASSERT_UINT(cfp_packet_facts_distance(&all, &some), fact == CFP_FACT_PROTOCOL ? 1 : 2);
    }
}

static void
test_other_layouts(void)
{
    const CfpPacketFacts packets[] = {
        cfp_packet_facts_new(CFP_LAYOUT_IPV4, 0),  cfp_packet_facts_new(CFP_LAYOUT_IPV4, 14),
        cfp_packet_facts_new(CFP_LAYOUT_IPV4, 18), cfp_packet_facts_new(CFP_LAYOUT_IPV6, 14),
        cfp_packet_facts_new(CFP_LAYOUT_ARP, 14),  cfp_packet_facts_new(CFP_LAYOUT_OTHER, 14),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(packets); j++) {
            ASSERT_TRUE(cfp_packet_facts_includes(&packets[i], &packets[j]) == (i == j));
            ASSERT_UINT(cfp_packet_facts_distance(&packets[i], &packets[j]), i == j ? 0 : UINT_MAX);
        }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"every packet is one of its layout", test_new},
        {"a packet of which it holds is never lost", test_nothing_is_lost},
        {"a test of one part alone tells all of it", test_single_parts},
        {"each part is found in its place", test_whole_values},
        {"the upper bits of an address are a network", test_prefixes},
        {"a mask that leaves nothing leaves zero", test_no_bits},
        {"two tests of other bytes hold when some value passes both", test_other_bytes},
        {"tests of many other bytes don't disturb each other", test_many_other_bytes},
        {"headers are certainly there, and no byte behind them", test_has_bytes},
        {"what has no ports may end where they would be", test_without_ports},
        {"a join has the packets of both", test_join},
        {"a set includes another when each part does", test_includes},
        {"sets of other layouts have nothing in common", test_other_layouts},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "packet-facts", cases);
}
