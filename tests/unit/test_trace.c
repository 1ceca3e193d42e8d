/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/image/trace.c */
/* BuildKit's words, as an engine (26.1) sent them, and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/image/trace.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static struct buf told;

static void on_step(void *data, const char *name, size_t length, bool cached)
{
    (void)data;
    assert_int_equal(
        buf_printf(&told, "step%s %.*s\n", cached ? " cached" : "", (int)length, name), 0);
}

static void on_log(void *data, const char *bytes, size_t length)
{
    (void)data;
    assert_int_equal(buf_printf(&told, "log %.*s\n", (int)length, bytes), 0);
}

static const struct trace_events events = {.step = on_step, .log = on_log};

static void assert_told(const char *base64, int result, const char *expected)
{
    told = (struct buf)BUF_INIT(1 << 16);
    assert_int_equal(buf_puts(&told, ""), 0);
    int got = trace_read(base64, &events);
    if (got != result || strcmp(told.data ? told.data : "", expected) != 0)
        fail_msg("%s: %d\n%s", base64, got, told.data);
    buf_free(&told);
}

static void steps_and_what_they_write(void **state)
{
    (void)state;
    /* printf '\x0a\x0e\x1a\x08[1/2] RU*\x02\x08\x01' | base64 and so on, by hand:
     * a vertex with a name and `started`, */
    assert_told("Cg4aCFsxLzJdIFJVKgIIAQ==", 0, "step [1/2] RU\n");
    /* the same with `completed`: it has ended, */
    assert_told("ChIaCFsxLzJdIFJVKgIIATICCAE=", 0, "");
    /* and cached; */
    assert_told("ChQaCFsxLzJdIFJVIAEqAggBMgIIAQ==", 0, "step cached [1/2] RU\n");
    /* a log, as the engine sent it for `RUN echo hi`. */
    assert_told("Gl4KR3NoYTI1NjoyNWJmMGMxNDI3Y2M0OGViMDRiNmJiYWYwZGE5ZmJjMmQ5NmQ5ZGIxYzcx"
                "NjcwZjA0MDM2OTkxNWVlZTkwZTI5EgwIyZaN2AYQ/KKEgAIYASIDaGkK",
                0, "log hi\n\n");
    assert_told("", 0, "");
}

static void what_is_cut_off_or_no_such_thing(void **state)
{
    static const char *const bad[] = {
        "C",                /* no whole group */
        "Cg4=Cg4=",         /* padding in the middle */
        "!!!!",             /* no letter of the alphabet */
        "Cg4aCFsxLzI=",     /* shorter than it says */
        "Cg==",             /* a key without its value */
        "////////////////", /* a varint without end */
        "Dw==",             /* a kind of field that there is not */
    };
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++)
        assert_told(bad[i], -1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_and_what_they_write),
        cmocka_unit_test(what_is_cut_off_or_no_such_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
