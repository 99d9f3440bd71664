/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/traffic-choices.h"

CfpChoices
cfp_choices_from_bytes(const uint8_t *bytes, size_t length)
{
    static const uint8_t none[1];

    return (CfpChoices){.bytes = bytes ? bytes : none, .left = length};
}

CfpChoices
cfp_choices_from_seed(uint64_t seed)
{
    return (CfpChoices){.state = seed};
}

static unsigned
take_byte(CfpChoices *self)
{
    if (self->left == 0)
        return 0;
    self->left--;
    return *self->bytes++;
}

/* SplitMix64: every seed gives an independent sequence. */
static uint64_t
next_random(CfpChoices *self)
{
    uint64_t z = self->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned
cfp_choose(CfpChoices *self, unsigned n)
{
    unsigned value;

    g_assert(n >= 1 && n <= 65536);
    if (!self->bytes)
        return (unsigned)(next_random(self) % n);
    value = take_byte(self);
    if (n > 256)
        value = value << 8 | take_byte(self);
    return value % n;
}

gboolean
cfp_chance(CfpChoices *self, unsigned percent)
{
    return cfp_choose(self, 100) >= 100 - percent;
}

const char *
cfp_pick_ipv4(CfpChoices *self)
{
    static const char *const pool[] = {
        "192.0.2.1",    "192.0.2.1",    "192.0.2.130",  "192.0.2.130", "198.51.100.7",
        "198.51.100.7", "198.51.100.8", "198.51.100.8", "224.0.0.5",   "255.255.255.255",
    };

    return cfp_pick(self, pool);
}

const char *
cfp_pick_ipv6(CfpChoices *self)
{
    static const char *const pool[] = {
        "2001:db8::1", "2001:db8::1", "2001:db8::2",      "2001:db8::2",
        "2001:db8::2", "fe80::1",     "2001:db8:1::c0:1", "ff02::1",
    };

    return cfp_pick(self, pool);
}

const char *
cfp_pick_ipv4_net(CfpChoices *self)
{
    static const char *const pool[] = {
        "192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24", "198.51.100.6/31", "192.0.2.1/32",
        "192.0.0.0/16", "198.0.0.0/7",    "0.0.0.0/0",       "224.0.0.0/4",     "198.51.100.8/29",
    };

    return cfp_pick(self, pool);
}

const char *
cfp_pick_ipv6_net(CfpChoices *self)
{
    static const char *const pool[] = {
        "2001:db8::/32",   "2001:db8::/48", "2001:db8::/64", "2001:db8:1::/48", "2001:db8::2/127",
        "2001:db8::1/128", "fe80::/10",     "2000::/3",      "ff00::/8",        "::/0",
    };

    return cfp_pick(self, pool);
}

unsigned
cfp_pick_port(CfpChoices *self)
{
    static const unsigned pool[] = {53, 53, 53, 80, 80, 443, 443, 1234, 1234, 54, 6081, 0, 65535};

    return cfp_pick(self, pool);
}

unsigned
cfp_pick_protocol(CfpChoices *self)
{
    static const unsigned pool[] = {6,  17, 6,  17, 132, 1, 58, 47,  50,  51, 4,
                                    41, 0,  43, 44, 60,  2, 59, 103, 112, 255};

    return cfp_pick(self, pool);
}
