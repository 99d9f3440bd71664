/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_STRICT_SOURCE_H
#define CFP_TESTS_SUPPORT_STRICT_SOURCE_H

#include "packet/byte-source.h"

/**
 * A source over bytes in memory that gives no more than its contract: every fill and consume ends
 * the life of what the fill before returned, which lies in an allocation of exactly its size, so
 * that the sanitizers and valgrind see each use that is too late or too far.
 *
 * chunk: as in cfp_memory_source_new(). failure: taken; what happens instead of the end, or NULL.
 */
CfpByteSource *cfp_strict_source_new(GBytes *bytes, size_t chunk, GError *failure);

#endif
