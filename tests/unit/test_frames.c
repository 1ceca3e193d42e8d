/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/frames.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/engine/frames.h"
#include "shared/cleanup.h"

/* Feeds the bytes in pieces of `step`; what comes out on each stream. 1 if the stream may end
 * there, 0 if not, -1 for what is no stream. */
static int demultiplex(const char *bytes, size_t length, size_t step, char out[4][64])
{
    struct frames frames = {.have = 0};
    memset(out, 0, 4 * sizeof *out);
    for (size_t at = 0; at < length; at += step) {
        const char *piece = bytes + at;
        size_t left = length - at < step ? length - at : step;
        struct frame_piece got;
        int more;
        while ((more = frames_next(&frames, &piece, &left, &got)) > 0)
            strncat(out[got.stream], got.bytes, got.length);
        if (more < 0)
            return -1;
        assert_int_equal(left, 0);
    }
    return frames_complete(&frames);
}

#define FRAME(stream, length) stream "\0\0\0\0\0\0" length

static const char two[] = FRAME("\1", "\5") "hello" FRAME("\2", "\3") "err" FRAME("\1", "\0");

static void whole_and_in_any_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step < sizeof two; step++) {
        char out[4][64];
        assert_int_equal(demultiplex(two, sizeof two - 1, step, out), 1);
        assert_string_equal(out[FRAME_STDOUT], "hello");
        assert_string_equal(out[FRAME_STDERR], "err");
        assert_string_equal(out[FRAME_STDIN], "");
    }
}

static void an_end_inside_a_frame_is_seen(void **state)
{
    char out[4][64];
    (void)state;
    for (size_t cut = 1; cut < 13; cut++)
        assert_int_equal(demultiplex(two, cut, sizeof two, out), 0);
    assert_int_equal(demultiplex(two, 13, sizeof two, out), 1);
}

static void refuses_what_is_no_frame(void **state)
{
    static const char *const bad[] = {
        "\4\0\0\0\0\0\0\1x",
        "\1\1\0\0\0\0\0\1x",
        "\1\0\0\1\0\0\0\1x",
        "HTTP/1.1 404",
    };
    char out[4][64];
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++)
        assert_int_equal(demultiplex(bad[i], 9, 9, out), -1);
}

static void lengths_are_big_endian_and_unsigned(void **state)
{
    struct frames frames = {.have = 0};
    struct frame_piece piece;
    const char *bytes = "\1\0\0\0\xff\xfe\xfd\xfcx";
    size_t length = 9;
    (void)state;
    assert_int_equal(frames_next(&frames, &bytes, &length, &piece), 1);
    assert_int_equal(piece.length, 1);
    assert_int_equal(frames.left, 0xfffefdfbU);
    assert_int_equal(frames_next(&frames, &bytes, &length, &piece), 0);
}

static void empty_frames_say_nothing(void **state)
{
    static const char empty[] = FRAME("\1", "\0") FRAME("\2", "\0") FRAME("\1", "\1") "x";
    char out[4][64];
    (void)state;
    assert_int_equal(demultiplex(empty, sizeof empty - 1, 3, out), 1);
    assert_string_equal(out[FRAME_STDOUT], "x");
    assert_string_equal(out[FRAME_STDERR], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_and_in_any_pieces),
        cmocka_unit_test(an_end_inside_a_frame_is_seen),
        cmocka_unit_test(refuses_what_is_no_frame),
        cmocka_unit_test(lengths_are_big_endian_and_unsigned),
        cmocka_unit_test(empty_frames_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
