/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "support/asserts.h"
#include "support/child.h"
#include "support/fake-time.h"
#include "support/scratch.h"

/* ---- a reader in a thread ------------------------------------------------------------------- */

typedef struct {
    const char *path;
    size_t want; /* bytes until it closes; G_MAXSIZE: all */
    size_t piece;
    GByteArray *got;
    GThread *thread;
} Reader;

static void *
read_fifo(void *data)
{
    Reader *self = data;
    int fd = open(self->path, O_RDONLY);
    guint8 buffer[65536];

    while (fd >= 0 && self->got->len < self->want) {
        size_t len = MIN(MIN(self->piece, sizeof buffer), self->want - self->got->len);
        ssize_t n = read(fd, buffer, len);

        if (n <= 0)
            break;
        g_byte_array_append(self->got, buffer, (guint)n);
    }
    (void)close(fd);
    return NULL;
}

static void
start_reader(Reader *self, const char *path, size_t want, size_t piece)
{
    *self = (Reader){.path = path, .want = want, .piece = piece, .got = g_byte_array_new()};
    self->thread = g_thread_new("reader", read_fifo, self);
}

static void
end_reader(Reader *self)
{
    (void)g_thread_join(self->thread);
}

static char *
new_fifo(const CfpScratch *scratch)
{
    char *path = cfp_scratch_path(scratch, "fifo");

    ASSERT_TRUE(mkfifo(path, 0600) == 0);
    return path;
}

static CfpFifo *
open_it(CfpPump *pump, const char *path)
{
    g_autoptr(GError) error = NULL;
    CfpFifo *fifo = cfp_fifo_open(pump, path, &error);

    ASSERT_NO_ERROR(error);
    ASSERT_TRUE(fifo != NULL);
    return fifo;
}

static void
write_all(CfpFifo *fifo, const char *data, size_t len)
{
    g_autoptr(GError) error = NULL;
    size_t written = 4711;

    ASSERT_OK(cfp_fifo_write(fifo, (const uint8_t *)data, len, &written, &error), error);
    ASSERT_UINT(written, len);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void
test_file(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = cfp_scratch_write(&scratch, "old", "a longer text than the new", 0644);
    g_autofree char *fresh = cfp_scratch_path(&scratch, "fresh");
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autofree char *text = NULL;
    struct stat info;
    CfpFifo *fifo = open_it(pump, path);

    write_all(fifo, "one ", 4);
    write_all(fifo, "", 0);
    write_all(fifo, "two", 3);
    cfp_fifo_free(fifo);
    ASSERT_TRUE(g_file_get_contents(path, &text, NULL, NULL));
    ASSERT_STR(text, "one two");
    cfp_fifo_free(open_it(pump, fresh));
    ASSERT_TRUE(stat(fresh, &info) == 0);
    ASSERT_UINT(info.st_mode & 077, 0);
    cfp_fifo_free(NULL);
}

static void
test_can_not_open(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *below = g_build_filename(scratch.path, "no", "file", NULL);
    const char *const paths[] = {below, scratch.path, ""};
    g_autoptr(CfpPump) pump = cfp_pump_new();

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;

        ASSERT_TRUE(cfp_fifo_open(pump, paths[i], &error) == NULL);
        ASSERT_ERROR(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_OPEN);
        ASSERT_CONTAINS(error->message, paths[i]);
    }
}

static void
test_full_disk(void)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpFifo) fifo = NULL;
    g_autoptr(GError) error = NULL;
    size_t written = 4711;

    if (access("/dev/full", W_OK) != 0)
        return;
    fifo = open_it(pump, "/dev/full");
    ASSERT_FALSE(cfp_fifo_write(fifo, (const uint8_t *)"x", 1, &written, &error));
    ASSERT_ERROR(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_WRITE);
    ASSERT_CONTAINS(error->message, "/dev/full");
    ASSERT_UINT(written, 0);
}

static int
child_stdout(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    CfpFifo *fifo = cfp_fifo_open(pump, "-", NULL);
    size_t written;
    gboolean ok = fifo && cfp_fifo_write(fifo, (const uint8_t *)"packets", 7, &written, NULL);

    (void)data;
    cfp_fifo_free(fifo);
    /* It was a copy: standard output itself is still open. */
    return ok && write(STDOUT_FILENO, "!", 1) == 1 ? 0 : 90;
}

