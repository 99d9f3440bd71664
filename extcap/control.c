/* SPDX-License-Identifier: GPL-2.0-or-later */
#define G_LOG_DOMAIN "control"

#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define MAX_PAYLOAD 4000u
#define NO_CONTROL 255u /* messages that belong to no control */

/* Wireshark highlights a status bar message for seconds: the same one again would only flicker. */
#define SAME_TEXT_AGAIN_US (5 * G_USEC_PER_SEC)

struct CfpControl {
    char *out;
    int in_fd;
    int out_fd; /* -1: not open yet */
    char *shown;
    gint64 shown_at_us;
};

GBytes *
cfp_control_encode(guint8 control, CfpControlCommand command, const char *payload)
{
    g_autofree char *text = cfp_text_one_line(payload, MAX_PAYLOAD);
    g_autoptr(GByteArray) message = g_byte_array_new();
    gsize len = strlen(text);
    guint32 length = (guint32)len + 2u;
    const guint8 header[] = {
        'T',     (guint8)(length >> 16), (guint8)(length >> 8 & 0xffu), (guint8)(length & 0xffu),
        control, (guint8)command,
    };

    g_byte_array_append(message, header, sizeof header);
    g_byte_array_append(message, (const guint8 *)text, (guint)len);
    return g_byte_array_free_to_bytes(g_steal_pointer(&message));
}

CfpControl *
cfp_control_open(const char *in, const char *out)
{
    CfpControl *self = g_new0(CfpControl, 1);

    self->in_fd = in ? open(in, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    self->out_fd = -1;
    self->out = g_strdup(out);
    return self;
}

void
cfp_control_free(CfpControl *self)
{
    if (!self)
        return;
    if (self->in_fd >= 0)
        (void)close(self->in_fd);
    if (self->out_fd >= 0)
        (void)close(self->out_fd);
    g_free(self->out);
    g_free(self->shown);
    g_free(self);
}

/* What Wireshark says is not needed yet; unread it would fill the pipe and block its window. */
static void
drain(CfpControl *self)
{
    char ignored[512];

    while (self->in_fd >= 0 && read(self->in_fd, ignored, sizeof ignored) > 0)
        ;
}

/* Wireshark may open its end later than we start: then this fails, and the next message tries
 * again. */
static gboolean
is_open(CfpControl *self)
{
    if (self->out_fd < 0 && self->out)
        self->out_fd = open(self->out, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return self->out_fd >= 0;
}

static void
send_message(CfpControl *self, guint control, CfpControlCommand command, const char *text)
{
    g_autoptr(GBytes) message = cfp_control_encode((guint8)control, command, text);
    gsize len;
    const void *data = g_bytes_get_data(message, &len);

    if (write(self->out_fd, data, len) < 0 && errno != EAGAIN)
        g_debug("not shown: %s", g_strerror(errno));
}

void
cfp_control_show(CfpControl *self, const char *text)
{
    gint64 now = g_get_monotonic_time();

    drain(self);
    if (!is_open(self) ||
        (g_strcmp0(text, self->shown) == 0 && now - self->shown_at_us < SAME_TEXT_AGAIN_US))
        return;
    g_free(self->shown);
    self->shown = g_strdup(text);
    self->shown_at_us = now;
    send_message(self, NO_CONTROL, CFP_CONTROL_STATUS_BAR, text);
    send_message(self, CFP_CONTROL_STATUS, CFP_CONTROL_SET, text);
}
