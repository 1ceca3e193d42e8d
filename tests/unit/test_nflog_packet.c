/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/nflog_packet.c */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/nflog_packet.h"

static const uint8_t v4[] = {0x45, 0, 0,   32, 0, 0, 0,    0,    64,   17,   0, 0,  10, 0,
                             0,    2, 192, 0,  2, 1, 0x9c, 0x40, 0x12, 0x67, 0, 12, 0,  0};
static const uint8_t v6[] = {0x60, 0, 0, 0, 0, 8, 17, 64, 0xfd, 0,    0,    0,    0, 0, 0, 0,
                             0,    0, 0, 0, 0, 0, 0,  2,  0x20, 1,    0xd,  0xb8, 0, 0, 0, 0,
                             0,    0, 0, 0, 0, 0, 0,  1,  0x9c, 0x40, 0x01, 0xbb, 0, 8, 0, 0};

static void destinations_are_found(void **state)
{
    static const uint8_t to4[] = {192, 0, 2, 1}, to6[] = {0x20, 1, 0xd, 0xb8};
    struct nflog_packet packet;
    (void)state;
    assert_int_equal(nflog_packet_parse(v4, sizeof v4, &packet), 0);
    assert_int_equal(packet.via, VIA_UDP);
    assert_int_equal(packet.family, AF_INET);
    assert_memory_equal(packet.address, to4, 4);
    assert_int_equal(packet.port, 4711);
    assert_int_equal(nflog_packet_parse(v6, sizeof v6, &packet), 0);
    assert_int_equal(packet.family, AF_INET6);
    assert_memory_equal(packet.address, to6, 4);
    assert_int_equal(packet.port, 443);
}

static void what_has_no_port_has_none(void **state)
{
    uint8_t bytes[sizeof v4];
    struct nflog_packet packet;
    static const struct {
        size_t at;
        uint8_t value;
        enum gate_via via;
    } cases[] = {{9, 1, VIA_ICMP},
                 {9, 132, VIA_OTHER},
                 {7, 1, VIA_UDP},
                 {6, 0x1f, VIA_UDP},
                 {0, 0x4f, VIA_UDP}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(bytes, v4, sizeof v4);
        bytes[cases[i].at] = cases[i].value;
        assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), 0);
        assert_int_equal(packet.via, cases[i].via);
        assert_int_equal(packet.port, 0);
    }
}

/* RFC 8200 4.3; multicast listener reports of the kernel's have it, for a router alert. */
static void options_for_each_hop_hide_nothing(void **state)
{
    uint8_t bytes[sizeof v6 + 8] = {0};
    struct nflog_packet packet;
    (void)state;
    memcpy(bytes, v6, 40);
    bytes[6] = 0;
    bytes[40] = 58; /* ICMPv6, behind 8 bytes */
    assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), 0);
    assert_int_equal(packet.via, VIA_ICMP);
    bytes[40] = 17;
    memcpy(bytes + 48, v6 + 40, 8);
    assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), 0);
    assert_int_equal(packet.via, VIA_UDP);
    assert_int_equal(packet.port, 443);
    bytes[41] = 255; /* longer than what is there */
    assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), 0);
    assert_int_equal(packet.port, 0);
    for (size_t cut = 40; cut < 42; cut++) {
        assert_int_equal(nflog_packet_parse(bytes, cut, &packet), 0);
        assert_int_equal(packet.via, VIA_OTHER);
    }
}

static void what_is_cut_is_no_packet(void **state)
{
    struct nflog_packet packet;
    uint8_t bytes[sizeof v4];
    (void)state;
    for (size_t cut = 0; cut < 20; cut++)
        assert_int_equal(nflog_packet_parse(v4, cut, &packet), -1);
    for (size_t cut = 0; cut < 40; cut++)
        assert_int_equal(nflog_packet_parse(v6, cut, &packet), -1);
    for (size_t cut = 20; cut < 24; cut++) {
        assert_int_equal(nflog_packet_parse(v4, cut, &packet), 0);
        assert_int_equal(packet.port, 0);
    }
    memcpy(bytes, v4, sizeof v4);
    bytes[0] = 0x44;
    assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), -1);
    bytes[0] = 0x55;
    assert_int_equal(nflog_packet_parse(bytes, sizeof bytes, &packet), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destinations_are_found),
        cmocka_unit_test(what_has_no_port_has_none),
        cmocka_unit_test(options_for_each_hop_hide_nothing),
        cmocka_unit_test(what_is_cut_is_no_packet),
    };
    return cmocka_run_group_tests_name("nflog_packet", tests, NULL, NULL);
}
