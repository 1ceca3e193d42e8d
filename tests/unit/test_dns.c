/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/dns.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/dns.h"
#include "shared/cleanup.h"

/* Bytes written as a string, NULs within counted, its own not. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

#define HEADER   "\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
#define HEADER_E "\x12\x34\x01\x00\0\1\0\0\0\0\0\1"
#define ROOT     "\0"
#define WWW      "\3wWw\7Example\3com" ROOT
#define A_IN     "\0\x01\0\x01"
#define AAAA_IN  "\0\x1c\0\x01"
#define PTR_IN   "\0\x0c\0\x01"
#define OPT      "\0\0\x29\x04\xd0\0\0\0\0\0\0"

/* From a copy of exactly that size, so that the sanitizer sees every byte too many. */
static enum dns_verdict parse(const uint8_t *bytes, size_t length, struct dns_query *query,
                              enum dns_rcode *rcode)
{
    cleanup_free uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    memset(query, 0xa5, sizeof *query);
    return dns_parse(length > 0 ? copy : copy + 1, length, query, rcode);
}

static void ask(const uint8_t *bytes, size_t length, struct dns_query *query)
{
    enum dns_rcode rcode;
    assert_int_equal(parse(bytes, length, query, &rcode), DNS_ASK);
}

static void questions(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *bytes;
        size_t length;
        const char *name;
        uint16_t type, flags;
        bool edns;
    } good[] = {
        {BYTES(HEADER WWW A_IN), "www.example.com", 1, 0x0100, false},
        {BYTES(HEADER_E WWW AAAA_IN OPT), "www.example.com", 28, 0x0100, true},
        {BYTES("\x12\x34\x01\x30\0\1\0\0\0\0\0\0" WWW A_IN), "www.example.com", 1, 0x0110,
         false},
        {BYTES("\x12\x34\x04\x00\0\1\0\0\0\0\0\0" WWW A_IN), "www.example.com", 1, 0, false},
        {BYTES(HEADER ROOT "\0\2\0\1"), "", 2, 0x0100, false},
        {BYTES(HEADER "\1a" ROOT "\0\xff\0\1"), "a", 255, 0x0100, false},
        {BYTES(HEADER "\4_sip\4_tcp\1x" ROOT "\0\x21\0\1"), "_sip._tcp.x", 33, 0x0100, false},
        {BYTES(HEADER "\x0exn--mnchen-3ya\2de" ROOT A_IN), "xn--mnchen-3ya.de", 1, 0x0100,
         false},
        /* a client cookie (RFC 7873), and padding (RFC 7830) after it */
        {BYTES(HEADER_E WWW A_IN "\0\0\x29\x10\0\0\0\x80\0\0\x12"
                                 "\0\x0a\0\x08\1\2\3\4\5\6\7\x08\0\x0c\0\2\0\0"),
         "www.example.com", 1, 0x0100, true},
    };
    for (size_t i = 0; i < array_length(good); i++) {
        struct dns_query query;
        ask(good[i].bytes, good[i].length, &query);
        assert_string_equal(query.name, good[i].name);
        assert_int_equal(query.id, 0x1234);
        assert_int_equal(query.type, good[i].type);
        assert_int_equal(query.flags, good[i].flags);
        assert_int_equal(query.edns, good[i].edns);
        assert_memory_equal(query.question, good[i].bytes + 12, query.question_length);
    }
}

