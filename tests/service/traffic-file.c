/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/traffic-file.h"

#include <string.h>

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    LARGEST_PACKET = 262144,
    LINKTYPE_ETHERNET = 1,
    LINKTYPE_RAW = 101,
    ETHERNET_ADDRESSES = 12,
    VLAN_TAG = 4,
    MOST_TAGS = 2,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_SERVICE_VLAN = 0x88a8,
    ETHERTYPE_OLD_SERVICE_VLAN = 0x9100,
};

struct CfpServiceTrafficFile {
    guint8 *content;
    gsize length;
    int linktype;
};

static guint32
read32(const guint8 *bytes)
{
    return bytes[0] | (guint32)bytes[1] << 8 | (guint32)bytes[2] << 16 | (guint32)bytes[3] << 24;
}

static int
read_big16(const guint8 *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* NULL when all of the file is what it should be. */
static const char *
find_problem(const CfpServiceTrafficFile *self)
{
    static const guint8 start[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};

    if (self->length < FILE_HEADER || memcmp(self->content, start, sizeof start) != 0)
        return "not a little-endian pcap file with microseconds";
    if (self->linktype != LINKTYPE_ETHERNET && self->linktype != LINKTYPE_RAW)
        return "its link type is neither 1 nor 101";
    for (gsize at = FILE_HEADER; at < self->length;) {
        if (self->length - at < RECORD_HEADER)
            return "it ends within a record's header";
        guint32 kept = read32(self->content + at + 8);
        if (kept > LARGEST_PACKET || kept > self->length - at - RECORD_HEADER)
            return "a record is longer than the file";
        at += RECORD_HEADER + kept;
    }
    return NULL;
}

CfpServiceTrafficFile *
cfp_service_traffic_file_read(const char *path, GError **error)
{
    g_autoptr(CfpServiceTrafficFile) self = g_new0(CfpServiceTrafficFile, 1);

    if (!g_file_get_contents(path, (char **)&self->content, &self->length, error))
        return NULL;
    if (self->length >= FILE_HEADER)
        self->linktype = (int)(read32(self->content + 20) & 0xffff);
    const char *problem = find_problem(self);
    if (problem) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", path, problem);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
cfp_service_traffic_file_free(CfpServiceTrafficFile *self)
{
    if (!self)
        return;
    g_free(self->content);
    g_free(self);
}

int
cfp_service_traffic_file_linktype(const CfpServiceTrafficFile *self)
{
    return self->linktype;
}

bool
cfp_service_traffic_file_next(const CfpServiceTrafficFile *self, gsize *position,
                              CfpServiceFrame *frame)
{
    gsize at = MAX(*position, FILE_HEADER);

    if (at == self->length)
        return false;
    const guint8 *record = self->content + at;
    gint64 time_us = (gint64)read32(record) * 1000000 + read32(record + 4);
    *frame = (CfpServiceFrame){time_us * 1000, record + RECORD_HEADER, read32(record + 8),
                               read32(record + 12)};
    *position = at + RECORD_HEADER + frame->kept;
    return true;
}

/* Bytes in front of an Ethernet frame's IP packet; 0 when there is none. */
static gsize
measure_ethernet(const CfpServiceFrame *frame)
{
    gsize at = ETHERNET_ADDRESSES;

    for (int tags = 0; tags <= MOST_TAGS; tags++, at += VLAN_TAG) {
        if (frame->kept < at + 2)
            return 0;
        int type = read_big16(frame->frame + at);
        if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6)
            return at + 2;
        if (type != ETHERTYPE_VLAN && type != ETHERTYPE_SERVICE_VLAN &&
            type != ETHERTYPE_OLD_SERVICE_VLAN)
            return 0;
    }
    return 0;
}

bool
cfp_service_traffic_file_find_ip(const CfpServiceTrafficFile *self, const CfpServiceFrame *frame,
                                 const guint8 **packet, gsize *length)
{
    gsize offset = self->linktype == LINKTYPE_ETHERNET ? measure_ethernet(frame) : 0;

    if (self->linktype == LINKTYPE_ETHERNET && offset == 0)
        return false;
    *packet = frame->frame + offset;
    *length = frame->kept - offset;
    return true;
}
