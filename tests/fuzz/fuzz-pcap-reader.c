/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include "base/limits.h"
#include "packet/inflate-source.h"
#include "packet/pcap-reader.h"
#include "support/strict-source.h"

/* Any bytes, in pieces of any size, through the decompressor into the reader. */

/* Inflated, a small input could go on for minutes. */
#define MAX_PACKETS 20000

/* Touches everything a packet borrows, so that the sanitizers see it. */
static uint64_t
add_up(const CfpPacket *packet)
{
    uint64_t sum = packet->ts_ns + packet->len + packet->flags;

    for (uint32_t i = 0; i < packet->caplen; i++)
        sum += packet->data[i];
    return sum;
}

static void
check_text(const char *text)
{
    g_assert(!text || (*text && g_utf8_validate(text, -1, NULL)));
}

static void
check_interface(const CfpInterface *interface)
{
    g_assert(interface->linktype <= G_MAXUINT16);
    g_assert(interface->ts_digits == 6 || interface->ts_digits == 9);
    check_text(interface->name);
    check_text(interface->description);
    check_text(interface->filter);
    check_text(interface->comment);
}

static void
check_packet(CfpPcapReader *reader, const CfpPacket *packet)
{
    volatile uint64_t sum = add_up(packet);

    (void)sum;
    g_assert(packet->caplen <= CFP_MAX_CAPTURED_LENGTH);
    g_assert(packet->iface < cfp_pcap_reader_interfaces(reader));
    g_assert(!packet->comment ||
             g_utf8_validate(packet->comment, (gssize)packet->comment_len, NULL));
    if (cfp_pcap_reader_interface(reader, packet->iface)->ts_digits == 6)
        g_assert(packet->ts_ns % 1000 == 0);
}

static void
drain(CfpPcapReader *reader)
{
    g_autoptr(GError) error = NULL, again = NULL;
    uint64_t offset = 0;
    CfpPacket packet;
    CfpNext next;
    unsigned count = 0;

    while ((next = cfp_pcap_reader_next(reader, &packet, &error)) == CFP_NEXT_PACKET) {
        check_packet(reader, &packet);
        g_assert(cfp_pcap_reader_offset(reader) > offset);
        offset = cfp_pcap_reader_offset(reader);
        if (++count == MAX_PACKETS)
            return;
        if (cfp_pcap_reader_ready(reader))
            check_interface(cfp_pcap_reader_interface(reader, 0));
    }
    g_assert((next == CFP_NEXT_ERROR) == (error != NULL));
    g_assert(cfp_pcap_reader_next(reader, &packet, &again) == next);
    for (unsigned i = 0; i < cfp_pcap_reader_interfaces(reader); i++)
        check_interface(cfp_pcap_reader_interface(reader, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpPcapReader) reader = NULL;
    CfpByteSource *source;

    source = cfp_inflate_source_new_take(cfp_strict_source_new(bytes, size % 67, NULL), &error);
    g_assert_no_error(error);
    reader = cfp_pcap_reader_new_take(source);
    if (cfp_pcap_reader_open(reader, &error))
        drain(reader);
    else
        g_assert(error != NULL);
    return 0;
}
