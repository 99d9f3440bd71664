/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/packet-facts.h"

#include <limits.h>
#include <stddef.h>

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define PORTS 4u
#define PROTOCOL_IPV6_FRAGMENT 44u
#define IPV6_FRAGMENT_HEADER 8u

/* Where a part lies. */
typedef enum { BASE_LINK, BASE_IP, BASE_PAYLOAD } Base;

typedef struct {
    Base base;
    uint32_t bit;   /* of its first, highest bit, from the base */
    uint32_t width; /* bits; 0: such a packet has no such part */
} Place;

#define ETHERNET_TYPES                                                                             \
    [CFP_FACT_TYPE] = {BASE_LINK, 96, 16}, [CFP_FACT_TYPE_1] = {BASE_LINK, 128, 16},               \
    [CFP_FACT_TYPE_2] = {BASE_LINK, 160, 16}

static const Place places[][CFP_N_FACTS] = {
    [CFP_LAYOUT_IPV4] =
        {
            [CFP_FACT_VERSION] = {BASE_IP, 0, 4},
            [CFP_FACT_PROTOCOL] = {BASE_IP, 72, 8},
            [CFP_FACT_FRAGMENT] = {BASE_IP, 51, 13},
            [CFP_FACT_SOURCE] = {BASE_IP, 96, 32},
            [CFP_FACT_DESTINATION] = {BASE_IP, 128, 32},
            [CFP_FACT_SOURCE_PORT] = {BASE_PAYLOAD, 0, 16},
            [CFP_FACT_DESTINATION_PORT] = {BASE_PAYLOAD, 16, 16},
            ETHERNET_TYPES,
        },
    [CFP_LAYOUT_IPV6] =
        {
            [CFP_FACT_VERSION] = {BASE_IP, 0, 4},
            [CFP_FACT_PROTOCOL] = {BASE_IP, 48, 8},
            [CFP_FACT_FRAGMENT_NEXT] = {BASE_IP, 320, 8},
            [CFP_FACT_SOURCE] = {BASE_IP, 64, 32},
            [CFP_FACT_SOURCE_1] = {BASE_IP, 96, 32},
            [CFP_FACT_SOURCE_2] = {BASE_IP, 128, 32},
            [CFP_FACT_SOURCE_3] = {BASE_IP, 160, 32},
            [CFP_FACT_DESTINATION] = {BASE_IP, 192, 32},
            [CFP_FACT_DESTINATION_1] = {BASE_IP, 224, 32},
            [CFP_FACT_DESTINATION_2] = {BASE_IP, 256, 32},
            [CFP_FACT_DESTINATION_3] = {BASE_IP, 288, 32},
            [CFP_FACT_SOURCE_PORT] = {BASE_IP, 320, 16},
            [CFP_FACT_DESTINATION_PORT] = {BASE_IP, 336, 16},
            ETHERNET_TYPES,
        },
    [CFP_LAYOUT_ARP] =
        {
            [CFP_FACT_SOURCE] = {BASE_IP, 112, 32},
            [CFP_FACT_DESTINATION] = {BASE_IP, 192, 32},
            ETHERNET_TYPES,
        },
    [CFP_LAYOUT_OTHER] =
        {
            [CFP_FACT_VERSION] = {BASE_IP, 0, 4},
            ETHERNET_TYPES,
        },
};

static uint64_t
ones(uint32_t n)
{
    return ((uint64_t)1 << n) - 1;
}

/* Whether the layout has the part at all; if so, its first bit, from the packet's start or from
 * that of the payload. */
static bool
find_place(const CfpPacketFacts *self, CfpFact fact, uint64_t *ret_bit, bool *ret_from_payload)
{
    const Place *place = &places[self->layout][fact];

    if (place->width == 0)
        return false;
    *ret_from_payload = place->base == BASE_PAYLOAD;
    *ret_bit = place->bit + (place->base == BASE_IP ? (uint64_t)self->ip_offset * 8 : 0);
    return self->ip_offset > 0 || place->base != BASE_LINK;
}