static void
test_stdout(void)
{
    g_autofree char *output = NULL;

    ASSERT_INT(cfp_child_run(child_stdout, NULL, &output), 0);
    ASSERT_STR(output, "packets!");
}

/* ---- FIFOs --------------------------------------------------------------------------------------
 */

static char *
noise(size_t len)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4711);
    char *data = g_malloc(len);

    for (size_t i = 0; i < len; i++)
        data[i] = (char)(g_rand_int(rand) & 0xff);
    return data;
}

/* Far more than a pipe holds, into a reader that takes little pieces: the writer waits many times.
 */
static void
test_back_pressure(void)
{
    static const size_t pieces[] = {1000, 4096, 65536};
    const size_t len = 700001;
    g_autofree char *data = noise(len);

    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_auto(CfpScratch) scratch = cfp_scratch_new();
        g_autofree char *path = new_fifo(&scratch);
        g_autoptr(CfpPump) pump = cfp_pump_new();
        CfpFifo *fifo;
        Reader reader;

        start_reader(&reader, path, G_MAXSIZE, pieces[i]);
        fifo = open_it(pump, path);
        for (size_t at = 0; at < len; at += MIN((size_t)256 * 1024, len - at))
            write_all(fifo, data + at, MIN((size_t)256 * 1024, len - at));
        cfp_fifo_free(fifo);
        end_reader(&reader);
        ASSERT_BYTES(reader.got->data, reader.got->len, data, len);
        g_byte_array_unref(reader.got);
    }
}

static void
test_reader_closes(void)
{
    const size_t len = 1000000;
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);
    g_autofree char *data = noise(len);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpFifo) fifo = NULL;
    g_autoptr(GError) error = NULL;
    size_t written = 0;
    Reader reader;

    start_reader(&reader, path, 100000, 5000);
    fifo = open_it(pump, path);
    ASSERT_FALSE(cfp_fifo_write(fifo, (const uint8_t *)data, len, &written, &error));
    end_reader(&reader);
    ASSERT_TRUE(g_error_matches(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_CLOSED) ||
                g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
    /* What was counted includes what was read. */
    ASSERT_TRUE(written >= 100000 && written < len);
    ASSERT_BYTES(reader.got->data, reader.got->len, data, 100000);
    ASSERT_TRUE(cfp_pump_stopped(pump) == CFP_STOP_READER_GONE);
    g_byte_array_unref(reader.got);
}

static void
test_reader_closed_before(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(CfpFifo) fifo = NULL;
    g_autoptr(GError) error = NULL;
    size_t written = 4711;
    Reader reader;

    start_reader(&reader, path, 1, 1);
    fifo = open_it(pump, path);
    write_all(fifo, "x", 1);
    end_reader(&reader);
    ASSERT_FALSE(cfp_fifo_write(fifo, (const uint8_t *)"y", 1, &written, &error));
    ASSERT_ERROR(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_CLOSED);
    ASSERT_UINT(written, 0);
    g_byte_array_unref(reader.got);
}

/* The same pump goes on without it. */
static void
test_freed_fifo_is_not_watched(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    Reader reader;

    start_reader(&reader, path, 1, 1);
    cfp_fifo_free(open_it(pump, path));
    end_reader(&reader);
    ASSERT_TRUE(cfp_pump_stopped(pump) == CFP_STOP_NONE);
    g_byte_array_unref(reader.got);
}

