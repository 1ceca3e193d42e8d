/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/gate_frame.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/gate_frame.h"

static const struct gate_frame full = {.kind = GATE_CONNECTION,
                                       .mode = NETWORK_API,
                                       .via = VIA_HTTP,
                                       .port = 65535,
                                       .up = UINT64_MAX,
                                       .down = 1,
                                       .age = 1ULL << 40,
                                       .tag = 0xfedcba98,
                                       .name = "a-b_c.example:1",
                                       .text = "why not? ~"};

static void a_frame_comes_back_as_it_went(void **state)
{
    uint8_t bytes[GATE_FRAME_MAX];
    struct gate_frame back;
    (void)state;
    size_t length = gate_frame_print(&full, bytes);
    assert_int_equal(gate_frame_parse(bytes, length, &back), 0);
    assert_int_equal(back.kind, full.kind);
    assert_int_equal(back.mode, full.mode);
    assert_int_equal(back.via, full.via);
    assert_int_equal(back.port, full.port);
    assert_true(back.up == full.up && back.down == full.down && back.age == full.age);
    assert_int_equal(back.tag, full.tag);
    assert_string_equal(back.name, full.name);
    assert_string_equal(back.text, full.text);
}

static void a_pattern_is_a_name(void **state)
{
    uint8_t bytes[GATE_FRAME_MAX];
    struct gate_frame frame = {.kind = GATE_ALLOW, .name = "*.[2001:db8::/32]:443"}, back;
    (void)state;
    size_t length = gate_frame_print(&frame, bytes);
    assert_int_equal(gate_frame_parse(bytes, length, &back), 0);
    assert_string_equal(back.name, frame.name);
}

static void the_longest_name_fits(void **state)
{
    uint8_t bytes[GATE_FRAME_MAX];
    struct gate_frame frame = {.kind = GATE_REFUSED}, back;
    (void)state;
    memset(frame.name, 'a', sizeof frame.name - 1);
    memset(frame.text, ' ', sizeof frame.text - 1);
    size_t length = gate_frame_print(&frame, bytes);
    assert_true(length <= GATE_FRAME_MAX);
    assert_int_equal(gate_frame_parse(bytes, length, &back), 0);
    assert_string_equal(back.name, frame.name);
    assert_string_equal(back.text, frame.text);
}

static void whatever_else_is_refused(void **state)
{
    uint8_t bytes[GATE_FRAME_MAX + 1], changed[GATE_FRAME_MAX + 1];
    struct gate_frame back;
    (void)state;
    memset(bytes, 'a', sizeof bytes);
    size_t length = gate_frame_print(&full, bytes);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(gate_frame_parse(bytes, cut, &back), -1);
    assert_int_equal(gate_frame_parse(bytes, length + 1, &back), -1);
    /* kind, mode, via; then bytes that a log must not see within the name */
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {{0, 0},     {0, GATE_FRAME_KINDS},
               {0, 255},   {1, NETWORK_SEALED + 1},
               {2, VIAS},  {3, 201},
               {3, 9},     {4, 14},
               {5, 1},     {36, 0},
               {36, '\n'}, {36, 27},
               {37, ' '},  {37, 0x80},
               {37, 'A'},  {51, '\n'},
               {51, 0},    {52, 0x80}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(changed, bytes, sizeof changed);
        changed[bad[i].at] = bad[i].value;
        if (gate_frame_parse(changed, length, &back) != -1)
            fail_msg("byte %zu may be %u", bad[i].at, bad[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_back_as_it_went),
        cmocka_unit_test(a_pattern_is_a_name),
        cmocka_unit_test(the_longest_name_fits),
        cmocka_unit_test(whatever_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
