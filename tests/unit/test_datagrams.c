/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/datagrams.c */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/net/datagrams.h"

struct pair {
    int server, client;
    struct sockaddr_in server_address, client_address;
    struct datagrams datagrams;
};

static int bound(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(bind(fd, (struct sockaddr *)address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

static int setup(void **state)
{
    static struct pair pair;
    memset(&pair, 0, sizeof pair);
    pair.server = bound(&pair.server_address);
    pair.client = bound(&pair.client_address);
    *state = &pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    close(pair->server);
    close(pair->client);
    return 0;
}

static void ask(const struct pair *pair, const void *bytes, size_t length)
{
    assert_int_equal(sendto(pair->client, bytes, length, 0,
                            (const struct sockaddr *)&pair->server_address,
                            sizeof pair->server_address),
                     length);
}

static void several_come_with_their_senders(void **state)
{
    struct pair *pair = *state;
    struct datagrams *got = &pair->datagrams;
    assert_int_equal(datagrams_receive(got, pair->server), 0);
    ask(pair, "one", 3);
    ask(pair, "", 0);
    ask(pair, "three", 5);
    assert_int_equal(datagrams_receive(got, pair->server), 3);
    assert_int_equal(got->list[0].length, 3);
    assert_memory_equal(got->list[0].bytes, "one", 3);
    assert_int_equal(got->list[1].length, 0);
    assert_int_equal(got->list[2].length, 5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got->list[i].peer_length, sizeof pair->client_address);
        assert_memory_equal(&got->list[i].peer, &pair->client_address, 8);
    }
    assert_int_equal(datagrams_receive(got, pair->server), 0);
}

static void one_that_is_too_long_is_empty(void **state)
{
    static uint8_t bytes[DNS_MESSAGE_MAX + 1];
    struct pair *pair = *state;
    ask(pair, bytes, sizeof bytes);
    ask(pair, bytes, sizeof bytes - 1);
    assert_int_equal(datagrams_receive(&pair->datagrams, pair->server), 2);
    assert_int_equal(pair->datagrams.list[0].length, 0);
    assert_int_equal(pair->datagrams.list[1].length, DNS_MESSAGE_MAX);
}

static void more_than_fit_come_in_turns(void **state)
{
    struct pair *pair = *state;
    for (int i = 0; i < DATAGRAMS_MAX + 5; i++)
        ask(pair, &(uint8_t){(uint8_t)i}, 1);
    assert_int_equal(datagrams_receive(&pair->datagrams, pair->server), DATAGRAMS_MAX);
    assert_int_equal(datagrams_receive(&pair->datagrams, pair->server), 5);
    assert_int_equal(pair->datagrams.list[4].bytes[0], DATAGRAMS_MAX + 4);
}

static void all_are_sent(void **state)
{
    static uint8_t large[DNS_MESSAGE_MAX + 100];
    struct pair *pair = *state;
    struct sockaddr_storage to = {0};
    memcpy(&to, &pair->client_address, sizeof pair->client_address);
    for (int i = 0; i < DATAGRAMS_MAX + 3; i++)
        datagrams_add(&pair->datagrams, pair->server, &to, sizeof pair->client_address,
                      &(uint8_t){(uint8_t)i}, 1);
    datagrams_add(&pair->datagrams, pair->server, &to, sizeof pair->client_address, large,
                  sizeof large);
    datagrams_send(&pair->datagrams, pair->server);
    assert_int_equal(pair->datagrams.count, 0);
    bool seen[DATAGRAMS_MAX + 3] = {false};
    for (size_t i = 0; i < DATAGRAMS_MAX + 4; i++) {
        ssize_t n = recv(pair->client, large, sizeof large, MSG_DONTWAIT);
        if (n == 1)
            seen[large[0]] = true;
        else
            assert_int_equal(n, sizeof large);
    }
    for (size_t i = 0; i < DATAGRAMS_MAX + 3; i++)
        assert_true(seen[i]);
    assert_int_equal(recv(pair->client, large, sizeof large, MSG_DONTWAIT), -1);
}

/* To port 0 nothing can be sent: the others go out all the same. */
static void one_that_cannot_be_sent_stops_no_other(void **state)
{
    struct pair *pair = *state;
    struct sockaddr_storage to = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
    char byte;
    for (int i = 0; i < 3; i++) {
        memcpy(&to, &pair->client_address, sizeof pair->client_address);
        if (i != 2)
            v4->sin_port = 0;
        datagrams_add(&pair->datagrams, pair->server, &to, sizeof pair->client_address,
                      (const uint8_t *)"x", 1);
    }
    datagrams_send(&pair->datagrams, pair->server);
    assert_int_equal(recv(pair->client, &byte, 1, MSG_DONTWAIT), 1);
    assert_int_equal(recv(pair->client, &byte, 1, MSG_DONTWAIT), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(several_come_with_their_senders, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_too_long_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_fit_come_in_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(all_are_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_sent_stops_no_other, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
