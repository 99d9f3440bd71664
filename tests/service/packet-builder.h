/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CFP_TESTS_SERVICE_PACKET_BUILDER_H
#define CFP_TESTS_SERVICE_PACKET_BUILDER_H

#include <glib.h>
#include <stdbool.h>

/** An IP address in network order; the first 4 bytes when it is not IPv6. */
typedef struct {
    bool is_ipv6;
    guint8 bytes[16];
} CfpServiceAddress;

/** Both ends of a packet; ports are in host order and unused where there are none. */
typedef struct {
    CfpServiceAddress source;
    CfpServiceAddress destination;
    guint16 source_port;
    guint16 destination_port;
} CfpServiceEnds;

enum {
    CFP_SERVICE_TCP_FIN = 1,
    CFP_SERVICE_TCP_SYN = 2,
    CFP_SERVICE_TCP_PSH = 8,
    CFP_SERVICE_TCP_ACK = 16,
};

typedef struct {
    guint32 sequence;
    guint32 acknowledgement;
    guint8 flags;
    guint16 window;
    guint32 clock; /* of the timestamp option */
    guint32 echo;
} CfpServiceTcp;

/* Big-endian appenders. */
void cfp_service_put8(GByteArray *bytes, guint8 value);
void cfp_service_put16(GByteArray *bytes, guint16 value);
void cfp_service_put32(GByteArray *bytes, guint32 value);

/* Segments with right check sums, which depend on the addresses. The caller owns the result. */
GByteArray *cfp_service_build_udp(const CfpServiceEnds *ends, const GByteArray *payload);
GByteArray *cfp_service_build_tcp(const CfpServiceEnds *ends, const CfpServiceTcp *tcp,
                                  const GByteArray *payload);

/** An echo: `type` is ICMP's (8, 0) or ICMPv6's (128, 129) number. */
GByteArray *cfp_service_build_echo(const CfpServiceEnds *ends, guint8 type, guint16 id,
                                   guint16 sequence);

/**
 * One IP packet around a segment, or around `length` bytes of it from `offset` on (a multiple of
 * 8): the fragments of IPv4. IPv6 takes whole segments only.
 */
GByteArray *cfp_service_build_ip(const CfpServiceEnds *ends, guint8 protocol, guint8 hops,
                                 guint16 id, const GByteArray *segment, gsize offset, gsize length);

/** A GRE header of version 0 without options (RFC 2784) in front of an IPv4 packet. */
GByteArray *cfp_service_build_gre(const GByteArray *packet);

#endif
