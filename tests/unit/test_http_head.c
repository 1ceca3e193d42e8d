/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/http_head.c init/net/http_request.c init/net/http_fields.c init/net/host.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/http_head.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

/* Bytes written as a string, NULs within counted, its own not. */
#define BYTES(text) (text), sizeof(text) - 1
#define HOST        "Host: www.example.com\r\n"
#define GET(rest)   "GET / HTTP/1.1\r\n" HOST rest "\r\n"
#define POST(rest)  "POST / HTTP/1.1\r\n" HOST rest "\r\n"
#define CHUNKED     POST("Transfer-Encoding: chunked\r\n")
#define WEBSOCKET   GET("Connection: Upgrade\r\nUpgrade: websocket\r\n")

static void flush(struct buf *log, const char *what, size_t *count)
{
    if (*count > 0)
        buf_printf(log, "%s%zu ", what, *count);
    *count = 0;
}

/* From a copy of exactly that size, so that the sanitizer sees every byte too many. */
static enum http_verdict feed(struct http_stream *stream, const char *bytes, size_t length,
                              size_t *used, struct http_request *request)
{
    cleanup_free uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    enum http_verdict verdict = http_feed(stream, copy, length, used, request);
    assert_true(*used <= length);
    assert_true(*used == 0 || verdict == HTTP_FEED_REQUEST || verdict == HTTP_FEED_BODY ||
                verdict == HTTP_FEED_TUNNEL);
    return verdict;
}

/* What becomes of a client's bytes, given in segments of `step`: "R<host>" a request ("!": it
 * asks for an upgrade), "B<n>" so much of a body, "H" held, "T<n>" so much of a tunnel, then
 * the status of a refusal. Every upgrade is answered in the same way. */
static void run(const char *bytes, size_t length, size_t step, bool switching, struct buf *log)
{
    struct http_stream stream = {0};
    struct http_request request;
    size_t from = 0, to = 0, used, body = 0, tunnel = 0;
    enum http_verdict verdict;
    do {
        verdict = feed(&stream, bytes + from, to - from, &used, &request);
        from += used;
        if (verdict == HTTP_FEED_BODY)
            body += used;
        else if (verdict == HTTP_FEED_TUNNEL)
            tunnel += used;
        else if (verdict != HTTP_FEED_MORE)
            flush(log, "B", &body);
        if (verdict == HTTP_FEED_REQUEST)
            buf_printf(log, "R%s%s ", request.host.name, request.upgrade ? "!" : "");
        if (verdict == HTTP_FEED_HOLD) {
            buf_puts(log, "H ");
            http_answered(&stream, switching);
        }
        bool wants = used == 0 && (verdict == HTTP_FEED_MORE || verdict == HTTP_FEED_TUNNEL);
        if (wants && to == length)
            break;
        if (wants)
            to = length - to < step ? length : to + step;
    } while (verdict != HTTP_FEED_BAD);
    flush(log, "B", &body);
    flush(log, "T", &tunnel);
    if (verdict == HTTP_FEED_BAD)
        buf_printf(log, "%d ", request.status);
}

/* The same in segments of any size. */
static void gives(const char *bytes, size_t length, bool switching, const char *expected)
{
    const size_t steps[] = {1, 2, 3, 5, 7, 16, 64, length};
    for (size_t i = 0; i < array_length(steps); i++) {
        cleanup_buf struct buf log = BUF_INIT(4096);
        buf_puts(&log, "");
        run(bytes, length, steps[i], switching, &log);
        if (!log.data || strcmp(log.data, expected) != 0)
            fail_msg("in segments of %zu: '%s', not '%s': %s", steps[i], log.data, expected,
                     bytes);
    }
}

