/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/asserts.h"
#include "support/fake-time.h"
#include "support/scratch.h"

static void
check_message(const uint8_t *data, size_t len, guint8 control, guint8 command, const char *payload)
{
    size_t payload_len = strlen(payload);

    ASSERT_TRUE(len >= 6 + payload_len);
    ASSERT_UINT(data[0], 'T');
    ASSERT_UINT((guint)data[1] << 16 | (guint)data[2] << 8 | data[3], payload_len + 2);
    ASSERT_UINT(data[4], control);
    ASSERT_UINT(data[5], command);
    ASSERT_BYTES(data + 6, payload_len, payload, payload_len);
}

static void
test_encode(void)
{
    static const char *const texts[] = {"", "a", "asking for the capture", "é€𝄞"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GBytes) message = cfp_control_encode(7, CFP_CONTROL_SET, texts[i]);
        gsize len;
        const uint8_t *data = g_bytes_get_data(message, &len);

        ASSERT_UINT(len, 6 + strlen(texts[i]));
        check_message(data, len, 7, 1, texts[i]);
    }
}

/* One write() of at most PIPE_BUF bytes is never split. */
static void
test_long_text(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GBytes) message = NULL;
    const uint8_t *data;
    gsize len;

    for (int i = 0; i < 5000; i++)
        g_string_append(text, "€");
    message = cfp_control_encode(255, CFP_CONTROL_STATUS_BAR, text->str);
    data = g_bytes_get_data(message, &len);
    ASSERT_TRUE(len <= 4096 && len > 3900);
    ASSERT_UINT((guint)data[1] << 16 | (guint)data[2] << 8 | data[3], len - 4);
    ASSERT_TRUE(g_utf8_validate((const char *)data + 6, (gssize)len - 6, NULL));
}

typedef struct {
    CfpScratch scratch;
    char *in, *out;
    int in_end, out_end; /* Wireshark's */
} Pipes;

static void
clear_pipes(Pipes *self)
{
    if (self->in_end >= 0)
        (void)close(self->in_end);
    if (self->out_end >= 0)
        (void)close(self->out_end);
    g_free(self->in);
    g_free(self->out);
    cfp_scratch_clear(&self->scratch);
    cfp_fake_time_reset();
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pipes, clear_pipes)

static Pipes
new_pipes(void)
{
    Pipes self = {.scratch = cfp_scratch_new(), .in_end = -1, .out_end = -1};

    cfp_fake_time_reset();
    self.in = cfp_scratch_path(&self.scratch, "in");
    self.out = cfp_scratch_path(&self.scratch, "out");
    ASSERT_TRUE(mkfifo(self.in, 0600) == 0 && mkfifo(self.out, 0600) == 0);
    return self;
}

/* What has arrived. Returns: how many bytes. */
static size_t
receive(const Pipes *self, uint8_t *buffer, size_t size)
{
    ssize_t n = read(self->out_end, buffer, size);

    return n > 0 ? (size_t)n : 0;
}

static void
test_show(void)
{
    g_auto(Pipes) p = new_pipes();
    g_autoptr(CfpControl) control = cfp_control_open(p.in, p.out);
    uint8_t buffer[1000];
    size_t len;

    p.out_end = open(p.out, O_RDONLY | O_NONBLOCK);
    cfp_control_show(control, "capturing");
    len = receive(&p, buffer, sizeof buffer);
    ASSERT_UINT(len, 2 * (6 + strlen("capturing")));
    check_message(buffer, len, 255, CFP_CONTROL_STATUS_BAR, "capturing");
    check_message(buffer + len / 2, len / 2, CFP_CONTROL_STATUS, CFP_CONTROL_SET, "capturing");
}

static void
test_not_repeated(void)
{
    g_auto(Pipes) p = new_pipes();
    g_autoptr(CfpControl) control = cfp_control_open(NULL, p.out);
    uint8_t buffer[1000];

    p.out_end = open(p.out, O_RDONLY | O_NONBLOCK);
    cfp_control_show(control, "one");
    ASSERT_TRUE(receive(&p, buffer, sizeof buffer) > 0);
    cfp_control_show(control, "one");
    ASSERT_UINT(receive(&p, buffer, sizeof buffer), 0);
    cfp_control_show(control, "two");
    ASSERT_TRUE(receive(&p, buffer, sizeof buffer) > 0);
    cfp_fake_time_advance_ms(60000);
    cfp_control_show(control, "two");
    ASSERT_TRUE(receive(&p, buffer, sizeof buffer) > 0);
}

/* Wireshark may open its end after us. */
static void
test_late_reader(void)
{
    g_auto(Pipes) p = new_pipes();
    g_autoptr(CfpControl) control = cfp_control_open(p.in, p.out);
    uint8_t buffer[1000];

    cfp_control_show(control, "too early");
    p.out_end = open(p.out, O_RDONLY | O_NONBLOCK);
    cfp_control_show(control, "in time");
    ASSERT_UINT(receive(&p, buffer, sizeof buffer), 2 * (6 + strlen("in time")));
}

/* A reader that does not read, and one that has gone, cost messages and nothing else. */
static void
test_never_waits(void)
{
    g_auto(Pipes) p = new_pipes();
    g_autoptr(CfpControl) control = cfp_control_open(p.in, p.out);
    g_autofree char *text = g_strnfill(3000, 'x');

    p.out_end = open(p.out, O_RDONLY | O_NONBLOCK);
    for (int i = 0; i < 100; i++) {
        text[0] = (char)('a' + i % 26);
        cfp_control_show(control, text);
    }
    (void)close(p.out_end);
    p.out_end = -1;
    cfp_control_show(control, "nobody reads");
    CU_PASS("it came back");
}

/* Unread, what Wireshark says would fill the pipe and block its window. */
static void
test_input_is_drained(void)
{
    g_auto(Pipes) p = new_pipes();
    g_autoptr(CfpControl) control = cfp_control_open(p.in, p.out);
    g_autofree char *much = g_strnfill(50000, 'x');

    p.in_end = open(p.in, O_WRONLY | O_NONBLOCK);
    ASSERT_TRUE(p.in_end >= 0);
    for (int i = 0; i < 5; i++) {
        ASSERT_TRUE(write(p.in_end, much, 50000) == 50000);
        cfp_control_show(control, "x");
    }
}

static void
test_without_pipes(void)
{
    g_autoptr(CfpControl) none = cfp_control_open(NULL, NULL);
    g_autoptr(CfpControl) missing = cfp_control_open("/no/such/in", "/no/such/out");

    cfp_control_show(none, "x");
    cfp_control_show(missing, "x");
    cfp_control_free(NULL);
    CU_PASS("nothing is shown");
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a message has its length, control, command and text", test_encode},
        {"a long text is cut so that one write is whole", test_long_text},
        {"a line is shown in the status bar and in the toolbar", test_show},
        {"the same line is not repeated at once", test_not_repeated},
        {"a reader may come late", test_late_reader},
        {"nobody who does not read is waited for", test_never_waits},
        {"what Wireshark says is drained", test_input_is_drained},
        {"without pipes nothing is shown", test_without_pipes},
        {NULL, NULL},
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cfp_test_main(argc, argv, "control", cases);
}