CfpPacketFacts
cfp_packet_facts_new(CfpLayout layout, uint32_t ip_offset)
{
    CfpPacketFacts self = {.layout = layout, .ip_offset = ip_offset};

    for (int fact = 0; fact < CFP_N_FACTS; fact++)
        self.facts[fact] = cfp_interval_set_range(0, (uint32_t)ones(places[layout][fact].width));
    return self;
}

/* The bits of a slice that belong to a part: its upper `width` bits, of which the upper `known` are
 * not masked out. */
typedef struct {
    uint32_t width;
    uint32_t known;
    uint32_t shift; /* bits of the slice below it */
    bool is_alone;  /* the mask leaves no other bits */
} Piece;

/* Which bits of `slice` are the upper bits of a part; false when none that say something of the
 * part's value as a whole. */
static bool
find_piece(const CfpPacketFacts *self, CfpFact fact, const CfpSlice *slice, Piece *ret_piece)
{
    uint64_t begin = (uint64_t)slice->offset * 8, end = begin + slice->size * 8;
    uint64_t bit, piece_end, mask;
    uint32_t known = 0;
    bool from_payload;

    if (!find_place(self, fact, &bit, &from_payload) || from_payload != slice->from_payload ||
        bit < begin || bit >= end)
        return false;
    piece_end = bit + places[self->layout][fact].width;
    if (piece_end > end)
        piece_end = end;
    ret_piece->width = (uint32_t)(piece_end - bit);
    ret_piece->shift = (uint32_t)(end - piece_end);
    mask = slice->mask >> ret_piece->shift & ones(ret_piece->width);
    while (known < ret_piece->width && mask >> (ret_piece->width - known - 1) & 1)
        known++;
    if (known == 0 || (mask & ones(ret_piece->width - known)) != 0)
        return false;
    ret_piece->known = known;
    ret_piece->is_alone = (slice->mask & ~(ones(ret_piece->width) << ret_piece->shift)) == 0;
    return true;
}

/* The values of the part for which the piece has the value `value`. */
static CfpInterval
values_for(uint32_t width, const Piece *piece, uint32_t value)
{
    uint64_t upper = value >> piece->shift & ones(piece->width);
    uint64_t low = upper << (width - piece->width);

    return (CfpInterval){(uint32_t)low, (uint32_t)(low | ones(width - piece->known))};
}

static bool
learn_equal(CfpPacketFacts *self, const CfpSlice *slice, uint32_t value)
{
    if (value & ~slice->mask)
        return false;
    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        Piece piece;
        CfpInterval values;

        if (!find_piece(self, fact, slice, &piece))
            continue;
        values = values_for(places[self->layout][fact].width, &piece, value);
        cfp_interval_set_keep(&self->facts[fact], values.low, values.high);
        if (self->facts[fact].n == 0)
            return false;
    }
    return true;
}

/* Only when nothing but this part can make the difference. */
static bool
learn_not_equal(CfpPacketFacts *self, const CfpSlice *slice, uint32_t value)
{
    if (slice->mask == 0)
        return value != 0;
    if (value & ~slice->mask)
        return true;
    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        Piece piece;
        CfpInterval values;

        if (!find_piece(self, fact, slice, &piece) || !piece.is_alone)
            continue;
        values = values_for(places[self->layout][fact].width, &piece, value);
        cfp_interval_set_remove(&self->facts[fact], values.low, values.high);
        if (self->facts[fact].n == 0)
            return false;
    }
    return true;
}

/* The slice is a multiple of 1 << shift: it lies above `value` when its upper part lies above that
 * of `value`. at_least: the smallest value that the slice may have, or else the largest. */