/* What a message is refused with, and whether its question is repeated. */
static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const uint8_t *bytes;
        size_t length;
        enum dns_rcode rcode;
        bool repeated;
    } bad[] = {
        {"status query", BYTES("\x12\x34\x10\0\0\1\0\0\0\0\0\0" WWW A_IN), DNS_NOTIMP, false},
        {"notify", BYTES("\x12\x34\x24\0\0\1\0\0\0\0\0\0" WWW A_IN), DNS_NOTIMP, false},
        {"update", BYTES("\x12\x34\x28\0\0\1\0\0\0\0\0\0" WWW A_IN), DNS_NOTIMP, false},
        {"truncated, it says", BYTES("\x12\x34\x03\0\0\1\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR,
         false},
        {"reserved bit", BYTES("\x12\x34\x01\x40\0\1\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR,
         false},
        {"rcode in a query", BYTES("\x12\x34\x01\x03\0\1\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR,
         false},
        {"no question", BYTES("\x12\x34\x01\0\0\0\0\0\0\0\0\0"), DNS_FORMERR, false},
        {"none, but there", BYTES("\x12\x34\x01\0\0\0\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR,
         false},
        {"two", BYTES("\x12\x34\x01\0\0\2\0\0\0\0\0\0" WWW A_IN WWW AAAA_IN), DNS_FORMERR,
         false},
        {"two announced", BYTES("\x12\x34\x01\0\0\2\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR, false},
        {"257", BYTES("\x12\x34\x01\0\1\1\0\0\0\0\0\0" WWW A_IN), DNS_FORMERR, false},
        {"answers", BYTES("\x12\x34\x01\0\0\1\0\1\0\0\0\0" WWW A_IN), DNS_FORMERR, false},
        {"authority", BYTES("\x12\x34\x01\0\0\1\0\0\0\1\0\0" WWW A_IN), DNS_FORMERR, false},
        {"two more", BYTES("\x12\x34\x01\0\0\1\0\0\0\0\0\2" WWW A_IN OPT OPT), DNS_FORMERR,
         false},
        {"pointer to itself", BYTES(HEADER "\xc0\x0c" A_IN), DNS_FORMERR, false},
        {"pointer to the header", BYTES(HEADER "\3www\xc0\0" A_IN), DNS_FORMERR, false},
        {"pointer forward", BYTES(HEADER "\xc0\x12" A_IN WWW), DNS_FORMERR, false},
        {"half a pointer", BYTES(HEADER "\xc0" A_IN), DNS_FORMERR, false},
        {"label type 01",
         BYTES(HEADER "\x41"
                      "a" ROOT A_IN),
         DNS_FORMERR, false},
        {"label type 10",
         BYTES(HEADER "\x81"
                      "a" ROOT A_IN),
         DNS_FORMERR, false},
        {"a byte left over", BYTES(HEADER WWW A_IN "\0"), DNS_FORMERR, false},
        {"two questions, one counted", BYTES(HEADER WWW A_IN WWW A_IN), DNS_FORMERR, false},
        {"OPT not counted", BYTES(HEADER WWW A_IN OPT), DNS_FORMERR, false},
        {"OPT missing", BYTES(HEADER_E WWW A_IN), DNS_FORMERR, false},
        {"another record", BYTES(HEADER_E WWW A_IN "\0\0\x01\0\x01\0\0\0\0\0\0"), DNS_FORMERR,
         false},
        {"OPT with a name", BYTES(HEADER_E WWW A_IN "\1a" OPT), DNS_FORMERR, false},
        {"OPT and a byte", BYTES(HEADER_E WWW A_IN OPT "\0"), DNS_FORMERR, false},
        {"OPT longer than it is", BYTES(HEADER_E WWW A_IN "\0\0\x29\2\0\0\0\0\0\0\4"),
         DNS_FORMERR, false},
        {"half an option", BYTES(HEADER_E WWW A_IN "\0\0\x29\2\0\0\0\0\0\0\3\0\x0a\0"),
         DNS_FORMERR, false},
        {"option past the end", BYTES(HEADER_E WWW A_IN "\0\0\x29\2\0\0\0\0\0\0\5\0\x0a\0\2z"),
         DNS_FORMERR, false},
        {"EDNS 1", BYTES(HEADER_E WWW A_IN "\0\0\x29\2\0\0\1\0\0\0\0"), DNS_BADVERS, true},
        {"class CHAOS", BYTES(HEADER "\7version\4bind" ROOT "\0\x10\0\3"), DNS_REFUSED, true},
        {"class ANY", BYTES(HEADER WWW "\0\1\0\xff"), DNS_REFUSED, true},
        {"class CHAOS, and more", BYTES(HEADER WWW "\0\1\0\3\0"), DNS_FORMERR, false},
        {"NUL", BYTES(HEADER "\3a\0b\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"dot in a label", BYTES(HEADER "\13example.com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"blank", BYTES(HEADER "\3a b\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"asterisk", BYTES(HEADER "\1*\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"escape", BYTES(HEADER "\3\x1b[A\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"UTF-8", BYTES(HEADER "\7m\xc3\xbcnchn\2de" ROOT A_IN), DNS_NXDOMAIN, true},
        {"hyphen first", BYTES(HEADER "\2-a\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"hyphen last", BYTES(HEADER "\2a-\3com" ROOT A_IN), DNS_NXDOMAIN, true},
        {"an address",
         BYTES(HEADER "\2"
                      "10\1"
                      "0\1"
                      "0\1"
                      "1" ROOT A_IN),
         DNS_NXDOMAIN, true},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct dns_query query;
        enum dns_rcode rcode = DNS_NOERROR;
        enum dns_verdict verdict = parse(bad[i].bytes, bad[i].length, &query, &rcode);
        if (verdict != DNS_ERROR || rcode != bad[i].rcode ||
            (query.question_length > 0) != bad[i].repeated)
            fail_msg("%s: %d, code %d, %zu bytes repeated", bad[i].what, (int)verdict,
                     (int)rcode, query.question_length);
        assert_int_equal(query.id, 0x1234);
        if (rcode == DNS_FORMERR || rcode == DNS_NXDOMAIN)
            assert_int_equal(query.name[0], '\0');
    }
}

/* Cut anywhere, or followed by anything, a good query is none. */
static void truncated(void **state)
{
    (void)state;
    static const uint8_t whole[] = HEADER_E WWW A_IN "\0\0\x29\2\0\0\0\0\0\0\5\0\x0a\0\1z";
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        struct dns_query query;
        enum dns_rcode rcode = DNS_NOERROR;
        enum dns_verdict verdict = parse(whole, length, &query, &rcode);
        assert_int_equal(verdict, length < 12 ? DNS_IGNORE : DNS_ERROR);
        assert_int_equal(rcode, length < 12 ? DNS_NOERROR : DNS_FORMERR);
        assert_int_equal(query.question_length, 0);
        assert_int_equal(query.name[0], '\0');
    }
}

static void answers_are_not_answered(void **state)
{
    (void)state;
    struct dns_query query;
    enum dns_rcode rcode;
    assert_int_equal(parse(BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" WWW A_IN), &query, &rcode),
                     DNS_IGNORE);
}

/* A query for a name of labels of these lengths. */
static size_t long_name(uint8_t *out, const size_t *labels, size_t count)
{
    static const uint8_t header[] = HEADER;
    size_t length = sizeof header - 1;
    memcpy(out, header, sizeof header);
    for (size_t i = 0; i < count; i++) {
        out[length++] = (uint8_t)labels[i];
        memset(out + length, 'a', labels[i]);
        length += labels[i];
    }
    static const uint8_t end[] = {0, 0, DNS_A, 0, 1};
    memcpy(out + length, end, sizeof end);
    return length + sizeof end;
}

static void lengths(void **state)
{
    (void)state;
    struct dns_query query;
    enum dns_rcode rcode;
    uint8_t message[DNS_MESSAGE_MAX + 1];
    static const size_t longest[] = {63, 63, 63, 61}, longer[] = {63, 63, 63, 62},
                        label[] = {64, 3}, many[] = {63, 63, 63, 63, 63};
    ask(message, long_name(message, longest, array_length(longest)), &query);
    assert_int_equal(strlen(query.name), 253);
    assert_int_equal(query.question_length, DNS_QUESTION_MAX);
    const struct {
        const size_t *labels;
        size_t count;
    } bad[] = {{longer, array_length(longer)},
               {label, array_length(label)},
               {many, array_length(many)}};
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_int_equal(
            parse(message, long_name(message, bad[i].labels, bad[i].count), &query, &rcode),
            DNS_ERROR);
        assert_int_equal(rcode, DNS_FORMERR);
    }
    /* 127 labels of one letter */
    size_t ones[128];
    for (size_t i = 0; i < array_length(ones); i++)
        ones[i] = 1;
    ask(message, long_name(message, ones, 127), &query);
    assert_int_equal(strlen(query.name), 253);
    assert_int_equal(parse(message, long_name(message, ones, 128), &query, &rcode), DNS_ERROR);

    /* One option that fills the message, and is then a byte too long. */
    size_t length = sizeof(HEADER_E WWW A_IN OPT) - 1;
    for (size_t size = DNS_MESSAGE_MAX; size <= DNS_MESSAGE_MAX + 1; size++) {
        memset(message, 0, sizeof message);
        memcpy(message, HEADER_E WWW A_IN OPT, length);
        message[length - 2] = (uint8_t)((size - length) >> 8);
        message[length - 1] = (uint8_t)(size - length);
        message[length + 1] = 12;
        message[length + 2] = (uint8_t)((size - length - 4) >> 8);
        message[length + 3] = (uint8_t)(size - length - 4);
        assert_int_equal(parse(message, size, &query, &rcode),
                         size == DNS_MESSAGE_MAX ? DNS_ASK : DNS_ERROR);
    }
}

/* --- answers -------------------------------------------------------------------------- */

static uint8_t out[DNS_UDP_MAX];

static void is_answer(size_t length, const uint8_t *expected, size_t expected_length)
{
    assert_int_equal(length, expected_length);
    assert_memory_equal(out, expected, expected_length);
}

static void empty_answers(void **state)
{
    (void)state;
    struct dns_query query;
    enum dns_rcode rcode;
    ask(BYTES(HEADER WWW A_IN), &query);
    is_answer(dns_answer_empty(&query, DNS_NOERROR, out),
              BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" WWW A_IN));
    is_answer(dns_answer_empty(&query, DNS_NXDOMAIN, out),
              BYTES("\x12\x34\x81\x83\0\1\0\0\0\0\0\0" WWW A_IN));
    is_answer(dns_answer_empty(&query, DNS_REFUSED, out),
              BYTES("\x12\x34\x81\x85\0\1\0\0\0\0\0\0" WWW A_IN));
    /* with EDNS; RD is not set by us, CD is repeated */
    ask(BYTES("\x12\x34\0\x10\0\1\0\0\0\0\0\1" WWW A_IN OPT), &query);
    is_answer(dns_answer_empty(&query, DNS_NXDOMAIN, out),
              BYTES("\x12\x34\x80\x93\0\1\0\0\0\0\0\1" WWW A_IN OPT));
    /* the upper bits of a code are in the OPT record */
    parse(BYTES(HEADER_E WWW A_IN "\0\0\x29\2\0\0\1\0\0\0\0"), &query, &rcode);
    is_answer(
        dns_answer_empty(&query, rcode, out),
        BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\1" WWW A_IN "\0\0\x29\x04\xd0\1\0\0\0\0\0"));
    /* what was not understood is not repeated, its opcode is */
    parse(BYTES("\x12\x34\x29\0\0\1\0\0\0\0\0\0" WWW A_IN), &query, &rcode);
    is_answer(dns_answer_empty(&query, rcode, out), BYTES("\x12\x34\xa9\x84\0\0\0\0\0\0\0\0"));
    parse(BYTES(HEADER "\xc0\x0c" A_IN), &query, &rcode);
    is_answer(dns_answer_empty(&query, rcode, out), BYTES("\x12\x34\x81\x81\0\0\0\0\0\0\0\0"));
}

static void address_answers(void **state)
{
    (void)state;
    struct dns_query query;
    ask(BYTES(HEADER WWW A_IN), &query);
    is_answer(dns_answer_addresses(&query, (const uint8_t *)"\xc6\x12\0\7", 1, 60, out),
              BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" WWW A_IN
                    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x12\0\7"));
    is_answer(
        dns_answer_addresses(&query, (const uint8_t *)"\1\2\3\4\5\6\7\x08", 2, 0x01020304, out),
        BYTES("\x12\x34\x81\x80\0\1\0\2\0\0\0\0" WWW A_IN "\xc0\x0c\0\1\0\1\1\2\3\4\0\4\1\2\3\4"
              "\xc0\x0c\0\1\0\1\1\2\3\4\0\4\5\6\7\x08"));
    is_answer(dns_answer_addresses(&query, (const uint8_t *)"", 0, 60, out),
              BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" WWW A_IN));
    ask(BYTES(HEADER_E WWW AAAA_IN OPT), &query);
    is_answer(
        dns_answer_addresses(&query, (const uint8_t *)"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 1,
                             60, out),
        BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0\1" WWW AAAA_IN
              "\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" OPT));
    /* a question for anything else has no addresses */
    ask(BYTES(HEADER WWW "\0\x10\0\1"), &query);
    is_answer(dns_answer_addresses(&query, (const uint8_t *)"\1\2\3\4", 1, 60, out),
              BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" WWW "\0\x10\0\1"));
}

/* 1,000 records do not fit: as many come as do. */
static void full_answers(void **state)
{
    (void)state;
    static const uint8_t addresses[1000 * 16];
    static const size_t longest[] = {63, 63, 63, 61}, one[] = {1};
    const struct {
        const size_t *labels;
        size_t count, fits[2];
    } names[] = {
        {longest, array_length(longest), {(512 - 12 - 259) / 16, (512 - 12 - 259) / 28}},
        {one, array_length(one), {(512 - 12 - 7) / 16, (512 - 12 - 7) / 28}}};
    for (size_t i = 0; i < array_length(names); i++) {
        for (size_t v6 = 0; v6 < 2; v6++) {
            uint8_t message[DNS_MESSAGE_MAX];
            size_t length = long_name(message, names[i].labels, names[i].count);
            message[length - 3] = v6 ? DNS_AAAA : DNS_A;
            struct dns_query query;
            ask(message, length, &query);
            size_t answer = dns_answer_addresses(&query, addresses, 1000, 60, out);
            assert_int_equal(answer, length + names[i].fits[v6] * (v6 ? 28 : 16));
            assert_int_equal(out[6] << 8 | out[7], names[i].fits[v6]);
        }
    }
}

#define REVERSE                                                                                \
    "\1"                                                                                       \
    "7\1"                                                                                      \
    "0\2"                                                                                      \
    "18\3"                                                                                     \
    "198\7in-addr\4arpa" ROOT

static void name_answers(void **state)
{
    (void)state;
    struct dns_query query;
    ask(BYTES(HEADER REVERSE PTR_IN), &query);
    assert_string_equal(query.name, "7.0.18.198.in-addr.arpa");
    is_answer(dns_answer_name(&query, "www.example.com", 60, out),
              BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" REVERSE PTR_IN
                    "\xc0\x0c\0\x0c\0\1\0\0\0\x3c\0\x11"
                    "\3www\7example\3com" ROOT));
    is_answer(dns_answer_name(&query, "localhost", 0, out),
              BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" REVERSE PTR_IN
                    "\xc0\x0c\0\x0c\0\1\0\0\0\0\0\x0b"
                    "\x09localhost" ROOT));
    char label[66] = "", name[300] = "";
    memset(label, 'a', 64);
    for (size_t i = 0; i < 253; i++)
        name[i] = i % 2 ? '.' : 'a';
    assert_int_equal(dns_answer_name(&query, name, 0, out),
                     12 + sizeof(REVERSE PTR_IN) - 1 + 267);
    name[253] = '.';
    name[254] = 'a';
    const char *const none[] = {".", "a..b", ".a", "a.", label, name};
    for (size_t i = 0; i < array_length(none); i++)
        is_answer(dns_answer_name(&query, none[i], 60, out),
                  BYTES("\x12\x34\x81\x82\0\1\0\0\0\0\0\0" REVERSE PTR_IN));
    label[63] = '\0';
    assert_int_equal(dns_answer_name(&query, label, 0, out),
                     12 + sizeof(REVERSE PTR_IN) - 1 + 12 + 65);
    /* a name and a question that just fit together, and then do not */
    static const size_t longest[] = {63, 63, 63, 61};
    size_t labels[] = {63, 63, 63, 39};
    uint8_t message[DNS_MESSAGE_MAX];
    for (size_t over = 0; over < 2; over++, labels[3]++) {
        ask(message, long_name(message, labels, array_length(labels)), &query);
        name[249] = '\0';
        assert_int_equal(dns_answer_name(&query, name, 0, out),
                         over ? 12 + query.question_length : DNS_UDP_MAX);
    }
    name[249] = '.';
    ask(message, long_name(message, longest, array_length(longest)), &query);
    name[253] = '\0';
    assert_int_equal(dns_answer_name(&query, name, 0, out), 12 + DNS_QUESTION_MAX);
    assert_int_equal(out[3] & 0xf, DNS_SERVFAIL);
}

static void reverse_names(void **state)
{
    (void)state;
#define NIBBLES "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
    static const struct {
        const char *name, *address;
    } good[] = {
        {"7.0.18.198.in-addr.arpa", "198.18.0.7"},
        {"255.255.255.255.in-addr.arpa", "255.255.255.255"},
        {"0.0.0.0.in-addr.arpa", "0.0.0.0"},
        {NIBBLES "2.ip6.arpa", "2001:db8::1"},
        {NIBBLES "f.ip6.arpa", "f001:db8::1"},
    };
    static const char *const bad[] = {
        "",
        "in-addr.arpa",
        "18.198.in-addr.arpa",
        "7.7.0.18.198.in-addr.arpa",
        "256.0.18.198.in-addr.arpa",
        "1000.0.18.198.in-addr.arpa",
        "07.0.18.198.in-addr.arpa",
        "a.0.18.198.in-addr.arpa",
        ".0.18.198.in-addr.arpa",
        "7.0.18.198",
        "7.0.18.198.",
        "7.0.18.198.in-addr.arp",
        "7.0.18.198.in-addr.arpa.",
        "7.0.18.198.in-addr.arpa.example.com",
        "7.0.18.198.ip6.arpa",
        NIBBLES "ip6.arpa",
        NIBBLES "2.2.ip6.arpa",
        NIBBLES "g.ip6.arpa",
        NIBBLES "22.ip6.arpa",
        NIBBLES,
        NIBBLES "2.in-addr.arpa",
    };
    int family = 0;
    uint8_t address[16];
    for (size_t i = 0; i < array_length(good); i++) {
        char text[INET6_ADDRSTRLEN];
        assert_int_equal(dns_reverse_name(good[i].name, &family, address), 0);
        assert_non_null(inet_ntop(family, address, text, sizeof text));
        assert_string_equal(text, good[i].address);
    }
    for (size_t i = 0; i < array_length(bad); i++) {
        memset(address, 0xa5, sizeof address);
        family = -1;
        if (dns_reverse_name(bad[i], &family, address) != -1)
            fail_msg("'%s' is an address", bad[i]);
        assert_int_equal(family, -1);
        assert_int_equal(address[0], 0xa5);
    }
}

static void what_is_cut_short_says_so(void **state)
{
    static const uint8_t message[] =
        "\x12\x34\x01\0\0\1\0\0\0\0\0\1" WWW A_IN "\0\0\x29\x04\xd0\0\0\0\0\0\0";
    struct dns_query query;
    enum dns_rcode rcode;
    (void)state;
    assert_int_equal(dns_parse(message, sizeof message - 1, &query, &rcode), DNS_ASK);
    assert_int_equal(query.udp_max, 1232);
    size_t length = dns_answer_truncated(&query, out);
    assert_true(length > 12);
    assert_int_equal(out[2] & 0x02, 0x02);
    assert_int_equal(out[7], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions),
        cmocka_unit_test(refusals),
        cmocka_unit_test(truncated),
        cmocka_unit_test(answers_are_not_answered),
        cmocka_unit_test(lengths),
        cmocka_unit_test(empty_answers),
        cmocka_unit_test(address_answers),
        cmocka_unit_test(full_answers),
        cmocka_unit_test(name_answers),
        cmocka_unit_test(reverse_names),
        cmocka_unit_test(what_is_cut_short_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
