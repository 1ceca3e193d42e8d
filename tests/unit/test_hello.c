/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/hello.c init/net/host.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/hello.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

/* --- building hellos ------------------------------------------------------------------ */

#define FIXED                                                                                  \
    "\3\3"                                                                                     \
    "RandomRandomRandomRandomRandom12"                                                         \
    "\x20"                                                                                     \
    "SessionSessionSessionSession1234"                                                         \
    "\0\4\x13\x01\x13\x02"                                                                     \
    "\1\0"
#define SNI        "\0\0\0\x14\0\x12\0\0\x0fwww.Example.com"
#define NONE(type) type "\0\0"
#define ECH        "\xfe\x0d\0\x0e\0\0\1\0\1\x42\0\2KK\0\2PP"

/* Bytes written as a string, its own NUL not among them. */
#define BYTES(text) (text), sizeof(text) - 1

static void number(struct buf *out, size_t bytes, size_t value)
{
    while (bytes-- > 0) {
        char byte = (char)(value >> bytes * 8);
        assert_int_equal(buf_append(out, &byte, 1), 0);
    }
}

/* The handshake message of this body, in records of at most `size` bytes. */
static void records(struct buf *out, size_t type, const char *body, size_t length, size_t size)
{
    cleanup_buf struct buf message = BUF_INIT(1 << 17);
    number(&message, 1, type);
    number(&message, 3, length);
    assert_int_equal(buf_append(&message, body, length), 0);
    for (size_t at = 0; at < message.length; at += size) {
        size_t part = message.length - at < size ? message.length - at : size;
        assert_int_equal(buf_append(out, "\x16\3\1", 3), 0);
        number(out, 2, part);
        assert_int_equal(buf_append(out, message.data + at, part), 0);
    }
}

/* A hello of these extensions. */
static void build(struct buf *out, const char *extensions, size_t length, size_t size)
{
    cleanup_buf struct buf body = BUF_INIT(1 << 16);
    assert_int_equal(buf_append(&body, BYTES(FIXED)), 0);
    number(&body, 2, length);
    assert_int_equal(buf_append(&body, extensions, length), 0);
    buf_clear(out);
    records(out, 1, body.data, body.length, size);
}

/* From a copy of exactly that size, so that the sanitizer sees every byte too many. */
static enum hello_verdict parse(const char *bytes, size_t length, struct hello *hello)
{
    cleanup_free uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    memset(hello, 0xa5, sizeof *hello);
    enum hello_verdict verdict = hello_parse(copy, length, hello);
    assert_true((verdict == HELLO_BAD) == (hello->why != NULL));
    assert_true((verdict == HELLO_NAME) == (hello->name[0] != '\0'));
    return verdict;
}

/* All of it gives this verdict, less of it none, more of it the same. */
static void byte_by_byte(const struct buf *bytes, enum hello_verdict expected)
{
    struct hello hello;
    for (size_t length = 0; length < bytes->length; length++)
        assert_int_equal(parse(bytes->data, length, &hello), HELLO_MORE);
    assert_int_equal(parse(bytes->data, bytes->length, &hello), expected);
    cleanup_buf struct buf more = BUF_INIT(1 << 17);
    assert_int_equal(buf_append(&more, bytes->data, bytes->length), 0);
    assert_int_equal(buf_append(&more, BYTES("\x14\3\3\0\1\1 and early data")), 0);
    assert_int_equal(parse(more.data, more.length, &hello), expected);
}

/* --- hellos of real clients ----------------------------------------------------------- */

static void real_clients(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool named;
    } clients[] = {
        {"openssl3.0", true},     {"openssl3.5", true}, {"openssl-tls12", true},
        {"openssl-nosni", false}, {"curl", true},       {"curl-ipliteral", false},
        {"gnutls", true},         {"node", true},       {"node-fetch", true},
        {"python", true},         {"claude", true},     {"codex", true},
    };
    for (size_t i = 0; i < array_length(clients); i++) {
        char path[128], bytes[4096];
        snprintf(path, sizeof path, "tests/fuzz/corpus/hello/client-%s", clients[i].name);
        cleanup_file FILE *file = fopen(path, "rb");
        assert_non_null(file);
        cleanup_buf struct buf whole = BUF_INIT(sizeof bytes);
        assert_int_equal(buf_append(&whole, bytes, fread(bytes, 1, sizeof bytes, file)), 0);
        byte_by_byte(&whole, clients[i].named ? HELLO_NAME : HELLO_NO_NAME);
        struct hello hello;
        parse(whole.data, whole.length, &hello);
        assert_string_equal(hello.name, clients[i].named ? "www.example.com" : "");
        assert_false(hello.ech);
    }
}

