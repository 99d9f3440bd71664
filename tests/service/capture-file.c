/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/capture-file.h"

#include <gio/gio.h>

#include "service/packet-builder.h"

enum {
    LINKTYPE_ETHERNET = 1,
    LINKTYPE_RAW = 101,
    LINKTYPE_IPV4 = 228,
    LINKTYPE_IPV6 = 229,
    LINKTYPE_NFLOG = 239,
    LARGEST_PACKET = 262144,
};

struct CfpServiceFile {
    CfpServiceFormat format;
    int linktype;
    guint32 snaplen;
    GByteArray *bytes;
};

static bool
is_big_endian(const CfpServiceFile *self)
{
    return self->format == CFP_SERVICE_FORMAT_PCAP_BE ||
           self->format == CFP_SERVICE_FORMAT_PCAP_NS_BE;
}

static bool
is_nanosecond(const CfpServiceFile *self)
{
    return self->format == CFP_SERVICE_FORMAT_PCAP_NS ||
           self->format == CFP_SERVICE_FORMAT_PCAP_NS_BE;
}

/* In the file's own byte order. */
static void
put16(const CfpServiceFile *self, GByteArray *bytes, guint16 value)
{
    guint16 swapped = GUINT16_SWAP_LE_BE(value);

    cfp_service_put16(bytes, is_big_endian(self) ? value : swapped);
}

static void
put32(CfpServiceFile *self, guint32 value)
{
    cfp_service_put32(self->bytes, is_big_endian(self) ? value : GUINT32_SWAP_LE_BE(value));
}

bool
cfp_service_file_knows_linktype(int linktype)
{
    return cfp_service_file_holds(linktype, false) || cfp_service_file_holds(linktype, true);
}

bool
cfp_service_file_holds(int linktype, bool is_ipv6)
{
    if (linktype == LINKTYPE_IPV4)
        return !is_ipv6;
    if (linktype == LINKTYPE_IPV6)
        return is_ipv6;
    return linktype == LINKTYPE_ETHERNET || linktype == LINKTYPE_RAW || linktype == LINKTYPE_NFLOG;
}

/* Section header and interface description, both without what is optional but the resolution. */
static void
put_pcapng_header(CfpServiceFile *self)
{
    put32(self, 0x0a0d0d0a);
    put32(self, 28);
    put32(self, 0x1a2b3c4d);
    put16(self, self->bytes, 1);
    put16(self, self->bytes, 0);
    put32(self, 0xffffffff);
    put32(self, 0xffffffff);
    put32(self, 28);

    put32(self, 1);
    put32(self, 32);
    put16(self, self->bytes, (guint16)self->linktype);
    put16(self, self->bytes, 0);
    put32(self, self->snaplen);
    put16(self, self->bytes, 9); /* if_tsresol: 10^-9 */
    put16(self, self->bytes, 1);
    put32(self, 9);
    put32(self, 0); /* opt_endofopt */
    put32(self, 32);
}

static void
put_pcap_header(CfpServiceFile *self)
{
    put32(self, is_nanosecond(self) ? 0xa1b23c4d : 0xa1b2c3d4);
    put16(self, self->bytes, 2);
    put16(self, self->bytes, 4);
    put32(self, 0);
    put32(self, 0);
    put32(self, self->snaplen ? self->snaplen : LARGEST_PACKET);
    put32(self, (guint32)self->linktype);
}

CfpServiceFile *
cfp_service_file_new(CfpServiceFormat format, int linktype, guint32 snaplen)
{
    CfpServiceFile *self = g_new0(CfpServiceFile, 1);

    self->format = format;
    self->linktype = linktype;
    self->snaplen = snaplen;
    self->bytes = g_byte_array_new();
    if (format == CFP_SERVICE_FORMAT_PCAPNG)
        put_pcapng_header(self);
    else
        put_pcap_header(self);
    return self;
}

static void
put_link_header(const CfpServiceFile *self, GByteArray *frame, bool is_ipv6, gsize length)
{
    /* MAC addresses for documentation (RFC 7042, 2.1.2). */
    static const guint8 mac_addresses[] = {0, 0, 0x5e, 0, 0x53, 1, 0, 0, 0x5e, 0, 0x53, 2};

    if (self->linktype == LINKTYPE_ETHERNET) {
        g_byte_array_append(frame, mac_addresses, sizeof mac_addresses);
        cfp_service_put16(frame, is_ipv6 ? 0x86dd : 0x0800);
    } else if (self->linktype == LINKTYPE_NFLOG) {
        /* Family, version, resource id (big-endian), then type-length-values in the byte order of
         * the capturing machine; 9 is NFULA_PAYLOAD. */
        cfp_service_put8(frame, is_ipv6 ? 10 : 2);
        cfp_service_put8(frame, 0);
        cfp_service_put16(frame, 0);
        put16(self, frame, (guint16)(length + 4));
        put16(self, frame, 9);
    }
}

/* The 4 bytes a TLV is a multiple of. */
static void
pad(GByteArray *bytes)
{
    while (bytes->len % 4)
        cfp_service_put8(bytes, 0);
}

void
cfp_service_file_add_frame(CfpServiceFile *self, gint64 time_ns, const guint8 *frame, gsize kept,
                           guint32 length)
{
    guint32 snapped = self->snaplen ? (guint32)MIN(self->snaplen, kept) : (guint32)kept;

    if (self->format == CFP_SERVICE_FORMAT_PCAPNG) {
        guint32 total = 32 + (snapped + 3) / 4 * 4;
        put32(self, 6);
        put32(self, total);
        put32(self, 0);
        put32(self, (guint32)((guint64)time_ns >> 32));
        put32(self, (guint32)((guint64)time_ns & 0xffffffff));
        put32(self, snapped);
        put32(self, length);
        g_byte_array_append(self->bytes, frame, snapped);
        pad(self->bytes);
        put32(self, total);
        return;
    }
    gint64 part = time_ns % 1000000000;
    put32(self, (guint32)(time_ns / 1000000000));
    put32(self, (guint32)(is_nanosecond(self) ? part : part / 1000));
    put32(self, snapped);
    put32(self, length);
    g_byte_array_append(self->bytes, frame, snapped);
}

void
cfp_service_file_add(CfpServiceFile *self, gint64 time_ns, const guint8 *packet, gsize length)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();
    bool is_ipv6 = length > 0 && packet[0] >> 4 == 6;

    put_link_header(self, frame, is_ipv6, length);
    g_byte_array_append(frame, packet, (guint)length);
    if (self->linktype == LINKTYPE_NFLOG)
        pad(frame);
    cfp_service_file_add_frame(self, time_ns, frame->data, frame->len, frame->len);
}

GBytes *
cfp_service_file_finish(CfpServiceFile *self)
{
    GBytes *bytes = g_byte_array_free_to_bytes(self->bytes);

    g_free(self);
    return bytes;
}

GBytes *
cfp_service_file_compress(GBytes *file)
{
    g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(gzip));

    /* Writing into memory can't fail. */
    (void)g_output_stream_write_all(stream, g_bytes_get_data(file, NULL), g_bytes_get_size(file),
                                    NULL, NULL, NULL);
    (void)g_output_stream_close(stream, NULL, NULL);
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}