static void connections(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *becomes;
    } cases[] = {
        {BYTES(""), ""},
        {BYTES("GET / HT"), ""},
        {BYTES(GET("")), "Rwww.example.com "},
        /* pipelined; the second for another host; the third not whole */
        {BYTES(GET("") "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n"
                       "GET /3"),
         "Rwww.example.com Rb "},
        {BYTES(GET("") "GET /2 HTTP/1.1\r\nX: b\r\n\r\n" GET("")), "Rwww.example.com 400 "},
        {BYTES(POST("Content-Length: 5\r\n") "hello" GET("")),
         "Rwww.example.com B5 Rwww.example.com "},
        {BYTES(POST("Content-Length: 5\r\nExpect: 100-continue\r\n") "hell"),
         "Rwww.example.com B4 "},
        {BYTES(POST("Content-Length: 5\r\n") "hello!"), "Rwww.example.com B5 "},
        {BYTES(POST("Content-Length: 5\r\n") "hello\r\n"), "Rwww.example.com B5 400 "},
        {BYTES(POST("Content-Length: 30\r\n") GET("")), "Rwww.example.com B30 400 "},
        /* a body that looks like a request is none */
        {BYTES(POST("Content-Length: 27\r\n") "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
         "Rwww.example.com B27 "},
        {BYTES(CHUNKED "5\r\nhello\r\n0\r\n\r\n" GET("")),
         "Rwww.example.com B15 Rwww.example.com "},
        {BYTES(CHUNKED "0\r\n\r\n"), "Rwww.example.com B5 "},
        {BYTES(CHUNKED "0A\r\n0123456789\r\na;x=\"y \t\"\r\n0123456789\r\n000\r\n\r\n"),
         "Rwww.example.com B46 "},
        {BYTES(CHUNKED "0\r\nX: 1\r\nY:\r\n\r\n" GET("")),
         "Rwww.example.com B15 Rwww.example.com "},
        {BYTES(CHUNKED "7fffffff\r\nabc"), "Rwww.example.com B13 "},
        {BYTES(CHUNKED "fffffffffffffff\r\nabc"), "Rwww.example.com B20 "},
        /* chunks that are none; what is before has passed */
        {BYTES(CHUNKED "\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "g\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "0x5\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "-5\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED " 5\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5 \r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5 ;x\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED ";x\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5\r\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5;x\rhello\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5;x\nhello\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5;\0\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "1000000000000000\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "10000000000000005\r\n"), "Rwww.example.com 400 "},
        {BYTES(CHUNKED "5\r\nhelloX\r\n"), "Rwww.example.com B8 400 "},
        {BYTES(CHUNKED "5\r\nhello\rX"), "Rwww.example.com B8 400 "},
        {BYTES(CHUNKED "5\r\nhello\n"), "Rwww.example.com B8 400 "},
        {BYTES(CHUNKED "5\r\nhello\r\n0\r\nX: 1\n\r\n"), "Rwww.example.com B13 400 "},
        {BYTES(CHUNKED "0\r\nHost: b\r\n\r\n"), "Rwww.example.com B3 400 "},
        {BYTES(CHUNKED "0\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"), "Rwww.example.com B3 400 "},
        {BYTES(CHUNKED "0\r\n X: 1\r\n\r\n"), "Rwww.example.com B3 400 "},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        gives(cases[i].bytes, cases[i].length, false, cases[i].becomes);
}

static void upgrades(void **state)
{
    (void)state;
#define H2C                                                                                    \
    GET("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n")
    gives(BYTES(WEBSOCKET "\x81\x05hello"), true, "Rwww.example.com! H T7 ");
    gives(BYTES(WEBSOCKET), true, "Rwww.example.com! H ");
    gives(BYTES(WEBSOCKET GET("") "\1"), false, "Rwww.example.com! H Rwww.example.com 400 ");
    gives(BYTES(GET("") WEBSOCKET "\x81"), true, "Rwww.example.com Rwww.example.com! H T1 ");
    gives(BYTES(WEBSOCKET GET("") WEBSOCKET GET("")), false,
          "Rwww.example.com! H Rwww.example.com Rwww.example.com! H Rwww.example.com ");
    /* a body in which more may be hidden than a body: not followed */
    gives(BYTES(GET("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n") "ab"
                                                                                          "\1"),
          true, "Rwww.example.com B2 400 ");
    gives(BYTES(GET("Connection: upgrade\r\nUpgrade: websocket\r\n"
                    "Transfer-Encoding: chunked\r\n") "0\r\n\r\n\1"),
          true, "Rwww.example.com B5 400 ");
    /* h2c neither */
    gives(BYTES(H2C GET("")), true, "Rwww.example.com Rwww.example.com ");
    gives(BYTES(H2C "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), true, "Rwww.example.com 505 ");
}

/* A refusal is final, and an answer that nobody waits for is none. */
static void states(void **state)
{
    (void)state;
    struct http_stream stream = {0};
    struct http_request request;
    size_t used;
    http_answered(&stream, true);
    assert_int_equal(feed(&stream, BYTES("GET / HTTP/1.1\n"), &used, &request), HTTP_FEED_BAD);
    http_answered(&stream, true);
    assert_int_equal(feed(&stream, BYTES(GET("")), &used, &request), HTTP_FEED_BAD);
    assert_int_equal(request.status, 400);
    assert_int_equal(feed(&stream, BYTES(""), &used, &request), HTTP_FEED_BAD);
}

/* It is held as soon as the request is whole, so that the answer is not missed. */
static void held(void **state)
{
    (void)state;
    struct http_stream stream = {0};
    struct http_request request;
    size_t used;
    assert_false(http_is_held(&stream));
    assert_int_equal(feed(&stream, BYTES(WEBSOCKET), &used, &request), HTTP_FEED_REQUEST);
    assert_true(http_is_held(&stream));
    http_answered(&stream, true);
    assert_false(http_is_held(&stream));
    assert_true(http_body_left(&stream) == UINT64_MAX);
}

/* Bodies may be moved unseen. */
static void moved(void **state)
{
    (void)state;
    struct http_stream stream = {0};
    struct http_request request;
    size_t used;
    assert_int_equal(http_body_left(&stream), 0);
    assert_int_equal(
        feed(&stream, BYTES(POST("Content-Length: 8000000000\r\n")), &used, &request),
        HTTP_FEED_REQUEST);
    assert_int_equal(http_body_left(&stream), 8000000000);
    assert_int_equal(feed(&stream, BYTES("GET / HTTP/1.1\n"), &used, &request), HTTP_FEED_BODY);
    assert_int_equal(used, 15);
    http_body_moved(&stream, 7000000000);
    assert_int_equal(http_body_left(&stream), 999999985);
    http_body_moved(&stream, 999999985);
    assert_int_equal(http_body_left(&stream), 0);
    assert_int_equal(feed(&stream, BYTES(CHUNKED), &used, &request), HTTP_FEED_REQUEST);
    assert_int_equal(http_body_left(&stream), 0);
    assert_int_equal(feed(&stream, BYTES("ff\r\n"), &used, &request), HTTP_FEED_BODY);
    assert_int_equal(http_body_left(&stream), 255);
    http_body_moved(&stream, 255);
    assert_int_equal(feed(&stream, BYTES("\r\n0\r\n\r\n"), &used, &request), HTTP_FEED_BODY);
    assert_int_equal(used, 7);
    assert_int_equal(feed(&stream, BYTES(GET("")), &used, &request), HTTP_FEED_REQUEST);
}

/* `first`, then `fill` as often as it takes for `size` bytes with `last`. */
static char *fill(const char *first, char fill, const char *last, size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    size_t begin = strlen(first), end = strlen(last);
    memcpy(text, first, begin + 1);
    memset(text + begin, fill, size - begin - end);
    memcpy(text + size - end, last, end + 1);
    return text;
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *first, *last;
        size_t before, max; /* bytes ahead of the limited ones, and how many of those */
        const char *fits, *not ;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" HOST "X: ", "\r\n\r\n", 0, HTTP_HEAD_MAX, "Rwww.example.com ",
         "431 "},
        {"GET /", " HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_HEAD_MAX, "Rwww.example.com ", "431 "},
        {CHUNKED "0\r\nX: ", "\r\n\r\n", sizeof(CHUNKED "0\r\n") - 1, HTTP_HEAD_MAX,
         "Rwww.example.com B32771 ", "Rwww.example.com B3 431 "},
        {CHUNKED "0;", "\r\n\r\n", sizeof(CHUNKED) - 1, HTTP_CHUNK_LINE_MAX + 2,
         "Rwww.example.com B258 ", "Rwww.example.com 400 "},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t over = 0; over < 2; over++) {
            size_t size = cases[i].before + cases[i].max + over;
            cleanup_free char *text = fill(cases[i].first, 'a', cases[i].last, size);
            const size_t steps[] = {1000, size};
            for (size_t j = 0; j < array_length(steps); j++) {
                cleanup_buf struct buf log = BUF_INIT(4096);
                run(text, size, steps[j], false, &log);
                assert_string_equal(log.data, over ? cases[i].not : cases[i].fits);
            }
        }
        /* A full buffer is never asked to hold more. */
        struct http_stream stream = {0};
        struct http_request request;
        size_t used;
        cleanup_free char *text =
            fill(cases[i].first, 'a', "", HTTP_HEAD_MAX + cases[i].before);
        feed(&stream, text, cases[i].before, &used, &request);
        if (used < cases[i].before)
            feed(&stream, text + used, cases[i].before - used, &used, &request);
        assert_int_equal(feed(&stream, text + cases[i].before, HTTP_HEAD_MAX, &used, &request),
                         HTTP_FEED_BAD);
    }
}

static void answers(void **state)
{
    (void)state;
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define HINTS    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    static const struct {
        const char *bytes;
        enum http_answer answer;
    } cases[] = {
        {"", HTTP_ANSWER_MORE},
        {"H", HTTP_ANSWER_MORE},
        {"HTTP/1.1 10", HTTP_ANSWER_MORE},
        {"HTTP/1.1 101", HTTP_ANSWER_MORE},
        {"HTTP/1.1 101 ", HTTP_ANSWER_SWITCHING},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
         HTTP_ANSWER_SWITCHING},
        {"HTTP/1.1 101\r\n\r\n", HTTP_ANSWER_SWITCHING},
        {CONTINUE "HTTP/1.1 101 ", HTTP_ANSWER_SWITCHING},
        {CONTINUE HINTS HINTS "HTTP/1.1 101 ", HTTP_ANSWER_SWITCHING},
        {CONTINUE, HTTP_ANSWER_MORE},
        {"HTTP/1.1 100 Continue\r\n", HTTP_ANSWER_MORE},
        {CONTINUE "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 ", HTTP_ANSWER_OTHER},
        {"HTTP/1.1 200 OK\r\n\r\n", HTTP_ANSWER_OTHER},
        {"HTTP/1.1 1010", HTTP_ANSWER_MORE},
        {"HTTP/1.1 1010\r\n\r\nx", HTTP_ANSWER_OTHER},
        {"HTTP/1.1 2", HTTP_ANSWER_OTHER},
        {"HTTP/1.0 101 ", HTTP_ANSWER_OTHER},
        {"HTTP/1.1  101", HTTP_ANSWER_OTHER},
        {"x", HTTP_ANSWER_OTHER},
        {"\r\nHTTP/1.1 101 ", HTTP_ANSWER_OTHER},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        size_t length = strlen(cases[i].bytes);
        cleanup_free uint8_t *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy + 1, cases[i].bytes, length);
        if (http_answer(copy + 1, length) != cases[i].answer)
            fail_msg("%s", cases[i].bytes);
    }
    /* Interim answers without end are not waited for. */
    cleanup_free char *text = fill("HTTP/1.1 103 x\r\nX: ", 'a', "", HTTP_HEAD_MAX);
    assert_int_equal(http_answer((uint8_t *)text, HTTP_HEAD_MAX - 1), HTTP_ANSWER_MORE);
    assert_int_equal(http_answer((uint8_t *)text, HTTP_HEAD_MAX), HTTP_ANSWER_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections), cmocka_unit_test(upgrades), cmocka_unit_test(states),
        cmocka_unit_test(moved),       cmocka_unit_test(held),     cmocka_unit_test(limits),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