/* --- records and segments ------------------------------------------------------------- */

static void split(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 3, 4, 5, 16, 64, 1000};
    for (size_t i = 0; i < array_length(sizes); i++) {
        cleanup_buf struct buf bytes = BUF_INIT(4096);
        build(&bytes, BYTES(NONE("\x0a\x0a") SNI NONE("\x3a\x3a")), sizes[i]);
        byte_by_byte(&bytes, HELLO_NAME);
        struct hello hello;
        parse(bytes.data, bytes.length, &hello);
        assert_string_equal(hello.name, "www.example.com");
    }
}

/* As large as it may be in two records, and a byte more; as many records, and one more. */
static void limits(void **state)
{
    (void)state;
    enum { BODY = HELLO_MAX - 2 * 5 - 4, FIRST = sizeof(FIXED) - 1 + 2 + 4 };
    struct hello hello;
    cleanup_buf struct buf bytes = BUF_INIT(1 << 17);
    cleanup_buf struct buf padding = BUF_INIT(1 << 17);
    for (size_t over = 0; over < 2; over++) {
        buf_clear(&padding);
        number(&padding, 2, 21);
        number(&padding, 2, BODY - FIRST + over);
        while (padding.length < BODY - FIRST + over + 4)
            number(&padding, 1, 0);
        build(&bytes, padding.data, padding.length, 1 << 14);
        assert_int_equal(bytes.length, HELLO_MAX + over);
        assert_int_equal(parse(bytes.data, bytes.length, &hello),
                         over ? HELLO_BAD : HELLO_NO_NAME);
        assert_int_equal(parse(bytes.data, HELLO_MAX - 1, &hello), HELLO_MORE);
    }
    /* What cannot fit is known from the first nine bytes on. */
    assert_int_equal(parse(BYTES("\x16\3\1\x40\0\1\0\x7f\xf8"), &hello), HELLO_BAD);
    assert_int_equal(parse(BYTES("\x16\3\1\x40\0\1\0\x7f\xf7"), &hello), HELLO_MORE);

    size_t message = sizeof(FIXED SNI) - 1 + 2 + 4;
    build(&bytes, BYTES(SNI), 1);
    assert_in_range(message, 100, HELLO_RECORDS_MAX - 1);
    byte_by_byte(&bytes, HELLO_NAME);
    size_t ones = HELLO_RECORDS_MAX - message;
    buf_clear(&padding);
    assert_int_equal(buf_append(&padding, BYTES(SNI)), 0);
    number(&padding, 2, 21);
    number(&padding, 2, ones - 4);
    for (size_t i = 4; i < ones; i++)
        number(&padding, 1, 0);
    build(&bytes, padding.data, padding.length, 1);
    byte_by_byte(&bytes, HELLO_NAME);
    padding.data[sizeof(SNI) + 2]++;
    number(&padding, 1, 0);
    build(&bytes, padding.data, padding.length, 1);
    assert_int_equal(parse(bytes.data, bytes.length, &hello), HELLO_BAD);
}

static void no_hellos(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes;
        size_t length;
    } none[] = {
        {"http", BYTES("G")},
        {"alert", BYTES("\x15\3\1\0\2\2\x28")},
        {"early application data", BYTES("\x17\3\3")},
        {"SSLv2", BYTES("\x80\x2e\1\3\1")},
        {"version 2", BYTES("\x16\2\1")},
        {"version 4", BYTES("\x16\4")},
        {"empty record", BYTES("\x16\3\1\0\0")},
        {"empty record within", BYTES("\x16\3\1\0\1\1\x16\3\1\0\0")},
        {"record of 16385", BYTES("\x16\3\1\x40\1")},
        {"hello request", BYTES("\x16\3\1\0\4\0\0\0\0")},
        {"server hello", BYTES("\x16\3\1\0\4\2")},
        {"empty hello", BYTES("\x16\3\1\0\4\1\0\0\0")},
        {"more in the record", BYTES("\x16\3\1\0\5\1\0\0\0")},
        {"alert between", BYTES("\x16\3\1\0\2\1\0\x15\3\1\0\2\2\x28")},
    };
    for (size_t i = 0; i < array_length(none); i++) {
        struct hello hello;
        if (parse(none[i].bytes, none[i].length, &hello) != HELLO_BAD)
            fail_msg("%s is taken for a hello", none[i].what);
    }
}

