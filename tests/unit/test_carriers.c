/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/carriers.c init/net/carrier.c init/net/relay.c init/net/flow.c
 * init/net/reactor.c
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/net/carriers.h"

enum { PATIENCE_MS = 10000 };

/* A gate without anything but its carriers, and a connection through it: what is written to
 * `agent` is to come out of `far`, and the other way round. */
struct world {
    struct reactor reactor;
    struct carriers carriers;
    struct timer tick;
    struct pipes pipes;
    int agent, far;
    struct end client, server;
    struct flow up, down;
    struct carried_at at;
    _Atomic pid_t *pid; /* shared: of the carrier that was forked last */
    int ended;          /* owners that were called */
    const size_t *end;  /* the reactor is to run until this is 0 */
};

static void child(struct carried_table *table, int pair, void *context)
{
    struct error err = ERROR_INIT;
    _Atomic pid_t *pid = context;
    *pid = getpid(); /* the last one's */
    /* Above all the other carriers' pairs: while one of them is open here, none of theirs ends.
     */
    (void)close_range(STDERR_FILENO + 1, (unsigned)pair - 1, 0);
    (void)close_range((unsigned)pair + 1, ~0U, 0);
    if (carrier_open(table, pair, &err) == 0)
        carrier_run();
}

static void over(void *owner)
{
    ((struct world *)owner)->ended++;
}

static int make_with(void **state, size_t count)
{
    struct world *world = calloc(1, sizeof *world);
    struct error err = ERROR_INIT;
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, near[2], away[2];
    if (!world || reactor_open(&world->reactor, &err) < 0)
        return -1;
    world->pid = mmap(NULL, sizeof *world->pid, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world->pid == MAP_FAILED)
        return -1;
    carriers_fork(&world->carriers, count, child, world->pid);
    while (count > 0 && *world->pid == 0)
        usleep(1000);
    if (carriers_open(&world->carriers, &world->reactor, 600, over, &err) < 0 ||
        socketpair(AF_UNIX, type, 0, near) < 0 || socketpair(AF_UNIX, type, 0, away) < 0)
        return -1;
    world->agent = near[0];
    world->far = away[0];
    world->client = (struct end){.fd = near[1], .readable = true, .writable = true};
    world->server = (struct end){.fd = away[1], .readable = true, .writable = true};
    world->up = world->down = (struct flow)FLOW_INIT;
    *state = world;
    return 0;
}

static int make(void **state)
{
    return make_with(state, 2);
}

static int make_one(void **state)
{
    return make_with(state, 1);
}

static int make_none(void **state)
{
    return make_with(state, 0);
}

static int unmake(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->carriers.count; i++)
        if (world->carriers.list[i].pair.fd >= 0)
            close(world->carriers.list[i].pair.fd);
    for (size_t i = 0; i < world->carriers.count; i++)
        (void)munmap(world->carriers.list[i].table, sizeof *world->carriers.list[i].table);
    (void)munmap(world->pid, sizeof *world->pid);
    close(world->reactor.epoll);
    close(world->agent);
    close(world->far);
    free(world);
    return 0;
}

/* As the gate does it: what was handed on is not its any more. */
static void take(struct world *world)
{
    assert_int_equal(carriers_take(&world->carriers, world, &world->client, &world->server,
                                   &world->up, &world->down, &world->at),
                     0);
    close(world->client.fd);
    close(world->server.fd);
    flow_end(&world->up, &world->pipes);
    flow_end(&world->down, &world->pipes);
}

/* Handed on without being let go of, so that there can be several. */
static int take_again(struct world *world)
{
    return carriers_take(&world->carriers, world, &world->client, &world->server, &world->up,
                         &world->down, &world->at);
}

static void expect(int fd, const char *text)
{
    char bytes[64] = "";
    size_t length = strlen(text), have = 0;
    while (have < length) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
        ssize_t n = read(fd, bytes + have, length - have);
        assert_true(n > 0);
        have += (size_t)n;
    }
    assert_string_equal(bytes, text);
}

