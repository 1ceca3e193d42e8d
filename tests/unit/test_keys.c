/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/keys.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/terminal/keys.h"
#include "shared/cleanup.h"

/* Types the text; what was passed on goes to out. True if it detached. */
static bool type(struct keys *keys, const char *text, char out[64])
{
    size_t length = 0;
    for (; *text; text++) {
        bool detach;
        length += keys_type(keys, *text, out + length, &detach);
        out[length] = '\0';
        if (detach)
            return true;
    }
    out[length] = '\0';
    return false;
}

static void parses_docker_s_form(void **state)
{
    static const struct {
        const char *text, *sequence;
        size_t length;
    } good[] = {
        {NULL, "\x10\x11", 2},
        {"ctrl-p,ctrl-q", "\x10\x11", 2},
        {"a", "a", 1},
        {"ctrl-a,x", "\1x", 2},
        {"ctrl-A", "\1", 1},
        {"ctrl-@", "\0", 1},
        {"ctrl-[", "\x1b", 1},
        {"ctrl-]", "\x1d", 1},
        {"ctrl-^", "\x1e", 1},
        {"ctrl-_", "\x1f", 1},
        {"ctrl-\\,q", "\x1cq", 2},
    };
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        struct keys keys;
        assert_int_equal(keys_parse(good[i].text, &keys), 0);
        assert_int_equal(keys.length, good[i].length);
        assert_memory_equal(keys.sequence, good[i].sequence, good[i].length);
    }
}

static void refuses_other_forms(void **state)
{
    static const char *const bad[] = {"",
                                      ",",
                                      "ctrl-",
                                      "ctrl-pp",
                                      "ctrl-1",
                                      "a,",
                                      ",a",
                                      "shift-a",
                                      "ctrl-{",
                                      "ctrl p",
                                      "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"};
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct keys keys;
        assert_int_equal(keys_parse(bad[i], &keys), -1);
    }
}

static void the_sequence_detaches_and_is_not_passed_on(void **state)
{
    struct keys keys;
    char out[64];
    (void)state;
    assert_int_equal(keys_parse(NULL, &keys), 0);
    assert_true(type(&keys, "ls\n\x10\x11", out));
    assert_string_equal(out, "ls\n");
}

static void a_beginning_is_held_back_and_then_passed_whole(void **state)
{
    struct keys keys;
    char out[64];
    (void)state;
    assert_int_equal(keys_parse(NULL, &keys), 0);
    assert_false(type(&keys, "\x10", out));
    assert_string_equal(out, "");
    assert_false(type(&keys, "x", out));
    assert_string_equal(out, "\x10x");
    /* Twice the first key is that key, and a beginning again. */
    assert_false(type(&keys, "\x10\x10", out));
    assert_string_equal(out, "\x10");
    assert_true(type(&keys, "\x11", out));
}

static void overlaps_are_found(void **state)
{
    struct keys keys;
    char out[64];
    (void)state;
    assert_int_equal(keys_parse("a,b,a,c", &keys), 0);
    assert_true(type(&keys, "ababac", out));
    assert_string_equal(out, "ab");
    assert_int_equal(keys_parse("a,a,b", &keys), 0);
    assert_true(type(&keys, "aaaab", out));
    assert_string_equal(out, "aa");
}

static void what_is_held_back_can_be_released(void **state)
{
    struct keys keys;
    char out[64];
    (void)state;
    assert_int_equal(keys_parse("a,b,c", &keys), 0);
    assert_false(type(&keys, "ab", out));
    assert_int_equal(keys_release(&keys, out), 2);
    assert_memory_equal(out, "ab", 2);
    assert_int_equal(keys_release(&keys, out), 0);
    assert_false(type(&keys, "c", out));
    assert_string_equal(out, "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_docker_s_form),
        cmocka_unit_test(refuses_other_forms),
        cmocka_unit_test(the_sequence_detaches_and_is_not_passed_on),
        cmocka_unit_test(a_beginning_is_held_back_and_then_passed_whole),
        cmocka_unit_test(overlaps_are_found),
        cmocka_unit_test(what_is_held_back_can_be_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
