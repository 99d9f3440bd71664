/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter/interval-set.h"

/* While a set is changed it may have more intervals than it can keep. */
typedef struct {
    unsigned n;
    CfpInterval items[2 * CFP_MAX_INTERVALS];
} Draft;

/* Appends an interval that begins at or behind the beginning of the last. */
static void
append(Draft *self, uint32_t low, uint32_t high)
{
    CfpInterval *last = self->n > 0 ? &self->items[self->n - 1] : NULL;

    if (last && (low <= last->high || low - last->high == 1)) {
        if (high > last->high)
            last->high = high;
        return;
    }
    self->items[self->n++] = (CfpInterval){low, high};
}

/* Closes the smallest gap: the least that is wrong with the set then. */
static void
close_smallest_gap(Draft *self)
{
    unsigned best = 1;

    for (unsigned i = 2; i < self->n; i++)
        if (self->items[i].low - self->items[i - 1].high <
            self->items[best].low - self->items[best - 1].high)
            best = i;
    self->items[best - 1].high = self->items[best].high;
    for (unsigned i = best; i + 1 < self->n; i++)
        self->items[i] = self->items[i + 1];
    self->n--;
}

static void
finish(CfpIntervalSet *self, Draft *draft)
{
    while (draft->n > CFP_MAX_INTERVALS)
        close_smallest_gap(draft);
    self->n = draft->n;
    for (unsigned i = 0; i < draft->n; i++)
        self->items[i] = draft->items[i];
}

CfpIntervalSet
cfp_interval_set_range(uint32_t low, uint32_t high)
{
    CfpIntervalSet self = {.n = 1};

    self.items[0] = (CfpInterval){low, high};
    return self;
}

CfpIntervalSet
cfp_interval_set_of(const uint32_t *values, size_t n)
{
    CfpIntervalSet self = cfp_interval_set_range(values[0], values[0]);

    for (size_t i = 1; i < n; i++) {
        CfpIntervalSet one = cfp_interval_set_range(values[i], values[i]);

        cfp_interval_set_join(&self, &one);
    }
    return self;
}

void
cfp_interval_set_keep(CfpIntervalSet *self, uint32_t low, uint32_t high)
{
    unsigned n = 0;

    for (unsigned i = 0; i < self->n; i++) {
        CfpInterval item = self->items[i];

        if (item.high < low || item.low > high)
            continue;
        self->items[n].low = item.low < low ? low : item.low;
        self->items[n++].high = item.high > high ? high : item.high;
    }
    self->n = n;
}

void
cfp_interval_set_remove(CfpIntervalSet *self, uint32_t low, uint32_t high)
{
    Draft draft = {.n = 0};

    for (unsigned i = 0; i < self->n; i++) {
        CfpInterval item = self->items[i];

        if (item.low < low)
            append(&draft, item.low, item.high < low ? item.high : low - 1);
        if (item.high > high)
            append(&draft, item.low > high ? item.low : high + 1, item.high);
    }
    finish(self, &draft);
}

void
cfp_interval_set_subtract(CfpIntervalSet *self, const CfpIntervalSet *other)
{
    for (unsigned i = 0; i < other->n; i++)
        cfp_interval_set_remove(self, other->items[i].low, other->items[i].high);
}

void
cfp_interval_set_join(CfpIntervalSet *self, const CfpIntervalSet *other)
{
    Draft draft = {.n = 0};
    unsigned i = 0, j = 0;

    while (i < self->n || j < other->n) {
        const CfpInterval *next;

        if (j == other->n || (i < self->n && self->items[i].low <= other->items[j].low))
            next = &self->items[i++];
        else
            next = &other->items[j++];
        append(&draft, next->low, next->high);
    }
    finish(self, &draft);
}

bool
cfp_interval_set_has(const CfpIntervalSet *self, uint32_t value)
{
    for (unsigned i = 0; i < self->n; i++)
        if (value >= self->items[i].low && value <= self->items[i].high)
            return true;
    return false;
}

bool
cfp_interval_set_includes(const CfpIntervalSet *self, const CfpIntervalSet *other)
{
    unsigned i = 0;

    /* Intervals of a set don't touch: one of `other` must lie in one of ours. */
    for (unsigned j = 0; j < other->n; j++) {
        while (i < self->n && self->items[i].high < other->items[j].high)
            i++;
        if (i == self->n || self->items[i].low > other->items[j].low)
            return false;
    }
    return true;
}

bool
cfp_interval_set_is_single(const CfpIntervalSet *self, uint32_t *ret_value)
{
    if (self->n != 1 || self->items[0].low != self->items[0].high)
        return false;
    *ret_value = self->items[0].low;
    return true;
}

bool
cfp_interval_set_is(const CfpIntervalSet *self, uint32_t value)
{
    uint32_t single;

    return cfp_interval_set_is_single(self, &single) && single == value;
}
