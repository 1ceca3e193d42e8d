/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/reactor.c */
/* wraps: clock_gettime epoll_wait */
/*
 * How long the timers last, by a kernel whose time passes while it is waited for. What takes
 * two hours takes no time here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/net/reactor.h"
#include "shared/cleanup.h"

static uint64_t now; /* milliseconds */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
    assert_int_equal(clock, CLOCK_BOOTTIME); /* a limit goes on while the machine sleeps */
    ts->tv_sec = (time_t)(now / 1000);
    ts->tv_nsec = (long)(now % 1000) * 1000000;
    return 0;
}

/* Nothing is ever ready. */
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    (void)epoll;
    (void)events;
    (void)most;
    assert_true(timeout >= 0); /* else it would be for ever */
    now += (uint64_t)timeout;
    return 0;
}

struct world {
    struct reactor reactor;
    struct timer watched, other;
    uint64_t ended; /* when `watched` did */
    unsigned moves; /* left */
};

static int make(void **state)
{
    static struct world world;
    struct error err = ERROR_INIT;
    now = 1000;
    world = (struct world){.moves = 0};
    *state = &world;
    return reactor_open(&world.reactor, &err);
}

static int unmake(void **state)
{
    struct world *world = *state;
    close(world->reactor.epoll);
    return 0;
}

static void end(struct timer *timer)
{
    struct world *world = member_of(timer, struct world, watched);
    world->ended = now;
    world->reactor.ended = true;
}

static void each_lasts_as_long_as_it_says(void **state)
{
    struct world *world = *state;
    static const struct {
        enum timer_kind kind;
        uint64_t milliseconds;
    } kinds[] = {
        {TIMER_TICK, 50},        {TIMER_STAGGER, 250},    {TIMER_SECOND, 1000},
        {TIMER_LINGER, 2000},    {TIMER_HELLO, 10000},    {TIMER_DIAL, 30000},
        {TIMER_QUESTION, 60000}, {TIMER_CONSENT, 120000}, {TIMER_IDLE, 7200000},
    };
    assert_int_equal(array_length(kinds), TIMER_KINDS);
    world->watched.expired = end;
    for (size_t i = 0; i < array_length(kinds); i++) {
        const uint64_t before = now;
        world->reactor.ended = false;
        timer_set(&world->reactor, &world->watched, kinds[i].kind);
        reactor_run(&world->reactor);
        assert_true(world->ended - before == kinds[i].milliseconds);
        assert_null(world->watched.next);
    }
}

/* An event every half minute, as a stream of them has: each is a movement, which sets the limit
 * anew. */
static void move(struct timer *timer)
{
    struct world *world = member_of(timer, struct world, other);
    assert_true(world->ended == 0);
    timer_set(&world->reactor, &world->watched, TIMER_IDLE);
    if (--world->moves > 0)
        timer_set(&world->reactor, &world->other, TIMER_DIAL);
}

static void what_moves_does_not_end(void **state)
{
    struct world *world = *state;
    const uint64_t start = now, day = 24 * 3600 * 1000;
    world->watched.expired = end;
    world->other.expired = move;
    world->moves = 24 * 120;
    timer_set(&world->reactor, &world->watched, TIMER_IDLE);
    timer_set(&world->reactor, &world->other, TIMER_DIAL);
    reactor_run(&world->reactor);
    assert_true(world->ended == start + day + 2 * 3600 * 1000);
}

/* An hour and 59 minutes of silence are none too long. */
static void wake(struct timer *timer)
{
    struct world *world = member_of(timer, struct world, other);
    if (--world->moves > 0)
        timer_set(&world->reactor, &world->other, TIMER_QUESTION);
    else
        world->reactor.ended = true;
}

static void silence_shorter_than_the_limit_is_none(void **state)
{
    struct world *world = *state;
    world->watched.expired = end;
    world->other.expired = wake;
    world->moves = 119;
    timer_set(&world->reactor, &world->watched, TIMER_IDLE);
    timer_set(&world->reactor, &world->other, TIMER_QUESTION);
    reactor_run(&world->reactor);
    assert_true(world->ended == 0);
    assert_non_null(world->watched.next);
    timer_stop(&world->watched);
    assert_null(world->watched.next);
}

#define reactor_test(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        reactor_test(each_lasts_as_long_as_it_says),
        reactor_test(what_moves_does_not_end),
        reactor_test(silence_shorter_than_the_limit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
