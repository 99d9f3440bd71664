/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_PACKET_INFLATE_SOURCE_H
#define CFP_PACKET_INFLATE_SOURCE_H

#include "packet/byte-source.h"

/**
 * Looks at the first bytes of `source` and returns a source of the plain bytes: `source` itself, or
 * a decompressor around it when it begins with the magic of gzip (1f 8b; RFC 1952). Several gzip
 * members in a row are one stream; zero bytes after the last member are ignored (padding); other
 * bytes after it are an error. A member that ends early or whose check sum is wrong is an error
 * after its last good byte. Memory is bounded by CFP_SOURCE_CAPACITY for any ratio.
 *
 * source: taken, also on failure. Returns: owned; NULL on error.
 * Errors: those of `source`; CFP_PCAP_ERROR_COMPRESSION from fill later on.
 */
CfpByteSource *cfp_inflate_source_new_take(CfpByteSource *source,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