/* --- bodies --------------------------------------------------------------------------- */

static void body_verdict(const char *what, const char *body, size_t length,
                         enum hello_verdict expected)
{
    struct hello hello;
    cleanup_buf struct buf bytes = BUF_INIT(4096);
    records(&bytes, 1, body, length, 1 << 14);
    enum hello_verdict verdict = parse(bytes.data, bytes.length, &hello);
    if (verdict != expected)
        fail_msg("%s: %d (%s)", what, (int)verdict, hello.why ? hello.why : "");
}

static void bodies(void **state)
{
    (void)state;
#define RANDOM "RandomRandomRandomRandomRandom12"
    static const struct {
        const char *what, *body;
        size_t length;
    } bad[] = {
        {"version 2", BYTES("\2\0" RANDOM "\0"
                            "\0\2\0\1"
                            "\1\0")},
        {"session of 33", BYTES("\3\3" RANDOM "\x21" RANDOM "x"
                                "\0\2\0\1"
                                "\1\0")},
        {"no ciphers", BYTES("\3\3" RANDOM "\0"
                             "\0\0"
                             "\1\0")},
        {"one and a half", BYTES("\3\3" RANDOM "\0"
                                 "\0\3\0\1\0"
                                 "\1\0")},
        {"no compression", BYTES("\3\3" RANDOM "\0"
                                 "\0\2\0\1"
                                 "\0")},
        {"a byte more", BYTES("\3\3" RANDOM "\0"
                              "\0\2\0\1"
                              "\1\0"
                              "\0")},
        {"a byte more behind", BYTES("\3\3" RANDOM "\0"
                                     "\0\2\0\1"
                                     "\1\0"
                                     "\0\0"
                                     "\0")},
        {"extensions too long", BYTES("\3\3" RANDOM "\0"
                                      "\0\2\0\1"
                                      "\1\0"
                                      "\0\5"
                                      "\0\x17\0\0")},
        {"extensions too short", BYTES("\3\3" RANDOM "\0"
                                       "\0\2\0\1"
                                       "\1\0"
                                       "\0\3"
                                       "\0\x17\0\0")},
    };
    static const char least[] = "\3\1" RANDOM "\0"
                                "\0\2\0\1"
                                "\1\0"
                                "\0\0";
    for (size_t i = 0; i < array_length(bad); i++)
        body_verdict(bad[i].what, bad[i].body, bad[i].length, HELLO_BAD);
    /* Without extensions, and with none in them; cut anywhere before, it is malformed. */
    body_verdict("least", BYTES(least), HELLO_NO_NAME);
    for (size_t length = 0; length < sizeof least - 1; length++)
        body_verdict("cut", least, length,
                     length == sizeof least - 3 ? HELLO_NO_NAME : HELLO_BAD);
}