static void
test_nobody_reads(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    gint64 took_s, start = g_get_monotonic_time();

    cfp_fake_time_tick_ms(100);
    ASSERT_TRUE(cfp_fifo_open(pump, path, &error) == NULL);
    took_s = (g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    cfp_fake_time_reset();
    ASSERT_ERROR(error, CFP_FIFO_ERROR, CFP_FIFO_ERROR_OPEN);
    ASSERT_CONTAINS(error->message, "nobody reads it");
    ASSERT_TRUE(took_s >= CFP_FIFO_OPEN_TIMEOUT_S && took_s <= CFP_FIFO_OPEN_TIMEOUT_S + 2);
}

typedef struct {
    Reader reader;
    const char *path;
    unsigned waits;
} LateReader;

/* Waits for the pump; the third time the reader comes. */
static void
poll_and_start(struct pollfd *fds, unsigned n, int timeout_ms, void *data)
{
    LateReader *self = data;

    if (++self->waits == 3)
        start_reader(&self->reader, self->path, G_MAXSIZE, 100);
    (void)poll(fds, n, timeout_ms);
}

static void
test_late_reader(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    LateReader late = {.path = path};
    CfpFifo *fifo;

    cfp_pump_set_poller(pump, poll_and_start, &late);
    fifo = open_it(pump, path);
    ASSERT_TRUE(late.waits >= 3);
    write_all(fifo, "late", 4);
    cfp_fifo_free(fifo);
    end_reader(&late.reader);
    ASSERT_BYTES(late.reader.got->data, late.reader.got->len, "late", 4);
    g_byte_array_unref(late.reader.got);
}

static int
child_stopped_while_opening(void *data)
{
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;

    if (!cfp_pump_catch_signals(pump, NULL) || raise(SIGTERM) != 0)
        return 90;
    return !cfp_fifo_open(pump, data, &error) &&
                   g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
               ? 0
               : 91;
}

static void
test_stopped_while_opening(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);

    ASSERT_INT(cfp_child_run(child_stopped_while_opening, path, NULL), 0);
}

/* Stopped in the middle, with a reader that does not read: the count says what went out. */
static int
child_stopped_while_writing(void *data)
{
    const size_t len = 300000;
    g_autofree char *bytes = noise(len);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(CfpFifo) fifo = NULL;
    size_t written = 0;
    int holder;

    if (!cfp_pump_catch_signals(pump, NULL))
        return 90;
    /* Held open by us, so that it has a reader that does not read. */
    holder = open(data, O_RDONLY | O_NONBLOCK);
    fifo = cfp_fifo_open(pump, data, NULL);
    if (holder < 0 || !fifo || raise(SIGTERM) != 0)
        return 91;
    /* Nobody takes it: given up after the time for deliveries, with what fitted. */
    cfp_fake_time_tick_ms(100);
    if (cfp_fifo_write(fifo, (const uint8_t *)bytes, len, &written, &error) ||
        !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || written == 0 || written == len)
        return 92;
    return 0;
}

/* A stop does not cut off what is there, while somebody reads. */
static int
child_stopped_with_reader(void *data)
{
    const size_t len = 300000;
    g_autofree char *bytes = noise(len);
    g_autoptr(CfpPump) pump = cfp_pump_new();
    CfpFifo *fifo;
    size_t written = 0;
    gboolean same;
    int holder;
    Reader reader;

    if (!cfp_pump_catch_signals(pump, NULL))
        return 90;
    holder = open(data, O_RDONLY | O_NONBLOCK);
    fifo = cfp_fifo_open(pump, data, NULL);
    if (!fifo || raise(SIGTERM) != 0)
        return 91;
    start_reader(&reader, data, G_MAXSIZE, 10000);
    if (!cfp_fifo_write(fifo, (const uint8_t *)bytes, len, &written, NULL) || written != len)
        return 93;
    cfp_fifo_free(fifo);
    end_reader(&reader);
    (void)close(holder);
    same = reader.got->len == len && memcmp(reader.got->data, bytes, len) == 0;
    g_byte_array_unref(reader.got);
    return same ? 0 : 94;
}

static void
test_stopped_while_writing(void)
{
    g_auto(CfpScratch) scratch = cfp_scratch_new();
    g_autofree char *path = new_fifo(&scratch);

    ASSERT_INT(cfp_child_run(child_stopped_while_writing, path, NULL), 0);
    ASSERT_INT(cfp_child_run(child_stopped_with_reader, path, NULL), 0);
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"a file is written from its start, and private", test_file},
        {"what can't be opened is an error", test_can_not_open},
        {"a full disk is an error", test_full_disk},
        {"- is standard output, which stays open", test_stdout},
        {"a slow reader gets every byte once", test_back_pressure},
        {"a reader that closes ends the write", test_reader_closes},
        {"a reader that has closed takes nothing", test_reader_closed_before},
        {"a FIFO that is closed is not watched any more", test_freed_fifo_is_not_watched},
        {"a FIFO that nobody reads is given up", test_nobody_reads},
        {"a reader that comes late is waited for", test_late_reader},
        {"a stop ends the wait for a reader", test_stopped_while_opening},
        {"after a stop the rest is delivered, nothing lost or repeated",
         test_stopped_while_writing},
        {NULL, NULL},
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cfp_test_main(argc, argv, "fifo", cases);
}
