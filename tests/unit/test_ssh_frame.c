/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/frame.c init/ssh/wire.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/ssh/frame.h"

/* Of a literal, its final NUL left out. */
#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

#define BIND_NAME  "\0\0\0\x18session-bind@openssh.com"
#define QUERY_NAME "\0\0\0\5query"

static enum request_kind kind_of(struct bytes frame)
{
    struct request request;
    frame_request(frame, &request);
    return request.kind;
}

static void a_frame_has_the_size_that_it_says(void **state)
{
    (void)state;
    const struct {
        struct bytes bytes;
        size_t size;
    } cases[] = {
        {BYTES(""), 4},
        {BYTES("\0\0\0"), 4},
        {BYTES("\0\0\0\1"), 5},
        {BYTES("\0\0\0\1\x0b"), 5},
        {BYTES("\0\0\1\2\x0b"), 262},
        {BYTES("\0\4\0\0\x0b"), FRAME_WHOLE_MAX},
        {BYTES("\0\0\0\0"), 0},         /* nothing in it */
        {BYTES("\0\4\0\1"), 0},         /* one byte too many */
        {BYTES("\xff\xff\xff\xff"), 0}, /* 4 GiB */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(frame_size(cases[i].bytes.data, cases[i].bytes.length), cases[i].size);
}

static void four_requests_pass(void **state)
{
    (void)state;
    struct request request;
    assert_int_equal(kind_of(BYTES("\x0b")), REQUEST_LIST);
    frame_request(BYTES("\x0d\0\0\0\3key\0\0\0\4data\0\0\0\4"), &request);
    assert_int_equal(request.kind, REQUEST_SIGN);
    assert_true(bytes_are(request.key, "key"));
    assert_true(bytes_are(request.data, "data"));
    frame_request(BYTES("\x1b" BIND_NAME "\0\0\0\4host\0\0\0\7session\0\0\0\3sig\1"), &request);
    assert_int_equal(request.kind, REQUEST_BIND);
    assert_true(bytes_are(request.host_key, "host"));
    assert_true(bytes_are(request.session, "session"));
    assert_true(request.forwarding);
    frame_request(BYTES("\x1b" BIND_NAME "\0\0\0\4host\0\0\0\7session\0\0\0\3sig\0"), &request);
    assert_int_equal(request.kind, REQUEST_BIND);
    assert_false(request.forwarding);
    assert_int_equal(kind_of(BYTES("\x1b" QUERY_NAME)), REQUEST_QUERY);
}

/* Every type there is, RFC 9987: adding, removing, locking, smartcards, answers, the unknown;
 * with nothing behind it and with what would be right behind another. */
static void no_other_type_passes(void **state)
{
    (void)state;
    uint8_t list[] = {0}, sign[] = "?\0\0\0\3key\0\0\0\4data\0\0\0",
            query[] = {0, 0, 0, 0, 5, 'q', 'u', 'e', 'r', 'y'};
    for (unsigned type = 0; type < 256; type++) {
        list[0] = sign[0] = query[0] = (uint8_t)type;
        assert_int_equal(kind_of((struct bytes){list, sizeof list}) != REQUEST_REFUSED,
                         type == AGENT_REQUEST_IDENTITIES);
        assert_int_equal(kind_of((struct bytes){sign, sizeof sign}) != REQUEST_REFUSED,
                         type == AGENT_SIGN_REQUEST);
        assert_int_equal(kind_of((struct bytes){query, sizeof query}) != REQUEST_REFUSED,
                         type == AGENT_EXTENSION);
    }
}

static void a_request_is_exactly_of_its_form(void **state)
{
    (void)state;
    const struct bytes refused[] = {
        BYTES(""),
        BYTES("\x0b\0"),
        BYTES("\x0d"),
        BYTES("\x0d\0\0\0\3key"),
        BYTES("\x0d\0\0\0\3key\0\0\0\4data"),
        BYTES("\x0d\0\0\0\3key\0\0\0\4data\0\0\0"),
        BYTES("\x0d\0\0\0\3key\0\0\0\4data\0\0\0\0\0"),
        BYTES("\x0d\xff\xff\xff\xffkey\0\0\0\4data\0\0\0\0"),
        BYTES("\x0d\0\0\0\3key\x7f\xff\xff\xff"
              "data\0\0\0\0"),
        BYTES("\x1b"),
        BYTES("\x1b\0\0\0\6query"),
        BYTES("\x1b" QUERY_NAME "\0"),
        BYTES("\x1b\0\0\0\6query\0"),
        BYTES("\x1b" BIND_NAME),
        BYTES("\x1b" BIND_NAME "\0\0\0\4host\0\0\0\7session\0\0\0\3sig"),
        BYTES("\x1b" BIND_NAME "\0\0\0\4host\0\0\0\7session\0\0\0\3sig\0\0"),
        BYTES("\x1b\0\0\0\x18session-bind@openssh.org\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        BYTES("\x1b\0\0\0\x27restrict-destination-v00@openssh.com\0\0\0"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct request request;
        frame_request(refused[i], &request);
        if (request.kind != REQUEST_REFUSED)
            fail_msg("case %zu passes", i);
        assert_null(request.key.data);
        assert_null(request.host_key.data);
    }
}

static void an_answer_is_one_to_what_was_asked(void **state)
{
    (void)state;
    enum {
        L = 1 << REQUEST_LIST,
        S = 1 << REQUEST_SIGN,
        B = 1 << REQUEST_BIND,
        Q = 1 << REQUEST_QUERY
    };
    const struct {
        struct bytes frame;
        int asked; /* which requests it answers */
    } cases[] = {
        {BYTES("\5"), L | S | B | Q},
        {BYTES("\5\0"), 0},
        {BYTES("\6"), B | Q},
        {BYTES("\6\0\0\0\1x"), Q},
        {BYTES("\6\0\0\0\1"), 0},
        {BYTES("\x0c\0\0\0\0"), L},
        {BYTES("\x0c\0\0\0\1\0\0\0\3key\0\0\0\0"), L},
        {BYTES("\x0c\0\0\0\1\0\0\0\3key"), 0},
        {BYTES("\x0c\0\0\0\2\0\0\0\3key\0\0\0\0"), 0},
        {BYTES("\x0c\xff\xff\xff\xff\0\0\0\3key\0\0\0\0"), 0},
        {BYTES("\x0c\0\0\0\0\0"), 0},
        {BYTES("\x0c"), 0},
        {BYTES("\x0e\0\0\0\3sig"), S},
        {BYTES("\x0e\0\0\0\4sig"), 0},
        {BYTES("\x0e\0\0\0\3sig\0"), 0},
        {BYTES("\x0e"), 0},
        {BYTES("\x1c"), B | Q},
        {BYTES("\x1d" QUERY_NAME BIND_NAME), Q},
        {BYTES("\x1d" QUERY_NAME "\0"), 0},
        {BYTES("\x0b"), 0},
        {BYTES("\x0d\0\0\0\3key\0\0\0\4data\0\0\0\0"), 0},
        {BYTES("HTTP/1.1 200 OK"), 0},
        {BYTES(""), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int kind = REQUEST_REFUSED; kind <= REQUEST_QUERY; kind++)
            if (frame_answers((enum request_kind)kind, cases[i].frame) !=
                ((cases[i].asked >> kind & 1) != 0))
                fail_msg("case %zu, request %d", i, kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_has_the_size_that_it_says),
        cmocka_unit_test(four_requests_pass),
        cmocka_unit_test(no_other_type_passes),
        cmocka_unit_test(a_request_is_exactly_of_its_form),
        cmocka_unit_test(an_answer_is_one_to_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
