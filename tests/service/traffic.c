/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/traffic.h"

#include <string.h>

#include "service/packet-builder.h"

enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_GRE = 47,
    PROTOCOL_ICMPV6 = 58,
    SESSIONS = 6,
    MTU = 1500,
    GRE_BYTES = 24, /* outer IPv4 and GRE header */
};

/* A web session between a client and 203.0.113.80; `step` counts its packets. */
typedef struct {
    CfpServiceEnds ends;
    guint32 client_sequence;
    guint32 server_sequence;
    guint32 clock;
    guint step;
    bool is_tunnelled;
} Session;

struct CfpServiceTraffic {
    CfpServiceTrafficSpec spec;
    guint64 random;
    guint64 made;
    GQueue pending; /* of GByteArray: packets of the last event that were not handed out yet */
    GByteArray *current;
    Session sessions[SESSIONS];
    guint16 next_id;
};

/* splitmix64: small, and the same on every machine. */
static guint64
draw(CfpServiceTraffic *self)
{
    guint64 z = self->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static guint32
draw_below(CfpServiceTraffic *self, guint32 limit)
{
    return (guint32)(draw(self) % limit);
}

static CfpServiceAddress
make_ipv4(guint8 a, guint8 b, guint8 c, guint8 d)
{
    return (CfpServiceAddress){false, {a, b, c, d}};
}

/* 192.0.2.0/24 and 198.51.100.0/24 hold the sources, 203.0.113.0/24 what is protected. */
static CfpServiceAddress
draw_source(CfpServiceTraffic *self)
{
    guint8 host = (guint8)(1 + draw_below(self, 253));

    return draw_below(self, 2) ? make_ipv4(192, 0, 2, host) : make_ipv4(198, 51, 100, host);
}

static CfpServiceAddress
make_ipv6(guint16 net, guint32 host)
{
    CfpServiceAddress address = {true, {0x20, 0x01, 0x0d, 0xb8}};

    address.bytes[4] = (guint8)(net >> 8);
    address.bytes[5] = (guint8)(net & 0xff);
    for (int i = 0; i < 4; i++)
        address.bytes[15 - i] = (guint8)(host >> (8 * i));
    return address;
}

static guint16
draw_port(CfpServiceTraffic *self)
{
    return (guint16)(1024 + draw_below(self, 64511));
}

static guint8
draw_hops(CfpServiceTraffic *self)
{
    return (guint8)((draw_below(self, 2) ? 60u : 124u) - draw_below(self, 24));
}

/* Takes `packet`; what goes to an origin through a tunnel gets the tunnel's headers. */
static void
emit(CfpServiceTraffic *self, GByteArray *packet, bool is_tunnelled)
{
    if (is_tunnelled) {
        CfpServiceEnds tunnel = {make_ipv4(192, 0, 2, 254), make_ipv4(203, 0, 113, 1), 0, 0};
        GByteArray *segment = cfp_service_build_gre(packet);
        g_byte_array_unref(packet);
        packet = cfp_service_build_ip(&tunnel, PROTOCOL_GRE, 255, self->next_id++, segment, 0,
                                      segment->len);
        g_byte_array_unref(segment);
    }
    g_queue_push_tail(&self->pending, packet);
}

/* Takes `segment` and sends it in as many packets as it needs. */
static void
emit_segment(CfpServiceTraffic *self, const CfpServiceEnds *ends, guint8 protocol,
             GByteArray *segment, bool is_tunnelled)
{
    gsize room = is_tunnelled ? MTU - GRE_BYTES - 20 : MTU - 20;
    gsize step = ends->source.is_ipv6 ? segment->len : room / 8 * 8;
    guint8 hops = draw_hops(self);
    guint16 id = self->next_id++;

    for (gsize offset = 0; offset < segment->len; offset += step) {
        gsize length = MIN(step, segment->len - offset);
        emit(self, cfp_service_build_ip(ends, protocol, hops, id, segment, offset, length),
             is_tunnelled);
    }
    g_byte_array_unref(segment);
}

static void
flood_syn(CfpServiceTraffic *self, const CfpServiceEnds *ends, bool is_tunnelled)
{
    const CfpServiceTcp tcp = {
        .sequence = (guint32)draw(self),
        .flags = CFP_SERVICE_TCP_SYN,
        .window = (guint16)(draw_below(self, 2) ? 64240 : 29200),
        .clock = (guint32)draw(self),
    };

    emit_segment(self, ends, PROTOCOL_TCP, cfp_service_build_tcp(ends, &tcp, NULL), is_tunnelled);
}

static void
put_dns_name(GByteArray *message)
{
    static const guint8 name[] = "\7example\3com";

    g_byte_array_append(message, name, sizeof name); /* with the 0 that ends it */
}

/* The answer to an ANY query, filled up with text records: what an open resolver reflects. */
static GByteArray *
make_dns_answer(CfpServiceTraffic *self, guint16 records)
{
    GByteArray *message = g_byte_array_new();

    cfp_service_put16(message, (guint16)draw(self));
    cfp_service_put16(message, 0x8180);
    cfp_service_put16(message, 1);
    cfp_service_put16(message, records);
    cfp_service_put32(message, 0);
    put_dns_name(message);
    cfp_service_put16(message, 255);
    cfp_service_put16(message, 1);
    for (guint16 i = 0; i < records; i++) {
        cfp_service_put16(message, 0xc00c);
        cfp_service_put16(message, 16);
        cfp_service_put16(message, 1);
        cfp_service_put32(message, 3600);
        cfp_service_put16(message, 201);
        cfp_service_put8(message, 200);
        for (guint8 k = 0; k < 200; k++)
            cfp_service_put8(message, (guint8)('a' + (k + i) % 26));
    }
    return message;
}

static GByteArray *
make_dns_query(CfpServiceTraffic *self)
{
    GByteArray *message = g_byte_array_new();

    cfp_service_put16(message, (guint16)draw(self));
    cfp_service_put16(message, 0x0100);
    cfp_service_put16(message, 1);
    cfp_service_put16(message, 0);
    cfp_service_put32(message, 0);
    put_dns_name(message);
    cfp_service_put16(message, 28);
    cfp_service_put16(message, 1);
    return message;
}

static GByteArray *
make_ntp(CfpServiceTraffic *self, bool is_answer)
{
    GByteArray *message = g_byte_array_new();
    /* Seconds from 1900 to 1970 (RFC 5905). */
    guint32 now = (guint32)(self->spec.start_us / G_USEC_PER_SEC + 2208988800);

    cfp_service_put32(message, is_answer ? 0x240206e8 : 0x230006ec);
    cfp_service_put32(message, 0x00000080);
    cfp_service_put32(message, 0x00000100);
    cfp_service_put32(message, is_answer ? 0xc0000201 : 0);
    for (int i = 0; i < 4; i++) {
        cfp_service_put32(message, now);
        cfp_service_put32(message, (guint32)draw(self));
    }
    return message;
}

/* Takes `payload`. */
static void
emit_udp(CfpServiceTraffic *self, const CfpServiceEnds *ends, GByteArray *payload,
         bool is_tunnelled)
{
    emit_segment(self, ends, PROTOCOL_UDP, cfp_service_build_udp(ends, payload), is_tunnelled);
    g_byte_array_unref(payload);
}

static void
start_session(CfpServiceTraffic *self, Session *session)
{
    session->ends =
        (CfpServiceEnds){draw_source(self), make_ipv4(203, 0, 113, 80), draw_port(self), 80};
    session->client_sequence = (guint32)draw(self);
    session->server_sequence = (guint32)draw(self);
    session->clock = (guint32)draw(self);
    session->is_tunnelled = draw_below(self, 5) == 0;
    session->step = 0;
}

static GByteArray *
make_page(CfpServiceTraffic *self)
{
    guint length = 200 + draw_below(self, 900);
    g_autofree char *head = g_strdup_printf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                            "Content-Length: %u\r\n\r\n",
                                            length);
    GByteArray *page = g_byte_array_new();

    g_byte_array_append(page, (const guint8 *)head, (guint)strlen(head));
    for (guint i = 0; i < length; i++)
        cfp_service_put8(page, (guint8)(i % 64 == 63 ? '\n' : 'a' + i % 26));
    return page;
}

