/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buffer.h"

#include "support/cunit-runner.h"

static void
check_content(const CfpBuffer *buffer, const char *expected)
{
    size_t len = 4711;
    const uint8_t *data = cfp_buffer_peek(buffer, &len);

    ASSERT_UINT(cfp_buffer_len(buffer), strlen(expected));
    ASSERT_BYTES(data, len, expected, strlen(expected));
}

static void
test_order(void)
{
    g_autoptr(CfpBuffer) buffer = cfp_buffer_new(100);

    check_content(buffer, "");
    ASSERT_TRUE(cfp_buffer_append(buffer, "abc", 3));
    ASSERT_TRUE(cfp_buffer_append(buffer, "def", 3));
    check_content(buffer, "abcdef");
    cfp_buffer_consume(buffer, 4);
    check_content(buffer, "ef");
    ASSERT_TRUE(cfp_buffer_append(buffer, "gh", 2));
    check_content(buffer, "efgh");
    cfp_buffer_consume(buffer, 4);
    check_content(buffer, "");
}

static void
test_capacity(void)
{
    g_autoptr(CfpBuffer) buffer = cfp_buffer_new(8);

    ASSERT_UINT(cfp_buffer_room(buffer), 8);
    ASSERT_TRUE(cfp_buffer_append(buffer, "01234", 5));
    ASSERT_UINT(cfp_buffer_room(buffer), 3);
    ASSERT_FALSE(cfp_buffer_append(buffer, "5678", 4));
    check_content(buffer, "01234");
    ASSERT_TRUE(cfp_buffer_append(buffer, "567", 3));
    ASSERT_UINT(cfp_buffer_room(buffer), 0);
    ASSERT_FALSE(cfp_buffer_append(buffer, "8", 1));
    cfp_buffer_consume(buffer, 1);
    ASSERT_TRUE(cfp_buffer_append(buffer, "8", 1));
    check_content(buffer, "12345678");
}

static void
test_nothing(void)
{
    g_autoptr(CfpBuffer) buffer = cfp_buffer_new(0);

    ASSERT_TRUE(cfp_buffer_append(buffer, "", 0));
    ASSERT_FALSE(cfp_buffer_append(buffer, "a", 1));
    cfp_buffer_consume(buffer, 0);
    check_content(buffer, "");
    cfp_buffer_free(NULL);
}

static void
test_growth(void)
{
    const size_t piece = 1000, capacity = 3 * 1024 * 1024 + 7;
    g_autoptr(CfpBuffer) buffer = cfp_buffer_new(capacity);
    g_autofree uint8_t *data = g_malloc(piece);
    const uint8_t *all;
    size_t pieces = 0, len;

    for (; cfp_buffer_room(buffer) >= piece; pieces++) {
        memset(data, (int)(pieces & 0xff), piece);
        ASSERT_TRUE(cfp_buffer_append(buffer, data, piece));
    }
    ASSERT_FALSE(cfp_buffer_append(buffer, data, piece));
    ASSERT_UINT(pieces, capacity / piece);
    all = cfp_buffer_peek(buffer, &len);
    ASSERT_UINT(len, pieces * piece);
    for (size_t i = 0; i < len; i++)
        if (all[i] != ((i / piece) & 0xff))
            CU_FAIL_FATAL("a byte was lost when memory grew");
}

/* The same calls on a GByteArray, which has no capacity and no start. */
static void
test_model(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261121);
    const size_t capacity = 200000;
    g_autoptr(CfpBuffer) buffer = cfp_buffer_new(capacity);
    g_autoptr(GByteArray) model = g_byte_array_new();
    g_autofree uint8_t *noise = g_malloc(70000);

    for (int i = 0; i < 70000; i++)
        noise[i] = (uint8_t)g_rand_int(rand);
    for (int step = 0; step < 5000; step++) {
        size_t limit = g_rand_boolean(rand) ? 70000 : 700;
        size_t count = (size_t)g_rand_int_range(rand, 0, (gint32)limit);
        const uint8_t *data;
        size_t len;

        if (g_rand_boolean(rand)) {
            gboolean fits = model->len + count <= capacity;

            ASSERT_TRUE(cfp_buffer_append(buffer, noise, count) == fits);
            if (fits)
                g_byte_array_append(model, noise, (guint)count);
        } else {
            count = MIN(count, model->len);
            cfp_buffer_consume(buffer, count);
            if (count > 0)
                g_byte_array_remove_range(model, 0, (guint)count);
        }
        data = cfp_buffer_peek(buffer, &len);
        ASSERT_BYTES(data, len, model->data, model->len);
        ASSERT_UINT(cfp_buffer_room(buffer), capacity - model->len);
    }
}

int
main(int argc, char **argv)
{
    static const CfpTestCase cases[] = {
        {"bytes come out in the order they went in", test_order},
        {"what would exceed the capacity is refused whole", test_capacity},
        {"nothing can be appended to nothing", test_nothing},
        {"memory grows up to the capacity and keeps every byte", test_growth},
        {"any sequence of calls gives what a GByteArray gives", test_model},
        {NULL, NULL},
    };

    return cfp_test_main(argc, argv, "buffer", cases);
}