static bool
learn_order(CfpPacketFacts *self, const CfpSlice *slice, bool is_minimum, uint64_t limit)
{
    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++) {
        uint32_t width = places[self->layout][fact].width;
        uint64_t upper;
        Piece piece;

        if (!find_piece(self, fact, slice, &piece) || !piece.is_alone || piece.known != piece.width)
            continue;
        upper = is_minimum ? (limit + ones(piece.shift)) >> piece.shift : limit >> piece.shift;
        if (is_minimum && upper > ones(piece.width))
            return false;
        if (is_minimum)
            cfp_interval_set_keep(&self->facts[fact], (uint32_t)(upper << (width - piece.width)),
                                  UINT32_MAX);
        else if (upper <= ones(piece.width))
            cfp_interval_set_keep(
                &self->facts[fact], 0,
                (uint32_t)((upper << (width - piece.width)) | ones(width - piece.width)));
        if (self->facts[fact].n == 0)
            return false;
    }
    return true;
}

static bool
learn_parts(CfpPacketFacts *self, const CfpSlice *slice, CfpComparison comparison, uint32_t value)
{
    switch (comparison) {
    case CFP_IS_EQUAL:
        return learn_equal(self, slice, value);
    case CFP_IS_NOT_EQUAL:
        return learn_not_equal(self, slice, value);
    case CFP_IS_GREATER:
        return learn_order(self, slice, true, (uint64_t)value + 1);
    case CFP_IS_NOT_GREATER:
        return learn_order(self, slice, false, value);
    case CFP_IS_GREATER_OR_EQUAL:
        return learn_order(self, slice, true, value);
    case CFP_IS_LESS:
        return value > 0 && learn_order(self, slice, false, value - 1);
    }
    return true;
}

/* ---- bytes that are no part -------------------------------------------------------------------
 */

bool
cfp_slice_is(const CfpSlice *self, const CfpSlice *other)
{
    return self->from_payload == other->from_payload && self->offset == other->offset &&
           self->size == other->size && self->mask == other->mask;
}

/* What is known of a slice; NULL: nothing. */
static const CfpIntervalSet *
find_other(const CfpPacketFacts *self, const CfpSlice *slice)
{
    for (unsigned i = 0; i < self->n_others; i++)
        if (cfp_slice_is(&self->others[i].slice, slice))
            return &self->others[i].values;
    return NULL;
}

static bool
is_a_part(const CfpPacketFacts *self, const CfpSlice *slice)
{
    Piece piece;

    for (CfpFact fact = 0; fact < CFP_N_FACTS; fact++)
        if (find_piece(self, fact, slice, &piece) && piece.is_alone)
            return true;
    return false;
}

static void
restrict_values(CfpIntervalSet *values, CfpComparison comparison, uint32_t value)
{
    switch (comparison) {
    case CFP_IS_EQUAL:
        cfp_interval_set_keep(values, value, value);
        break;
    case CFP_IS_NOT_EQUAL:
        cfp_interval_set_remove(values, value, value);
        break;
    case CFP_IS_GREATER:
        cfp_interval_set_remove(values, 0, value);
        break;
    case CFP_IS_NOT_GREATER:
        cfp_interval_set_keep(values, 0, value);
        break;
    case CFP_IS_GREATER_OR_EQUAL:
        cfp_interval_set_keep(values, value, UINT32_MAX);
        break;
    case CFP_IS_LESS:
        if (value == 0)
            values->n = 0;
        else
            cfp_interval_set_keep(values, 0, value - 1);
        break;
    }
}

/* Each slice, with its mask, is taken for a number of its own. */
static bool
learn_other(CfpPacketFacts *self, const CfpSlice *slice, CfpComparison comparison, uint32_t value)
{
    unsigned i = 0;

    while (i < self->n_others && !cfp_slice_is(&self->others[i].slice, slice))
        i++;
    if (i == CFP_MAX_OTHER_FACTS)
        return true;
    if (i == self->n_others) {
        self->others[i].slice = *slice;
        self->others[i].values = cfp_interval_set_range(0, slice->mask);
        self->n_others++;
    }
    restrict_values(&self->others[i].values, comparison, value);
    return self->others[i].values.n > 0;
}

bool
cfp_packet_facts_learn(CfpPacketFacts *self, const CfpSlice *slice, CfpComparison comparison,
                       uint32_t value)
{
    return learn_parts(self, slice, comparison, value) &&
           (is_a_part(self, slice) || learn_other(self, slice, comparison, value));
}

