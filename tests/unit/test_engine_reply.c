/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/reply.c plugin/engine/head.c plugin/engine/cancel.c */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/engine/engine.h"
#include "plugin/engine/head.h"
#include "plugin/engine/http.h"
#include "plugin/engine/reply.h"
#include "shared/names.h"

static void words_of_a_refusal(void **state)
{
    static const struct {
        const char *body, *text;
    } cases[] = {
        {"{\"message\":\"No such container: x\"}\n", "the engine says: No such container: x"},
        {"1b\r\n{\"message\":\"in a chunk\"}\r\n0\r\n\r\n", "the engine says: in a chunk"},
        {"plain words\r\n", "the engine says: plain words"},
        {"{\"message\":\"\\u001b[2Jgone\"}", "the engine says: \\x1b[2Jgone"},
        {"", "the engine refused with HTTP status 500"},
        {"\r\n", "the engine refused with HTTP status 500"},
        {"{\"message\":7}", "the engine says: {\"message\":7}"},
        {"}{", "the engine says: }{"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(engine_reply_error(500, cases[i].body, strlen(cases[i].body), &err),
                         -1);
        assert_int_equal(err.status, EXIT_CLAUDEX);
        assert_string_equal(err.text, cases[i].text);
    }
    struct error err = ERROR_INIT;
    assert_int_equal(engine_reply_error(502, NULL, 0, &err), -1);
}

/* --- streams of objects --------------------------------------------------------------- */

static int sum(void *data, const json_t *object, struct error *err)
{
    json_int_t value = json_integer_value(json_object_get(object, "n"));
    if (value == 99)
        return error_set(err, "that is enough");
    *(json_int_t *)data += value;
    return 0;
}

static void objects_arrive_in_any_pieces(void **state)
{
    static const char text[] = "{\"n\":1}\r\n\r\n{\"n\":20}\n  \n{\"n\":300}\n{\"n\":4000";
    (void)state;
    for (size_t step = 1; step < sizeof text; step++) {
        json_int_t total = 0;
        struct error err = ERROR_INIT;
        struct json_lines lines = {
            .rest = BUF_INIT(JSON_LINE_MAX), .object = sum, .data = &total};
        for (size_t at = 0; at < sizeof text - 1; at += step) {
            size_t length = sizeof text - 1 - at < step ? sizeof text - 1 - at : step;
            assert_int_equal(json_lines_feed(&lines, text + at, length, &err), 0);
        }
        assert_int_equal(total, 321); /* the last object never ended */
        buf_free(&lines.rest);
    }
}

static void a_stream_that_is_none(void **state)
{
    static char endless[JSON_LINE_MAX + 1];
    json_int_t total = 0;
    struct error err = ERROR_INIT;
    struct json_lines lines = {.rest = BUF_INIT(JSON_LINE_MAX), .object = sum, .data = &total};
    (void)state;
    assert_int_equal(json_lines_feed(&lines, "{\"n\":1}\n[not\n", 13, &err), -1);
    assert_non_null(strstr(err.text, "not JSON"));
    buf_clear(&lines.rest);
    assert_int_equal(json_lines_feed(&lines, "{\"n\":99}\n{\"n\":1}\n", 17, &err), -1);
    assert_string_equal(err.text, "that is enough");
    buf_clear(&lines.rest);
    memset(endless, 'x', sizeof endless);
    assert_int_equal(json_lines_feed(&lines, endless, sizeof endless, &err), -1);
    assert_non_null(strstr(err.text, "1024 KiB"));
    assert_int_equal(total, 1);
    buf_free(&lines.rest);
}

/* --- upgrade -------------------------------------------------------------------------- */

/* What the engine says is in the socket before it is asked. */
static int upgrade(const char *answer, size_t length, bool end, char *rest, size_t size,
                   struct error *err)
{
    int pair[2];
    *err = (struct error)ERROR_INIT;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], answer, length), length);
    if (end)
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    int result = engine_upgrade(pair[0], "/v1.41/x", "{}", err);
    ssize_t n = result == 0 ? recv(pair[0], rest, size - 1, MSG_DONTWAIT) : 0;
    rest[n > 0 ? n : 0] = '\0';
    close(pair[0]);
    char request[512];
    ssize_t asked = read(pair[1], request, sizeof request - 1);
    assert_true(asked > 0);
    request[asked] = '\0';
    assert_ptr_equal(strstr(request, "POST /v1.41/x HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "Upgrade: tcp\r\n"));
    assert_non_null(strstr(request, "Content-Length: 2\r\n\r\n{}"));
    close(pair[1]);
    return result;
}

static void what_follows_the_head_is_the_stream_s(void **state)
{
    static const char head[] = "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n";
    char answer[sizeof head + 16], rest[64];
    struct error err;
    (void)state;
    (void)snprintf(answer, sizeof answer, "%shello\r\n\r\n", head);
    assert_int_equal(upgrade(answer, strlen(answer), false, rest, sizeof rest, &err), 0);
    assert_string_equal(rest, "hello\r\n\r\n");
    /* Engines before Docker 1.9, and those who see no Upgrade, say 200. */
    assert_int_equal(upgrade("HTTP/1.1 200 OK\r\n\r\nx", 20, true, rest, sizeof rest, &err), 0);
    assert_string_equal(rest, "x");
}

static void a_refusal_of_the_upgrade(void **state)
{
    static const char refusal[] = "HTTP/1.1 409 Conflict\r\nContent-Length: 26\r\n\r\n"
                                  "{\"message\":\"not running\"}\n";
    static const char chunked[] = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "12\r\n{\"message\":\"gone\"}\r\n0\r\n\r\n";
    char rest[64];
    struct error err;
    (void)state;
    assert_int_equal(upgrade(refusal, strlen(refusal), false, rest, sizeof rest, &err), -1);
    assert_string_equal(err.text, "the engine says: not running");
    assert_int_equal(upgrade(chunked, strlen(chunked), false, rest, sizeof rest, &err), -1);
    assert_string_equal(err.text, "the engine says: gone");
}

static void answers_that_are_none(void **state)
{
    static char endless[HTTP_HEAD_MAX + 1];
    char rest[64];
    struct error err;
    (void)state;
    assert_int_equal(upgrade("", 0, true, rest, sizeof rest, &err), -1);
    assert_non_null(strstr(err.text, "closed the connection"));
    assert_int_equal(upgrade("HTTP/1.1 101 UP", 15, true, rest, sizeof rest, &err), -1);
    assert_int_equal(upgrade("SSH-2.0-x\r\n\r\n", 13, true, rest, sizeof rest, &err), -1);
    assert_non_null(strstr(err.text, "no Docker engine"));
    memset(endless, 'x', sizeof endless);
    assert_int_equal(upgrade(endless, sizeof endless, true, rest, sizeof rest, &err), -1);
    assert_non_null(strstr(err.text, "16 KiB"));
}

static void on_alarm(int number)
{
    (void)number;
    engine_cancel();
}

static void a_signal_ends_the_wait(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 20 * 1000}};
    char rest[64];
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(cancel_prepare(&err), 0);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_false(engine_cancelled());
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(upgrade("HTTP", 4, false, rest, sizeof rest, &err), -1);
    assert_string_equal(err.text, "cancelled");
    assert_true(engine_cancelled() && cancel_pending());
    /* Until what there is to clean up can be cleaned up. */
    assert_int_equal(upgrade("HTTP/1.1 101 U\r\n\r\n", 18, false, rest, sizeof rest, &err), -1);
    engine_resume();
    assert_true(engine_cancelled() && !cancel_pending());
    assert_int_equal(upgrade("HTTP/1.1 101 U\r\n\r\n", 18, false, rest, sizeof rest, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_a_refusal),
        cmocka_unit_test(objects_arrive_in_any_pieces),
        cmocka_unit_test(a_stream_that_is_none),
        cmocka_unit_test(what_follows_the_head_is_the_stream_s),
        cmocka_unit_test(a_refusal_of_the_upgrade),
        cmocka_unit_test(answers_that_are_none),
        cmocka_unit_test(a_signal_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