/* One packet of a session and what it does to the sequence numbers of its sender. */
static void
advance_session(CfpServiceTraffic *self, Session *session)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: www.example.com\r\n"
                                  "User-Agent: test\r\nAccept: */*\r\n\r\n";
    static const struct {
        bool is_client;
        guint8 flags;
    } steps[] = {
        {true, CFP_SERVICE_TCP_SYN},
        {false, CFP_SERVICE_TCP_SYN | CFP_SERVICE_TCP_ACK},
        {true, CFP_SERVICE_TCP_ACK},
        {true, CFP_SERVICE_TCP_PSH | CFP_SERVICE_TCP_ACK},
        {false, CFP_SERVICE_TCP_ACK},
        {false, CFP_SERVICE_TCP_PSH | CFP_SERVICE_TCP_ACK},
        {true, CFP_SERVICE_TCP_ACK},
        {true, CFP_SERVICE_TCP_FIN | CFP_SERVICE_TCP_ACK},
        {false, CFP_SERVICE_TCP_FIN | CFP_SERVICE_TCP_ACK},
        {true, CFP_SERVICE_TCP_ACK},
    };
    bool is_client = steps[session->step].is_client;
    guint8 flags = steps[session->step].flags;
    CfpServiceEnds ends = session->ends;
    g_autoptr(GByteArray) payload = NULL;

    if (!is_client)
        ends = (CfpServiceEnds){session->ends.destination, session->ends.source,
                                session->ends.destination_port, session->ends.source_port};
    if (flags & CFP_SERVICE_TCP_PSH)
        payload = is_client ? g_byte_array_append(g_byte_array_new(), (const guint8 *)request,
                                                  sizeof request - 1)
                            : make_page(self);
    guint32 *own = is_client ? &session->client_sequence : &session->server_sequence;
    guint32 other = is_client ? session->server_sequence : session->client_sequence;
    session->clock++;
    const CfpServiceTcp tcp = {
        .sequence = *own,
        .acknowledgement = flags & CFP_SERVICE_TCP_ACK ? other : 0,
        .flags = flags,
        .window = 502,
        .clock = session->clock + (is_client ? 0 : 1000000),
        .echo = session->step == 0 ? 0 : session->clock - 1 + (is_client ? 1000000 : 0),
    };
    emit_segment(self, &ends, PROTOCOL_TCP, cfp_service_build_tcp(&ends, &tcp, payload),
                 session->is_tunnelled);
    *own += payload ? payload->len : (flags & (CFP_SERVICE_TCP_SYN | CFP_SERVICE_TCP_FIN) ? 1 : 0);
    session->step++;
    if (session->step == G_N_ELEMENTS(steps))
        start_session(self, session);
}

