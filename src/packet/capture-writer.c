/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/capture-writer.h"

#include "packet/capture-writer-private.h"

/* Bytes that were taken away before the rest is moved to the front. */
#define MOVE_THRESHOLD (64u * 1024u)

void
cfp_capture_writer_init(CfpCaptureWriter *self, const CfpCaptureWriterClass *klass)
{
    self->klass = klass;
    self->bytes = g_byte_array_new();
}

void
cfp_capture_writer_clear(CfpCaptureWriter *self)
{
    g_byte_array_unref(self->bytes);
}

void
cfp_capture_writer_put(CfpCaptureWriter *self, const void *data, size_t len)
{
    g_byte_array_append(self->bytes, data, (guint)len);
}

void
cfp_capture_writer_free(CfpCaptureWriter *self)
{
    if (self)
        self->klass->free(self);
}

void
cfp_capture_writer_section(CfpCaptureWriter *self, const CfpSection *section)
{
    self->klass->section(self, section);
}

gboolean
cfp_capture_writer_interface(CfpCaptureWriter *self, const CfpInterface *interface,
                             unsigned *ret_id, GError **error)
{
    return self->klass->interface(self, interface, ret_id, error);
}

gboolean
cfp_capture_writer_packet(CfpCaptureWriter *self, unsigned id, const CfpPacket *packet)
{
    return self->klass->packet(self, id, packet);
}

void
cfp_capture_writer_statistics(CfpCaptureWriter *self, unsigned id, const CfpStatistics *statistics)
{
    self->klass->statistics(self, id, statistics);
}

const uint8_t *
cfp_capture_writer_pending(const CfpCaptureWriter *self, size_t *ret_len)
{
    *ret_len = self->bytes->len - self->start;
    return *ret_len > 0 ? self->bytes->data + self->start : NULL;
}

void
cfp_capture_writer_consume(CfpCaptureWriter *self, size_t count)
{
    g_return_if_fail(count <= self->bytes->len - self->start);
    self->start += count;
    if (self->start == self->bytes->len) {
        g_byte_array_set_size(self->bytes, 0);
        self->start = 0;
    } else if (self->start >= MOVE_THRESHOLD && self->start >= self->bytes->len / 2) {
        /* No more is moved than was taken away, so that a byte is moved once on average. */
        g_byte_array_remove_range(self->bytes, 0, (guint)self->start);
        self->start = 0;
    }
}
