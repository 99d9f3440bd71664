/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_FILTER_INTERVAL_SET_H
#define CFP_FILTER_INTERVAL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than an expression usually needs; what does not fit makes the set larger, never smaller. */
#define CFP_MAX_INTERVALS 8u

/** Both ends belong to it. */
typedef struct {
    uint32_t low;
    uint32_t high;
} CfpInterval;

/** A set of numbers, as sorted intervals with gaps between them. It may hold more than it was told,
 * never less: what is concluded from it is what holds for every member. A plain value. */
typedef struct {
    unsigned n; /* 0: the empty set */
    CfpInterval items[CFP_MAX_INTERVALS];
} CfpIntervalSet;

/** All numbers from `low` to `high`. */
CfpIntervalSet cfp_interval_set_range(uint32_t low, uint32_t high);

/** These numbers; n is at least 1. */
CfpIntervalSet cfp_interval_set_of(const uint32_t *values, size_t n);

/** Keeps what lies from `low` to `high`. Exact. */
void cfp_interval_set_keep(CfpIntervalSet *self, uint32_t low, uint32_t high);

/** Takes out what lies from `low` to `high`, when there is room to say so. */
void cfp_interval_set_remove(CfpIntervalSet *self, uint32_t low, uint32_t high);

/** The same for all of `other`. */
void cfp_interval_set_subtract(CfpIntervalSet *self, const CfpIntervalSet *other);

/** Takes in all of `other`. */
void cfp_interval_set_join(CfpIntervalSet *self, const CfpIntervalSet *other);

bool cfp_interval_set_has(const CfpIntervalSet *self, uint32_t value);

/** Whether every member of `other` is one of `self`. */
bool cfp_interval_set_includes(const CfpIntervalSet *self, const CfpIntervalSet *other);

/** Whether there is one member only. */
bool cfp_interval_set_is_single(const CfpIntervalSet *self, uint32_t *ret_value);

/** Whether `value` is its only member. */
bool cfp_interval_set_is(const CfpIntervalSet *self, uint32_t value);

#endif
