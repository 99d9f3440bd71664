/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/pcapng-time.h"

#define NS_PER_S G_GUINT64_CONSTANT(1000000000)
#define NS_DIGITS 9u
/* 10^19 is the largest power of 10 in 64 bits. */
#define MAX_POWER 19u
/* 2^-19 s is coarser than a microsecond, 2^-20 s is finer. */
#define MAX_COARSE_BITS 19u

uint8_t
pcapng_time_digits(const CfpClock *clock)
{
    return clock->exponent <= (clock->binary ? MAX_COARSE_BITS : 6u) ? 6 : 9;
}

static uint64_t
power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

static void
split_decimal(unsigned exponent, uint64_t ticks, uint64_t *seconds, uint64_t *ns)
{
    uint64_t per_second;

    if (exponent > MAX_POWER) {
        *seconds = 0;
        *ns = exponent - NS_DIGITS > MAX_POWER ? 0 : ticks / power_of_ten(exponent - NS_DIGITS);
        return;
    }
    per_second = power_of_ten(exponent);
    *seconds = ticks / per_second;
    *ns = ticks % per_second;
    if (exponent <= NS_DIGITS)
        *ns *= power_of_ten(NS_DIGITS - exponent);
    else
        *ns /= power_of_ten(exponent - NS_DIGITS);
}

/* fraction * 10^9 / 2^exponent, by way of a product of up to 94 bits in two words. */
static uint64_t
scale_binary(uint64_t fraction, unsigned exponent)
{
    uint64_t low = (fraction & 0xffffffff) * NS_PER_S;
    uint64_t high = (fraction >> 32) * NS_PER_S + (low >> 32);

    /* Here the fraction is below 2^32, so that `low` is the product. */
    if (exponent < 32)
        return low >> exponent;
    return exponent - 32 < 64 ? high >> (exponent - 32) : 0;
}

static void
split_binary(unsigned exponent, uint64_t ticks, uint64_t *seconds, uint64_t *ns)
{
    uint64_t fraction = ticks;

    *seconds = 0;
    if (exponent < 64) {
        *seconds = ticks >> exponent;
        fraction = ticks & ((G_GUINT64_CONSTANT(1) << exponent) - 1);
    }
    *ns = scale_binary(fraction, exponent);
}

/* FALSE when the sum is before the epoch or beyond 64 bits: `seconds` is then at that end. */
static gboolean
add_offset(uint64_t *seconds, int64_t offset)
{
    uint64_t magnitude = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;
    gboolean fits = offset < 0 ? magnitude <= *seconds : magnitude <= G_MAXUINT64 - *seconds;

    if (offset < 0)
        *seconds = fits ? *seconds - magnitude : 0;
    else
        *seconds = fits ? *seconds + magnitude : G_MAXUINT64;
    return fits;
}

uint64_t
pcapng_time_ns(const CfpClock *clock, uint64_t ticks)
{
    uint64_t seconds, ns, time;

    if (clock->binary)
        split_binary(clock->exponent, ticks, &seconds, &ns);
    else
        split_decimal(clock->exponent, ticks, &seconds, &ns);
    if (!add_offset(&seconds, clock->offset) && seconds == 0)
        return 0;
    time = seconds > (G_MAXUINT64 - ns) / NS_PER_S ? G_MAXUINT64 : seconds * NS_PER_S + ns;
    return pcapng_time_digits(clock) == 6 ? time - time % 1000 : time;
}
