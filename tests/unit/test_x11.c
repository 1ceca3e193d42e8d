/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/x11.c plugin/session/xauthority.c */
/* Which display is meant, and the one cookie that a box gets for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/session/x11.h"
#include "plugin/session/xauthority.h"
#include "shared/buf.h"

static void displays_of_this_machine(void **state)
{
    (void)state;
    static const struct {
        const char *display;
        unsigned number, screen;
    } good[] = {{":0", 0, 0}, {":0.0", 0, 0}, {"unix:1", 1, 0}, {":12.3", 12, 3}};
    static const struct {
        const char *display, *why;
    } bad[] = {
        {"", "such as :0"},
        {"0", "such as :0"},
        {":", "such as :0"},
        {":x", "such as :0"},
        {":0.", "such as :0"},
        {":0.x", "such as :0"},
        {":-1", "such as :0"},
        {":0/../../etc", "such as :0"},
        {":99999", "such as :0"},
        {":00000000000000000000", "such as :0"},
        {"localhost:10.0", "over the network"},
        {"desk:0", "over the network"},
        {"[::1]:0", "over the network"},
    };
    unsigned number, screen;
    const char *why;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(x11_parse(good[i].display, &number, &screen, &why), 0);
        assert_int_equal(number, good[i].number);
        assert_int_equal(screen, good[i].screen);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(x11_parse(bad[i].display, &number, &screen, &why), -1);
        if (!strstr(why, bad[i].why))
            fail_msg("'%s': %s", bad[i].display, why);
    }
}

/* An entry, in bytes that have no NUL of their own to end a C string early. */
#define ENTRY(family, address, number, name, data) family address number name data
#define MAGIC                                      "\0\x12MIT-MAGIC-COOKIE-1"
#define OTHER                                      "\0\x13XDM-AUTHORIZATION-1"
#define DESK                                                                                   \
    "\0\x04"                                                                                   \
    "desk"
#define LOCAL    "\x01\0"
#define WILD     "\xff\xff"
#define INTERNET "\0\0"

/* What is picked for display 1 of the host "desk" must be this; NULL: nothing is. */
static void assert_picked(const char *file, size_t length, const char *data)
{
    cleanup_buf struct buf out = BUF_INIT(4096), wanted = BUF_INIT(4096);
    int found = xauthority_pick(file, length, "desk", 1, &out);
    assert_int_equal(found, data != NULL);
    if (!data)
        return;
    static const char head[] = WILD "\0\0"
                                    "\0\x01"
                                    "1" MAGIC "\0\x04";
    assert_int_equal(buf_append(&wanted, head, sizeof head - 1), 0);
    assert_int_equal(buf_puts(&wanted, data), 0);
    assert_int_equal(out.length, wanted.length);
    assert_memory_equal(out.data, wanted.data, wanted.length);
}
#define assert_pick(file, data) assert_picked(file, sizeof(file) - 1, data)

static void one_cookie_is_picked_and_no_other(void **state)
{
    (void)state;
    assert_pick("", NULL);
    assert_pick(ENTRY(LOCAL, DESK,
                      "\0\x01"
                      "1",
                      MAGIC,
                      "\0\x04"
                      "1111"),
                "1111");
    assert_pick(ENTRY(LOCAL, DESK,
                      "\0\x01"
                      "0",
                      MAGIC,
                      "\0\x04"
                      "0000") ENTRY(LOCAL,
                                    "\0\x05"
                                    "other",
                                    "\0\x01"
                                    "1",
                                    MAGIC,
                                    "\0\x04"
                                    "oooo") ENTRY(INTERNET,
                                                  "\0\x04"
                                                  "\x7f\0\0\x01",
                                                  "\0\x01"
                                                  "1",
                                                  MAGIC,
                                                  "\0\x04"
                                                  "iiii") ENTRY(LOCAL, DESK,
                                                                "\0\x01"
                                                                "1",
                                                                OTHER,
                                                                "\0\x04"
                                                                "xxxx") ENTRY(LOCAL, DESK,
                                                                              "\0\x01"
                                                                              "1",
                                                                              MAGIC, "\0\0")
                    ENTRY(LOCAL, DESK,
                          "\0\x02"
                          "11",
                          MAGIC,
                          "\0\x04"
                          "eeee") ENTRY(LOCAL, DESK,
                                        "\0\x01"
                                        "1",
                                        MAGIC,
                                        "\0\x04"
                                        "1111") ENTRY(WILD, "\0\0",
                                                      "\0\x01"
                                                      "1",
                                                      MAGIC,
                                                      "\0\x04"
                                                      "last"),
                "1111");
    assert_pick(ENTRY(WILD, "\0\0", "\0\0", MAGIC,
                      "\0\x04"
                      "wild"),
                "wild");
    assert_pick(ENTRY(LOCAL,
                      "\0\x05"
                      "other",
                      "\0\0", MAGIC,
                      "\0\x04"
                      "oooo"),
                NULL);
}

static void a_damaged_file_has_no_cookie(void **state)
{
    (void)state;
    static const char whole[] = ENTRY(LOCAL, DESK,
                                      "\0\x01"
                                      "1",
                                      MAGIC,
                                      "\0\x04"
                                      "1111");
    for (size_t length = 0; length < sizeof whole - 1; length++)
        assert_picked(whole, length, NULL);
    assert_pick("\x01\0\xff\xff"
                "desk",
                NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displays_of_this_machine),
        cmocka_unit_test(one_cookie_is_picked_and_no_other),
        cmocka_unit_test(a_damaged_file_has_no_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
