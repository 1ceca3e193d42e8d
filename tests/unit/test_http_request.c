/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/http_request.c init/net/http_fields.c init/net/host.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/http_fields.h"
#include "init/net/http_request.h"
#include "shared/cleanup.h"

#define HOST       "Host: www.example.com\r\n"
#define GET(rest)  "GET / HTTP/1.1\r\n" HOST rest "\r\n"
#define POST(rest) "POST / HTTP/1.1\r\n" HOST rest "\r\n"

/* Bytes written as a string, NULs within counted, its own not. */
#define BYTES(text) (text), sizeof(text) - 1

/* As a stream would, from a copy of exactly that size: 0 or the status. */
static int read_head(const char *bytes, size_t length, struct http_request *request)
{
    cleanup_free char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    memset(request, 0xa5, sizeof *request);
    size_t scanned = 0;
    ssize_t size = http_section((const uint8_t *)copy, length, false, &scanned, &request->why);
    if (size < 0)
        return 400;
    /* What is behind is for another test; a head that does not end is a mistake of this one. */
    assert_int_equal(size, length);
    int status = http_read_head(copy, length, request) == 0 ? 0 : request->status;
    assert_true(status == 0 || *request->why);
    return status;
}

static void accepted(void **state)
{
    (void)state;
    static const struct {
        const char *head, *host;
        uint16_t port;
        bool upgrade, chunked;
        uint64_t body;
    } good[] = {
        {GET(""), "www.example.com", 80, false, false, 0},
        {"GET / HTTP/1.0\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"GET / HTTP/1.1\r\nhOST:EXAMPLE.com.:8080 \t\r\n\r\n", "example.com", 8080, false,
         false, 0},
        {"GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "192.0.2.1", 80, false, false, 0},
        {"GET / HTTP/1.1\r\nHost: [2001:DB8::1]:81\r\n\r\n", "2001:db8::1", 81, false, false,
         0},
        {"GET /a%20b?c=d&e#f HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"GET //evil.com/ HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"GET /m\xc3\xbcnchen HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false,
         0},
        {"GET http://WWW.example.com/ HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false,
         false, 0},
        {"GET HTTP://www.example.com:80?q HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80,
         false, false, 0},
        {"GET http://www.example.com HTTP/1.1\r\nHost: www.example.com:80\r\n\r\n",
         "www.example.com", 80, false, false, 0},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"OPTIONS /x HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"HEAD / HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {"PROPFIND / HTTP/1.1\r\n" HOST "\r\n", "www.example.com", 80, false, false, 0},
        {POST("Content-Length: 0\r\n"), "www.example.com", 80, false, false, 0},
        {POST("content-length:42\r\nExpect: 100-Continue\r\n"), "www.example.com", 80, false,
         false, 42},
        {POST("Content-Length: 999999999999999999\r\n"), "www.example.com", 80, false, false,
         999999999999999999},
        {POST("Transfer-Encoding: Chunked\r\n"), "www.example.com", 80, false, true, 0},
        {GET("Content-Length: 5\r\n"), "www.example.com", 80, false, false, 5},
        {GET("X: a\tb \xff\xfe\r\nEmpty:\r\nX_Y: 1\r\n"), "www.example.com", 80, false, false,
         0},
        {GET("Content.Length: 5\r\nH_st: a\r\nHosts: b\r\n"), "www.example.com", 80, false,
         false, 0},
        {GET("Connection: close, , TE\r\nTE: trailers\r\n"), "www.example.com", 80, false,
         false, 0},
        {GET("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"), "www.example.com",
         80, true, false, 0},
        {GET("Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n"),
         "www.example.com", 80, true, false, 0},
        /* upgrades that we would not follow, so they are none */
        {POST("Upgrade: websocket\r\nConnection: upgrade\r\n"), "www.example.com", 80, false,
         false, 0},
        {GET("Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 3\r\n"),
         "www.example.com", 80, false, false, 3},
        {GET("Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n"),
         "www.example.com", 80, false, true, 0},
        {GET("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
         "www.example.com", 80, false, false, 0},
        {GET("Connection: upgrade\r\nUpgrade: websocket, h2c\r\n"), "www.example.com", 80,
         false, false, 0},
        {GET("Connection: upgrade\r\nUpgrade:\r\n"), "www.example.com", 80, false, false, 0},
        {GET("Connection: upgrade\r\n"), "www.example.com", 80, false, false, 0},
        {GET("Upgrade: websocket\r\n"), "www.example.com", 80, false, false, 0},
        {"GET / HTTP/1.0\r\n" HOST "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
         "www.example.com", 80, false, false, 0},
    };
    for (size_t i = 0; i < array_length(good); i++) {
        struct http_request request;
        int status = read_head(good[i].head, strlen(good[i].head), &request);
        if (status != 0)
            fail_msg("%d %s: %s", status, request.why, good[i].head);
        assert_string_equal(request.host.name, good[i].host);
        assert_int_equal(request.host.port, good[i].port);
        if (request.upgrade != good[i].upgrade || request.chunked != good[i].chunked)
            fail_msg("upgrade %d, chunked %d: %s", request.upgrade, request.chunked,
                     good[i].head);
        assert_int_equal(request.body, good[i].body);
    }
}

/* An Upgrade that is no WebSocket's handshake stays behind, and nothing else does. */
static void upgrades_stay_behind(void **state)
{
    (void)state;
    static const struct {
        const char *head, *passes;
    } cases[] = {
        {GET("Upgrade: h2c\r\n"), GET("")},
        {GET("Connection: Upgrade, HTTP2-Settings\r\nupgrade:h2c\r\nHTTP2-Settings: AA\r\n"),
         GET("Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n")},
        {POST("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n"),
         POST("Connection: upgrade\r\nContent-Length: 3\r\n")},
        {"GET / HTTP/1.1\r\nUpgrade: TLS/1.3\r\n" HOST "\r\n", GET("")},
        {GET("Connection: upgrade\r\nUpgrade: websocket\r\n"),
         GET("Connection: upgrade\r\nUpgrade: websocket\r\n")},
        {GET("Upgrade-Insecure-Requests: 1\r\n"), GET("Upgrade-Insecure-Requests: 1\r\n")},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct http_request request;
        size_t length = strlen(cases[i].head);
        char passes[256] = "";
        assert_int_equal(read_head(cases[i].head, length, &request), 0);
        assert_true(request.dropped_at + request.dropped <= length);
        memcpy(passes, cases[i].head, request.dropped_at);
        strcpy(passes + request.dropped_at,
               cases[i].head + request.dropped_at + request.dropped);
        assert_string_equal(passes, cases[i].passes);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t length;
        int status;
    } bad[] = {
        /* request lines */
        {BYTES("GET /\r\n\r\n"), 400},
        {BYTES("GET / HTTP/0.9\r\n" HOST "\r\n"), 505},
        {BYTES("GET / HTTP/1.2\r\n" HOST "\r\n"), 505},
        {BYTES("GET / HTTP/2.0\r\n" HOST "\r\n"), 505},
        {BYTES("GET / HTTP/1.10\r\n" HOST "\r\n"), 505},
        {BYTES("PRI * HTTP/2.0\r\n\r\n"), 505},
        {BYTES("GET / http/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n"), 400},
        {BYTES("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET /  HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET /\t HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES(" GET / HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET  HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET\r\n" HOST "\r\n"), 400},
        {BYTES("HTTP/1.1 200 OK\r\n" HOST "\r\n"), 400},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\n\r\n"), 400},
        {BYTES("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("\x16\3\1\2\0\1\r\n\r\n"), 400},
        {BYTES("BREW / HTTP/1.1\r\n" HOST "\r\n"), 501},
        {BYTES("get / HTTP/1.1\r\n" HOST "\r\n"), 501},
        {BYTES("G\0T / HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("SOURCE / ICE/1.0\r\n" HOST "\r\n"), 400},
        /* targets */
        {BYTES("CONNECT www.example.com:443 HTTP/1.1\r\n" HOST "\r\n"), 405},
        {BYTES("GET * HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("OPTIONS ** HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET www.example.com HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET www.example.com:80 HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://evil.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://www.example.com:81/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://www.example.com@evil.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://evil.com@www.example.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://evil.com#@www.example.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://www.example.com\\@evil.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http:///www.example.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http:// HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET https://www.example.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET ftp://www.example.com/ HTTP/1.1\r\n" HOST "\r\n"), 400},
        {BYTES("GET http://www.example.com/ HTTP/1.1\r\n\r\n"), 400},
        /* Host */
        {BYTES("GET / HTTP/1.1\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.0\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400},
        {BYTES(GET(HOST)), 400},
        {BYTES(GET("Host: evil.com\r\n")), 400},
        {BYTES(GET("host: www.example.com\r\n")), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com b.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com, b.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com/\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a@b.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: 127.1\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: m\xc3\xbcnchen.de\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost : a.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost\t: a.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\n Host: a.com\r\n\r\n"), 400},
        /* lines */
        {BYTES("GET / HTTP/1.1\nHost: a.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com\r\n\n"), 400},
        {BYTES("GET / HTTP/1.1\rHost: a.com\r\n\r\n"), 400},
        {BYTES("GET / HTTP/1.1\r\nHost: a.com\r\r\n\r\n"), 400},
        {BYTES(GET("X: a\rb\r\n")), 400},
        {BYTES(GET("X: a\nHost: evil.com\r\n")), 400},
        {BYTES(GET("X: a\0b\r\n")), 400},
        {BYTES(GET("X: a\x0b\r\n")), 400},
        {BYTES(GET("X: a\x7f\r\n")), 400},
        {BYTES(GET("X: a\r\n b\r\n")), 400},
        {BYTES(GET("X: a\r\n\tb\r\n")), 400},
        {BYTES(GET("X\r\n")), 400},
        {BYTES(GET(": a\r\n")), 400},
        {BYTES(GET("X : a\r\n")), 400},
        {BYTES(GET("X Y: a\r\n")), 400},
        {BYTES(GET("(X): a\r\n")), 400},
        {BYTES(GET("\xc3\xbc: a\r\n")), 400},
        /* lengths */
        {BYTES(POST("Content-Length: 3\r\nContent-Length: 3\r\n")), 400},
        {BYTES(POST("Content-Length: 3\r\ncontent-length: 4\r\n")), 400},
        {BYTES(POST("Content-Length: 3, 3\r\n")), 400},
        {BYTES(POST("Content-Length: 3 3\r\n")), 400},
        {BYTES(POST("Content-Length:\r\n")), 400},
        {BYTES(POST("Content-Length: +3\r\n")), 400},
        {BYTES(POST("Content-Length: -3\r\n")), 400},
        {BYTES(POST("Content-Length: 0x3\r\n")), 400},
        {BYTES(POST("Content-Length: 03\r\n")), 400},
        {BYTES(POST("Content-Length: 3.0\r\n")), 400},
        {BYTES(POST("Content-Length: 1000000000000000000\r\n")), 400},
        {BYTES(POST("Content-Length: 18446744073709551619\r\n")), 400},
        {BYTES(POST("Content-Length : 3\r\n")), 400},
        {BYTES(POST("Content_Length: 3\r\n")), 400},
        {BYTES(POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")), 400},
        {BYTES(POST("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")), 400},
        {BYTES("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), 400},
        {BYTES(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400},
        {BYTES(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")), 400},
        {BYTES(POST("Transfer-Encoding: xchunked\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: chunkedx\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: \"chunked\"\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: \x0b"
                    "chunked\r\n")),
         400},
        {BYTES(POST("Transfer-Encoding: chunked,\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: chunked, chunked\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: gzip, chunked\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: chunked, identity\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: identity\r\n")), 501},
        {BYTES(POST("Transfer-Encoding: chunked;q=1\r\n")), 501},
        {BYTES(POST("Transfer-Encoding:\r\n")), 501},
        {BYTES(POST("Transfer-Encoding : chunked\r\n")), 400},
        {BYTES(POST("Transfer_Encoding: chunked\r\n")), 400},
        {BYTES(POST("Transfer-Encoding:\r\n chunked\r\n")), 400},
        /* what hides fields from whom we forward to */
        {BYTES(POST("Connection: Content-Length\r\nContent-Length: 3\r\n")), 400},
        {BYTES(POST("Connection: close, transfer-encoding\r\n")), 400},
        {BYTES(GET("Connection: keep-alive,\thost\r\n")), 400},
        {BYTES(GET("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n")), 400},
        {BYTES(GET("Upgrade: h2c\r\nUpgrade: websocket\r\n")), 400},
        {BYTES(POST("Expect: 100-continue, x\r\n")), 417},
        {BYTES(POST("Expect: y 100-continue\r\n")), 417},
        {BYTES(POST("Expect:\r\n")), 417},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct http_request request;
        int status = read_head(bad[i].head, bad[i].length, &request);
        if (status != bad[i].status)
            fail_msg("%d, not %d: %s", status, bad[i].status, bad[i].head);
    }
}

/* How long an answer is, where its head says so. */
static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int size; /* of the body; -1: not known */
        bool interim;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 12, false},
        {"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 0, false},
        {"HTTP/1.0 404 Not Found\r\nContent-Length: 3\r\n\r\n", 3, false},
        {"HTTP/1.1 204 No Content\r\n\r\n", 0, false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", 0, false},
        {"HTTP/1.1 100 Continue\r\n\r\n", 0, true},
        {"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", 0, true},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\n\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", -1, false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", -1, false},
        {"ICY 200 OK\r\nContent-Length: 1\r\n\r\n", -1, false},
        {"\r\n\r\n", -1, false},
        {"", -1, false},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct http_length answer;
        char bytes[256];
        /* Behind it something else, which is not a part of it. */
        int head = snprintf(bytes, sizeof bytes, "%s", cases[i].bytes);
        strcat(bytes, cases[i].size >= 0 ? "HTTP/1.1 2" : "");
        int status = http_read_answer(bytes, strlen(bytes), &answer);
        if ((status == 0) != (cases[i].size >= 0))
            fail_msg("%d: %s", status, cases[i].bytes);
        if (status < 0)
            continue;
        assert_int_equal(answer.size, head + cases[i].size);
        assert_true(answer.interim == cases[i].interim);
    }
}

static void trailers(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        bool good;
    } cases[] = {
        {"\r\n", true},
        {"X-Checksum: 1\r\nExpect: x\r\n\r\n", true},
        {"Host: a.com\r\n\r\n", false},
        {"X: 1\r\ncontent-length: 3\r\n\r\n", false},
        {"Content_Length: 3\r\n\r\n", false},
        {"TRANSFER-ENCODING: chunked\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n\r\n", false},
        {"X : 1\r\n\r\n", false},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct http_request request;
        if ((http_read_trailer(cases[i].lines, strlen(cases[i].lines), &request) == 0) !=
            cases[i].good)
            fail_msg("%s", cases[i].lines);
        assert_true(cases[i].good || request.status == 400);
    }
}

/* Given again and again with a byte more, a section has the same end. */
static void sections(void **state)
{
    (void)state;
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nX: \t b \r\n\r\nGET";
    const char *why;
    size_t scanned = 0, whole = sizeof head - 1 - 3;
    for (size_t length = 0; length < whole; length++) {
        assert_int_equal(http_section((const uint8_t *)head, length, false, &scanned, &why), 0);
        assert_int_equal(scanned, length);
    }
    assert_int_equal(http_section((const uint8_t *)head, whole, false, &scanned, &why), whole);
    scanned = 0;
    assert_int_equal(http_section((const uint8_t *)head, whole + 3, false, &scanned, &why),
                     whole);
    scanned = 0;
    assert_int_equal(http_section((const uint8_t *)"\r\n", 2, true, &scanned, &why), 2);
    /* What is wrong shows before the section has come to its end. */
    scanned = 0;
    assert_int_equal(http_section((const uint8_t *)"\x16\3\1", 3, false, &scanned, &why), -1);
    scanned = 0;
    assert_int_equal(http_section((const uint8_t *)"\r", 1, false, &scanned, &why), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted), cmocka_unit_test(upgrades_stay_behind),
        cmocka_unit_test(refused),  cmocka_unit_test(answers),
        cmocka_unit_test(trailers), cmocka_unit_test(sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
