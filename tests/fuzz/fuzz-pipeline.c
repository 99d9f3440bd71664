/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "packet/capture-writer.h"
#include "packet/pcap-reader.h"
#include "support/strict-source.h"

/*
 * Any bytes through the reader into the writers, and what they wrote through the reader again: the
 * packets must be the same.
 */

#define NS_PER_S G_GUINT64_CONSTANT(1000000000)
#define MAX_PACKETS 5000

/* Bytes of an Enhanced Packet Block beside the data, its flags, and the comment's own bytes. */
#define MAX_COMMENT_OVERHEAD 64u

static void
clear_packet(gpointer element)
{
    CfpPacket *packet = element;

    g_free((gpointer)(guintptr)packet->data);
    g_free((gpointer)(guintptr)packet->comment);
}

static CfpPacket
copy_packet(const CfpPacket *packet)
{
    CfpPacket copy = *packet;

    copy.data = g_memdup2(packet->data, packet->caplen);
    copy.comment = g_memdup2(packet->comment, packet->comment_len);
    return copy;
}

static gboolean
next_packet(CfpPcapReader *reader, CfpPacket *packet)
{
    return cfp_pcap_reader_next(reader, packet, /* error= */ NULL) == CFP_NEXT_PACKET;
}

/* Declares the interfaces that the reader has met since the last packet. */
static unsigned
declare_interfaces(CfpCaptureWriter *writer, CfpPcapReader *reader, unsigned declared)
{
    for (; declared < cfp_pcap_reader_interfaces(reader); declared++) {
        unsigned id;

        g_assert(cfp_capture_writer_interface(writer, cfp_pcap_reader_interface(reader, declared),
                                              &id, NULL));
        g_assert(id == declared);
    }
    return declared;
}

static void
copy_file(CfpPcapReader *reader, CfpCaptureWriter *writer, GArray *packets)
{
    static const char *const comments[] = {"fuzzed", NULL};
    unsigned declared = 0;
    CfpPacket packet;

    cfp_capture_writer_section(writer, &(CfpSection){.os = "Linux", .comments = comments});
    while (packets->len < MAX_PACKETS && next_packet(reader, &packet)) {
        CfpPacket copy = copy_packet(&packet);
        gboolean whole;

        declared = declare_interfaces(writer, reader, declared);
        whole = cfp_capture_writer_packet(writer, packet.iface, &packet);
        g_assert(whole == (packet.caplen <= CFP_MAX_OUTPUT_BLOCK - 32));
        if (!whole)
            copy.caplen = CFP_MAX_OUTPUT_BLOCK - 32;
        g_array_append_val(packets, copy);
    }
    (void)declare_interfaces(writer, reader, declared);
}

static CfpPcapReader *
read_again(const CfpCaptureWriter *writer, size_t chunk)
{
    size_t len;
    const uint8_t *data = cfp_capture_writer_pending(writer, &len);
    g_autoptr(GBytes) bytes = g_bytes_new(data, len);
    CfpPcapReader *reader = cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, chunk, NULL));

    g_assert(cfp_pcap_reader_open(reader, NULL));
    return reader;
}

static void
check_data(const CfpPacket *read, const CfpPacket *written)
{
    g_assert(read->len == written->len);
    g_assert(read->caplen == written->caplen);
    g_assert(read->caplen == 0 || memcmp(read->data, written->data, read->caplen) == 0);
}

static void
check_comment(const CfpPacket *read, const CfpPacket *written)
{
    /* Beside a large packet there is no room for a long comment. */
    if (written->caplen + written->comment_len + MAX_COMMENT_OVERHEAD <= CFP_MAX_OUTPUT_BLOCK)
        g_assert(read->comment_len == written->comment_len);
    g_assert(read->comment_len <= written->comment_len);
    g_assert(read->comment_len == 0 ||
             memcmp(read->comment, written->comment, read->comment_len) == 0);
}