static void expect_end(int fd)
{
    char byte;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
    assert_true(read(fd, &byte, 1) <= 0);
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void tick(struct timer *timer)
{
    struct world *world = member_of(timer, struct world, tick);
    if (*world->end == 0)
        world->reactor.ended = true;
    else
        timer_set(&world->reactor, timer, TIMER_TICK);
}

/* What carriers say is heard, until `count` is 0. */
static void run_until_none(struct world *world, const size_t *count)
{
    world->end = count;
    world->tick.expired = tick;
    world->reactor.ended = false;
    timer_set(&world->reactor, &world->tick, TIMER_TICK);
    reactor_run(&world->reactor);
}

/* --- tests -------------------------------------------------------------------------------- */

static void moves_both_ways_and_counts(void **state)
{
    struct world *world = *state;
    uint64_t up = 0, down = 0;
    world->up.bytes = 1000; /* the gate moved those */
    take(world);
    say(world->agent, "to the server");
    expect(world->far, "to the server");
    say(world->far, "back");
    expect(world->agent, "back");
    assert_int_equal(shutdown(world->agent, SHUT_WR), 0);
    expect_end(world->far);
    say(world->far, "more");
    expect(world->agent, "more");
    assert_int_equal(shutdown(world->far, SHUT_WR), 0);
    expect_end(world->agent);
    run_until_none(world, &world->at.carrier->carries);
    assert_int_equal(world->ended, 1);
    assert_int_equal(world->at.carrier->freed_count, 1);
    carriers_count(&world->at, &up, &down);
    assert_int_equal(up, 1000 + strlen("to the server"));
    assert_int_equal(down, strlen("backmore"));
}

static void takes_what_pipes_hold(void **state)
{
    struct world *world = *state;
    /* Neither side takes anything now, so both pipes keep what came. */
    say(world->agent, "up held");
    say(world->far, "down held");
    world->client.writable = world->server.writable = false;
    assert_int_equal(flow_move(&world->up, &world->client, &world->server, &world->pipes),
                     FLOW_WAITS);
    assert_int_equal(flow_move(&world->down, &world->server, &world->client, &world->pipes),
                     FLOW_WAITS);
    assert_int_equal(world->up.held, strlen("up held"));
    take(world);
    assert_int_equal(world->pipes.open, 0);
    assert_int_equal(world->pipes.count, 0);
    expect(world->far, "up held");
    expect(world->agent, "down held");
    say(world->agent, "then");
    expect(world->far, "then");
}

static void a_half_that_ended_before_stays_ended(void **state)
{
    struct world *world = *state;
    assert_int_equal(shutdown(world->agent, SHUT_WR), 0);
    assert_int_equal(flow_move(&world->up, &world->client, &world->server, &world->pipes),
                     FLOW_DONE);
    take(world);
    expect_end(world->far);
    say(world->far, "late");
    expect(world->agent, "late");
    assert_int_equal(shutdown(world->far, SHUT_WR), 0);
    run_until_none(world, &world->at.carrier->carries);
    assert_int_equal(world->ended, 1);
}

static void cuts_and_keeps_the_slot_until_it_ended(void **state)
{
    struct world *world = *state;
    take(world);
    carriers_cut(&world->at);
    assert_int_equal(world->at.carrier->freed_count, 0);
    assert_int_equal(world->at.carrier->carries, 1);
    expect_end(world->agent);
    expect_end(world->far);
    run_until_none(world, &world->at.carrier->carries);
    assert_int_equal(world->ended, 0); /* whoever cuts knows */
    assert_int_equal(world->at.carrier->freed_count, 1);
}

/* The carrier has seen already that there is something to cut, and had nothing to find. */
static void a_cut_that_is_there_before_its_connection_counts(void **state)
{
    struct world *world = *state;
    assert_int_equal(kill(*world->pid, SIGSTOP), 0);
    take(world);
    atomic_store(&world->at.carrier->table->slots[world->at.slot].cut, true);
    assert_int_equal(kill(*world->pid, SIGCONT), 0);
    expect_end(world->agent);
    expect_end(world->far);
}

static void a_full_pair_loses_no_cut(void **state)
{
    struct world *world = *state;
    const uint8_t wake = 0;
    take(world);
    say(world->agent, "taken");
    expect(world->far, "taken");
    assert_int_equal(kill(*world->pid, SIGSTOP), 0);
    /* It may need a moment to stop. */
    for (int full = 0; full < 100; full++) {
        while (send(world->at.carrier->pair.fd, &wake, 1, MSG_DONTWAIT) == 1)
            full = 0;
        usleep(1000);
    }
    assert_int_equal(send(world->at.carrier->pair.fd, &wake, 1, MSG_DONTWAIT), -1);
    carriers_cut(&world->at);
    assert_int_equal(kill(*world->pid, SIGCONT), 0);
    expect_end(world->agent);
    expect_end(world->far);
}

static void the_least_loaded_takes_it(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(take_again(world), 0);
    assert_int_equal(world->carriers.list[0].carries, 2);
    assert_int_equal(world->carriers.list[1].carries, 2);
    close(world->client.fd);
    close(world->server.fd);
}

static void as_many_as_it_has_descriptors_for(void **state)
{
    struct world *world = *state;
    world->carriers.most = 1;
    assert_int_equal(take_again(world), 0);
    assert_int_equal(take_again(world), 0);
    assert_int_equal(take_again(world), -1);
    close(world->client.fd);
    close(world->server.fd);
}

static void one_that_dies_ends_its_own(void **state)
{
    struct world *world = *state;
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, near[2], away[2];
    take(world);
    struct carrier_end *first = world->at.carrier;
    /* It hears the end of its pair, and so do we. */
    assert_int_equal(shutdown(first->pair.fd, SHUT_RDWR), 0);
    expect_end(world->agent);
    run_until_none(world, &first->carries);
    assert_int_equal(world->ended, 1);
    assert_int_equal(first->pair.fd, -1);
    /* The other one goes on. */
    assert_int_equal(socketpair(AF_UNIX, type, 0, near), 0);
    assert_int_equal(socketpair(AF_UNIX, type, 0, away), 0);
    world->client.fd = near[1];
    world->server.fd = away[1];
    take(world);
    assert_ptr_not_equal(world->at.carrier, first);
    say(near[0], "still");
    expect(away[0], "still");
    close(near[0]);
    close(away[0]);
}

static void without_carriers_nothing_is_taken(void **state)
{
    struct world *world = *state;
    assert_int_equal(take_again(world), -1);
    close(world->client.fd);
    close(world->server.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moves_both_ways_and_counts, make, unmake),
        cmocka_unit_test_setup_teardown(takes_what_pipes_hold, make, unmake),
        cmocka_unit_test_setup_teardown(a_half_that_ended_before_stays_ended, make, unmake),
        cmocka_unit_test_setup_teardown(cuts_and_keeps_the_slot_until_it_ended, make, unmake),
        cmocka_unit_test_setup_teardown(a_cut_that_is_there_before_its_connection_counts,
                                        make_one, unmake),
        cmocka_unit_test_setup_teardown(a_full_pair_loses_no_cut, make_one, unmake),
        cmocka_unit_test_setup_teardown(the_least_loaded_takes_it, make, unmake),
        cmocka_unit_test_setup_teardown(as_many_as_it_has_descriptors_for, make, unmake),
        cmocka_unit_test_setup_teardown(one_that_dies_ends_its_own, make, unmake),
        cmocka_unit_test_setup_teardown(without_carriers_nothing_is_taken, make_none, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