/* ---- sets of packets ---------------------------------------------------------------------------
 */

/* The bytes behind the IP header that such a packet has in any case. */
static uint32_t
sure_payload(const CfpPacketFacts *self)
{
    static const uint32_t with_ports[] = {6, 17, 132};
    const CfpIntervalSet *protocol = &self->facts[CFP_FACT_PROTOCOL];
    CfpIntervalSet rest = *protocol;

    if (self->layout == CFP_LAYOUT_IPV6 && cfp_interval_set_is(protocol, PROTOCOL_IPV6_FRAGMENT))
        return IPV6_FRAGMENT_HEADER;
    for (size_t i = 0; i < sizeof with_ports / sizeof with_ports[0]; i++)
        cfp_interval_set_remove(&rest, with_ports[i], with_ports[i]);
    if (self->layout == CFP_LAYOUT_IPV4 && !cfp_interval_set_is(&self->facts[CFP_FACT_FRAGMENT], 0))
        return 0;
    return rest.n == 0 ? PORTS : 0;
}

bool
cfp_packet_facts_has_bytes(const CfpPacketFacts *self, const CfpSlice *slice)
{
    uint64_t end = (uint64_t)slice->offset + slice->size;

    if (slice->from_payload)
        return end <= sure_payload(self);
    switch (self->layout) {
    case CFP_LAYOUT_IPV4:
        return end <= self->ip_offset + IPV4_HEADER;
    case CFP_LAYOUT_IPV6:
        return end <= self->ip_offset + IPV6_HEADER + sure_payload(self);
    case CFP_LAYOUT_ARP:
    case CFP_LAYOUT_OTHER:
        break;
    }
    return end <= self->ip_offset;
}

bool
cfp_packet_facts_includes(const CfpPacketFacts *self, const CfpPacketFacts *other)
{
    if (self->layout != other->layout || self->ip_offset != other->ip_offset)
        return false;
    for (int fact = 0; fact < CFP_N_FACTS; fact++)
        if (!cfp_interval_set_includes(&self->facts[fact], &other->facts[fact]))
            return false;
    for (unsigned i = 0; i < self->n_others; i++) {
        const CfpIntervalSet *values = find_other(other, &self->others[i].slice);

        if (!values || !cfp_interval_set_includes(&self->others[i].values, values))
            return false;
    }
    return true;
}

static bool
are_equal(const CfpIntervalSet *a, const CfpIntervalSet *b)
{
    return cfp_interval_set_includes(a, b) && cfp_interval_set_includes(b, a);
}

unsigned
cfp_packet_facts_distance(const CfpPacketFacts *self, const CfpPacketFacts *other)
{
    unsigned distance = 0;

    if (self->layout != other->layout || self->ip_offset != other->ip_offset)
        return UINT_MAX;
    for (int fact = 0; fact < CFP_N_FACTS; fact++)
        distance += !are_equal(&self->facts[fact], &other->facts[fact]);
    for (unsigned i = 0; i < self->n_others; i++) {
        const CfpIntervalSet *values = find_other(other, &self->others[i].slice);

        distance += !values || !are_equal(&self->others[i].values, values);
    }
    for (unsigned i = 0; i < other->n_others; i++)
        distance += !find_other(self, &other->others[i].slice);
    return distance;
}

void
cfp_packet_facts_join(CfpPacketFacts *self, const CfpPacketFacts *other)
{
    for (int fact = 0; fact < CFP_N_FACTS; fact++)
        cfp_interval_set_join(&self->facts[fact], &other->facts[fact]);
    /* What is known of one only is known of none of both. */
    for (unsigned i = self->n_others; i-- > 0;) {
        const CfpIntervalSet *values = find_other(other, &self->others[i].slice);

        if (values)
            cfp_interval_set_join(&self->others[i].values, values);
        else
            self->others[i] = self->others[--self->n_others];
    }
}