static void
check_interface(const CfpInterface *read, const CfpInterface *written)
{
    g_assert(read->linktype == written->linktype);
    g_assert(read->snaplen == written->snaplen);
    g_assert(read->ts_digits == written->ts_digits);
    g_assert(g_strcmp0(read->name, written->name) == 0);
    g_assert(g_strcmp0(read->description, written->description) == 0);
    /* The type byte and, for the last one, the size of the block may cost a character. */
    if (!written->filter || strlen(written->filter) < 65000)
        g_assert(g_strcmp0(read->filter, written->filter) == 0);
    if (!written->comment || strlen(written->comment) < 65000)
        g_assert(g_strcmp0(read->comment, written->comment) == 0);
}

static void
check_pcapng(CfpPcapReader *first, CfpPcapReader *second, const GArray *packets)
{
    CfpPacket read;

    for (guint i = 0; i < packets->len; i++) {
        const CfpPacket *written = &g_array_index(packets, CfpPacket, i);

        g_assert(next_packet(second, &read));
        check_data(&read, written);
        check_comment(&read, written);
        g_assert(read.ts_ns == written->ts_ns);
        g_assert(read.iface == written->iface);
        g_assert(read.has_flags == written->has_flags ||
                 written->caplen > CFP_MAX_OUTPUT_BLOCK - 64);
        g_assert(read.flags == written->flags || !read.has_flags);
    }
    g_assert(cfp_pcap_reader_next(second, &read, NULL) == CFP_NEXT_END);
    g_assert(cfp_pcap_reader_interfaces(first) == cfp_pcap_reader_interfaces(second));
    for (unsigned i = 0; i < cfp_pcap_reader_interfaces(first); i++)
        check_interface(cfp_pcap_reader_interface(second, i), cfp_pcap_reader_interface(first, i));
}

/* The packets that the first interface's kind of classic file can hold. */
static void
check_classic(CfpPcapReader *first, const GArray *packets, size_t chunk)
{
    g_autoptr(CfpCaptureWriter) writer = cfp_pcap_writer_new();
    g_autoptr(CfpPcapReader) second = NULL;
    const CfpInterface *interface;
    CfpPacket read;
    unsigned id;

    if (cfp_pcap_reader_interfaces(first) == 0)
        return;
    interface = cfp_pcap_reader_interface(first, 0);
    g_assert(cfp_capture_writer_interface(writer, interface, &id, NULL));
    for (guint i = 0; i < packets->len; i++)
        (void)cfp_capture_writer_packet(writer, id, &g_array_index(packets, CfpPacket, i));
    second = read_again(writer, chunk);
    g_assert(cfp_pcap_reader_interface(second, 0)->linktype == interface->linktype);
    for (guint i = 0; i < packets->len; i++) {
        const CfpPacket *written = &g_array_index(packets, CfpPacket, i);

        g_assert(next_packet(second, &read));
        check_data(&read, written);
        if (written->ts_ns / NS_PER_S <= G_MAXUINT32)
            g_assert(read.ts_ns / 1000 == written->ts_ns / 1000);
    }
    g_assert(cfp_pcap_reader_next(second, &read, NULL) == CFP_NEXT_END);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(CfpPcapReader) first = NULL, second = NULL;
    g_autoptr(CfpCaptureWriter) writer = NULL;
    g_autoptr(GArray) packets = NULL;

    first = cfp_pcap_reader_new_take(cfp_memory_source_new(bytes, size % 61));
    if (!cfp_pcap_reader_open(first, NULL))
        return 0;
    packets = g_array_new(FALSE, FALSE, sizeof(CfpPacket));
    g_array_set_clear_func(packets, clear_packet);
    writer = cfp_pcapng_writer_new();
    copy_file(first, writer, packets);
    second = read_again(writer, size % 59);
    check_pcapng(first, second, packets);
    check_classic(first, packets, size % 53);
    return 0;
}