static void extensions(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes;
        size_t length;
        enum hello_verdict verdict;
        bool ech;
    } cases[] = {
        {"name", BYTES(SNI), HELLO_NAME, false},
        {"among GREASE", BYTES(NONE("\x1a\x1a") "\0\x17\0\0" SNI "\xfa\xfa\0\1\0"), HELLO_NAME,
         false},
        {"none", BYTES("\0\x17\0\0"), HELLO_NO_NAME, false},
        {"name twice", BYTES(SNI SNI), HELLO_BAD, false},
        {"another twice", BYTES("\0\x17\0\0" SNI "\0\x17\0\0"), HELLO_BAD, false},
        {"GREASE twice", BYTES(NONE("\x1a\x1a") SNI NONE("\x1a\x1a")), HELLO_BAD, false},
        {"half a type", BYTES(SNI "\0"), HELLO_BAD, false},
        {"no length", BYTES(SNI "\0\x17\0"), HELLO_BAD, false},
        {"past the end", BYTES(SNI "\0\x17\0\1"), HELLO_BAD, false},
        {"empty SNI", BYTES("\0\0\0\0"), HELLO_BAD, false},
        {"empty list", BYTES("\0\0\0\2\0\0"), HELLO_BAD, false},
        {"list too long", BYTES("\0\0\0\6\0\5\0\0\1a"), HELLO_BAD, false},
        {"list too short", BYTES("\0\0\0\7\0\4\0\0\1ab"), HELLO_BAD, false},
        {"name too long", BYTES("\0\0\0\6\0\4\0\0\2a"), HELLO_BAD, false},
        {"no name", BYTES("\0\0\0\5\0\3\0\0\0"), HELLO_BAD, false},
        {"name of type 1", BYTES("\0\0\0\6\0\4\1\0\1a"), HELLO_BAD, false},
        {"two names", BYTES("\0\0\0\x0a\0\x08\0\0\1a\0\0\1b"), HELLO_BAD, false},
        {"NUL", BYTES("\0\0\0\x0a\0\x08\0\0\5a\0.bc"), HELLO_BAD, false},
        {"NUL at the end", BYTES("\0\0\0\x07\0\5\0\0\2a\0"), HELLO_BAD, false},
        {"address",
         BYTES("\0\0\0\x0e\0\x0c\0\0\x09"
               "127.0.0.1"),
         HELLO_BAD, false},
        {"number",
         BYTES("\0\0\0\x0a\0\x08\0\0\5"
               "0x7f1"),
         HELLO_BAD, false},
        {"v6 address", BYTES("\0\0\0\x08\0\6\0\0\3::1"), HELLO_BAD, false},
        {"trailing dot", BYTES("\0\0\0\x07\0\5\0\0\2a."), HELLO_BAD, false},
        {"port", BYTES("\0\0\0\x09\0\7\0\0\4a:80"), HELLO_BAD, false},
        {"UTF-8", BYTES("\0\0\0\x07\0\5\0\0\2\xc3\xbc"), HELLO_BAD, false},
        {"asterisk", BYTES("\0\0\0\x08\0\6\0\0\3*.a"), HELLO_BAD, false},
        {"ECH and a name", BYTES(SNI ECH), HELLO_NAME, true},
        {"ECH before the name", BYTES(ECH SNI), HELLO_NAME, true},
        {"ECH alone", BYTES(ECH), HELLO_NO_NAME, true},
        {"ECH without key", BYTES(SNI "\xfe\x0d\0\x0b\0\0\1\0\1\x42\0\0\0\1P"), HELLO_NAME,
         true},
        {"ECH twice", BYTES(ECH SNI ECH), HELLO_BAD, true},
        {"inner ECH", BYTES(SNI "\xfe\x0d\0\1\1"), HELLO_BAD, false},
        {"ECH of type 2", BYTES(SNI "\xfe\x0d\0\x0b\2\0\1\0\1\x42\0\0\0\1P"), HELLO_BAD, false},
        {"empty ECH", BYTES(SNI NONE("\xfe\x0d")), HELLO_BAD, false},
        {"ECH without payload", BYTES(SNI "\xfe\x0d\0\x0a\0\0\1\0\1\x42\0\0\0\0"), HELLO_BAD,
         false},
        {"ECH cut in its suite", BYTES(SNI "\xfe\x0d\0\3\0\0\1"), HELLO_BAD, false},
        {"ECH cut in its key", BYTES(SNI "\xfe\x0d\0\x09\0\0\1\0\1\x42\0\2K"), HELLO_BAD,
         false},
        {"ECH cut in its payload", BYTES(SNI "\xfe\x0d\0\x0b\0\0\1\0\1\x42\0\0\0\2P"),
         HELLO_BAD, false},
        {"ECH and a byte", BYTES(SNI "\xfe\x0d\0\x0c\0\0\1\0\1\x42\0\0\0\1PP"), HELLO_BAD,
         false},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct hello hello;
        cleanup_buf struct buf bytes = BUF_INIT(4096);
        build(&bytes, cases[i].bytes, cases[i].length, 1 << 14);
        enum hello_verdict verdict = parse(bytes.data, bytes.length, &hello);
        if (verdict != cases[i].verdict || hello.ech != cases[i].ech)
            fail_msg("%s: %d (%s), ECH %d", cases[i].what, (int)verdict,
                     hello.why ? hello.why : "", hello.ech);
    }
}

static void many_extensions(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct hello hello;
        cleanup_buf struct buf list = BUF_INIT(4096);
        cleanup_buf struct buf bytes = BUF_INIT(8192);
        for (size_t i = 0; i < HELLO_EXTENSIONS_MAX + over; i++)
            number(&list, 4, (i + 100) << 16);
        build(&bytes, list.data, list.length, 1 << 14);
        assert_int_equal(parse(bytes.data, bytes.length, &hello),
                         over ? HELLO_BAD : HELLO_NO_NAME);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_clients),    cmocka_unit_test(split),
        cmocka_unit_test(limits),          cmocka_unit_test(no_hellos),
        cmocka_unit_test(bodies),          cmocka_unit_test(extensions),
        cmocka_unit_test(many_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