static void
make_ipv4_event(CfpServiceTraffic *self)
{
    guint32 dice = draw_below(self, 100);
    bool is_tunnelled = draw_below(self, 5) == 0;
    CfpServiceEnds ends = {draw_source(self), make_ipv4(203, 0, 113, 7), draw_port(self), 443};

    if (dice < 48) {
        flood_syn(self, &ends, is_tunnelled);
    } else if (dice < 60) {
        ends.destination_port = ends.source_port;
        ends.source_port = 53;
        emit_udp(self, &ends, make_dns_answer(self, (guint16)(4 + draw_below(self, 14))),
                 is_tunnelled);
    } else if (dice < 68) {
        GByteArray *echo =
            cfp_service_build_echo(&ends, 8, (guint16)draw(self), (guint16)draw_below(self, 500));
        emit_segment(self, &ends, PROTOCOL_ICMP, echo, is_tunnelled);
    } else if (dice < 76) {
        bool is_answer = draw_below(self, 2);
        ends.destination_port = is_answer ? ends.source_port : 123;
        ends.source_port = is_answer ? 123 : ends.source_port;
        emit_udp(self, &ends, make_ntp(self, is_answer), is_tunnelled);
    } else {
        advance_session(self, &self->sessions[draw_below(self, SESSIONS)]);
    }
}

static void
make_ipv6_event(CfpServiceTraffic *self)
{
    guint32 dice = draw_below(self, 3);
    CfpServiceEnds ends = {make_ipv6(0x0bad, (guint32)draw(self)), make_ipv6(0x0007, 7),
                           draw_port(self), 443};

    if (dice == 0) {
        flood_syn(self, &ends, false);
    } else if (dice == 1) {
        ends.destination_port = 53;
        emit_udp(self, &ends, make_dns_query(self), false);
    } else {
        GByteArray *echo =
            cfp_service_build_echo(&ends, 128, (guint16)draw(self), (guint16)draw_below(self, 500));
        emit_segment(self, &ends, PROTOCOL_ICMPV6, echo, false);
    }
}

CfpServiceTraffic *
cfp_service_traffic_new(const CfpServiceTrafficSpec *spec)
{
    CfpServiceTraffic *self = g_new0(CfpServiceTraffic, 1);

    self->spec = *spec;
    self->random = spec->seed;
    self->next_id = (guint16)draw(self);
    g_queue_init(&self->pending);
    for (int i = 0; i < SESSIONS; i++)
        start_session(self, &self->sessions[i]);
    return self;
}

void
cfp_service_traffic_free(CfpServiceTraffic *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->current, g_byte_array_unref);
    g_queue_clear_full(&self->pending, (GDestroyNotify)g_byte_array_unref);
    g_free(self);
}

/* The window is cut into equal steps and each packet falls somewhere into its own: so times grow
 * and the end is never passed. */
static gint64
place_packet(CfpServiceTraffic *self)
{
    guint64 window_ns = (guint64)MAX(self->spec.end_us - self->spec.start_us, 1) * 1000;
    guint64 step_ns = MAX(window_ns / self->spec.packets, 1);
    guint64 offset_ns = MIN(self->made * step_ns + draw(self) % step_ns, window_ns);

    return self->spec.start_us * 1000 + (gint64)offset_ns;
}

bool
cfp_service_traffic_next(CfpServiceTraffic *self, const guint8 **bytes, gsize *length,
                         gint64 *time_ns)
{
    if (self->made == self->spec.packets || (!self->spec.has_ipv4 && !self->spec.has_ipv6))
        return false;
    if (g_queue_is_empty(&self->pending)) {
        bool is_ipv6 = !self->spec.has_ipv4 || (self->spec.has_ipv6 && draw_below(self, 10) == 0);
        if (is_ipv6)
            make_ipv6_event(self);
        else
            make_ipv4_event(self);
    }
    g_clear_pointer(&self->current, g_byte_array_unref);
    self->current = g_queue_pop_head(&self->pending);
    *time_ns = place_packet(self);
    self->made++;
    *bytes = self->current->data;
    *length = self->current->len;
    return true;
}
