/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/reader-checks.h"

#include "support/cunit-runner.h"
#include "support/strict-source.h"

CfpPcapReader *
cfp_make_reader(const CfpBuilder *file, size_t chunk)
{
    g_autoptr(GBytes) bytes = cfp_builder_bytes(file);

    return cfp_pcap_reader_new_take(cfp_strict_source_new(bytes, chunk, NULL));
}

CfpPcapReader *
cfp_open_reader(const CfpBuilder *file, size_t chunk)
{
    CfpPcapReader *reader = cfp_make_reader(file, chunk);
    g_autoptr(GError) error = NULL;
    gboolean opened = cfp_pcap_reader_open(reader, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(opened);
    return reader;
}

CfpPacket
cfp_read_packet(CfpPcapReader *reader)
{
    g_autoptr(GError) error = NULL;
    CfpPacket packet = {0};
    CfpNext next = cfp_pcap_reader_next(reader, &packet, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_UINT(next, CFP_NEXT_PACKET);
    return packet;
}

void
cfp_assert_end(CfpPcapReader *reader)
{
    CfpPacket packet;

    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        CfpNext next = cfp_pcap_reader_next(reader, &packet, &error);

        ASSERT_NO_ERROR(error);
        ASSERT_UINT(next, CFP_NEXT_END);
    }
}

void
cfp_assert_fails(CfpPcapReader *reader, CfpPcapError code, const char *part)
{
    CfpPacket packet;

    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_UINT(cfp_pcap_reader_next(reader, &packet, &error), CFP_NEXT_ERROR);
        ASSERT_ERROR(error, CFP_PCAP_ERROR, code);
        ASSERT_CONTAINS(error->message, part);
    }
}

void
cfp_assert_open_fails(const CfpBuilder *file, CfpPcapError code, const char *part)
{
    for (size_t chunk = 0; chunk < 3; chunk++) {
        g_autoptr(CfpPcapReader) reader = cfp_make_reader(file, chunk);
        g_autoptr(GError) error = NULL;

        ASSERT_FALSE(cfp_pcap_reader_open(reader, &error));
        ASSERT_ERROR(error, CFP_PCAP_ERROR, code);
        ASSERT_CONTAINS(error->message, part);
        cfp_assert_fails(reader, code, part);
    }
}

CfpBuilder
cfp_begin_pcapng(bool big_endian)
{
    CfpBuilder file = cfp_builder_new(big_endian);

    cfp_put_section(&file);
    cfp_put_interface(&file, 101, 65535);
    return file;
}

void
cfp_assert_defect(const CfpBuilder *file, const char *part)
{
    g_autoptr(CfpPcapReader) reader = cfp_open_reader(file, 0);
    CfpPacket packet = cfp_read_packet(reader);

    ASSERT_BYTES(packet.data, packet.caplen, "good", 4);
    cfp_assert_fails(reader, CFP_PCAP_ERROR_CORRUPT, part);
}

CfpBuilder
cfp_begin_defect(void)
{
    CfpBuilder file = cfp_begin_pcapng(false);

    cfp_put_packet(&file, 0, 1, "good");
    return file;
}
