/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SUPPORT_CAPTURE_BUILDER_H
#define CFP_TESTS_SUPPORT_CAPTURE_BUILDER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** Capture files put together field by field, right or wrong, in either byte order. */
typedef struct {
    GByteArray *bytes;
    bool big_endian;
    guint block; /* where the pcapng block that is being built begins */
} CfpBuilder;

CfpBuilder cfp_builder_new(bool big_endian);
void cfp_builder_clear(CfpBuilder *self);
GBytes *cfp_builder_bytes(const CfpBuilder *self);

void cfp_put_u16(CfpBuilder *self, unsigned value);
void cfp_put_u32(CfpBuilder *self, uint32_t value);
void cfp_put_u64(CfpBuilder *self, uint64_t value);
void cfp_put_raw(CfpBuilder *self, const void *data, size_t len);

/** Overwrites what was written at `position`. */
void cfp_patch_u32(CfpBuilder *self, guint position, uint32_t value);

/** Classic pcap; `word`: link type and FCS bits. */
void cfp_put_pcap_header(CfpBuilder *self, uint32_t magic, uint32_t snaplen, uint32_t word);
void cfp_put_pcap_record(CfpBuilder *self, uint32_t seconds, uint32_t fraction, const char *data);

/** pcapng: a block is begun, filled and ended; its lengths are right. */
void cfp_begin_block(CfpBuilder *self, uint32_t type);
void cfp_end_block(CfpBuilder *self);
void cfp_put_option(CfpBuilder *self, unsigned code, const void *value, size_t len);

/** Whole blocks without options. */
void cfp_put_section(CfpBuilder *self);
void cfp_put_interface(CfpBuilder *self, unsigned linktype, uint32_t snaplen);
void cfp_put_packet(CfpBuilder *self, uint32_t interface, uint64_t ticks, const char *data);

/** Fields of an Enhanced Packet Block, for a block that goes on with options. */
void cfp_put_packet_fields(CfpBuilder *self, uint32_t interface, uint64_t ticks, const char *data);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CfpBuilder, cfp_builder_clear)

#endif
