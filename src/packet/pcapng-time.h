/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_PCAPNG_TIME_H
#define CFP_PACKET_PCAPNG_TIME_H

#include "packet/pcap-reader-private.h"

/** Decimal digits of a second that the clock's times have: 6, or 9 when it is finer than 10^-6. */
uint8_t pcapng_time_digits(const CfpClock *clock);

/**
 * Nanoseconds since the epoch of a time of `ticks`, rounded down to the clock's digits. A time
 * before the epoch is 0, one that 64 bits can't hold is the last they can.
 */
uint64_t pcapng_time_ns(const CfpClock *clock, uint64_t ticks);

#endif
