/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/flow.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/net/flow.h"

/* A source and a target, each a pair: what is written to near[0] comes out of near[1]. */
struct line {
    int near[2], far[2];
    struct end from, to;
    struct flow flow;
    struct pipes pipes;
};

static int make(void **state)
{
    struct line *line = calloc(1, sizeof *line);
    int type = SOCK_STREAM | SOCK_NONBLOCK;
    if (!line || socketpair(AF_UNIX, type, 0, line->near) < 0 ||
        socketpair(AF_UNIX, type, 0, line->far) < 0)
        return -1;
    line->from = (struct end){.fd = line->near[1], .readable = true};
    line->to = (struct end){.fd = line->far[0], .writable = true};
    line->flow = (struct flow)FLOW_INIT;
    *state = line;
    return 0;
}

static int unmake(void **state)
{
    struct line *line = *state;
    flow_end(&line->flow, &line->pipes);
    for (size_t i = 0; i < line->pipes.count; i++) {
        close(line->pipes.ends[i][0]);
        close(line->pipes.ends[i][1]);
    }
    for (int i = 0; i < 2; i++) {
        close(line->near[i]);
        close(line->far[i]);
    }
    free(line);
    return 0;
}

static enum flow_state move(struct line *line)
{
    return flow_move(&line->flow, &line->from, &line->to, &line->pipes);
}

static void bytes_arrive_and_the_pipe_goes_back(void **state)
{
    struct line *line = *state;
    char got[16];
    assert_int_equal(write(line->near[0], "hello", 5), 5);
    assert_int_equal(move(line), FLOW_WAITS);
    assert_false(line->from.readable);
    assert_int_equal(read(line->far[1], got, sizeof got), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(line->flow.bytes, 5);
    assert_int_equal(line->flow.pipe[0], -1);
    assert_int_equal(line->pipes.count, 1);
}

static void an_end_is_passed_on_once_all_is_through(void **state)
{
    struct line *line = *state;
    char got[16];
    assert_int_equal(write(line->near[0], "bye", 3), 3);
    assert_int_equal(shutdown(line->near[0], SHUT_WR), 0);
    assert_int_equal(move(line), FLOW_DONE);
    assert_true(line->flow.shut);
    assert_int_equal(read(line->far[1], got, sizeof got), 3);
    assert_int_equal(read(line->far[1], got, sizeof got), 0);
    assert_int_equal(move(line), FLOW_DONE);
}

/* Back-pressure: a reader that does not read stops the flow, and loses nothing. */
static void a_slow_reader_holds_the_writer_back(void **state)
{
    struct line *line = *state;
    static char out[1 << 20], in[1 << 20];
    size_t sent = 0, received = 0;
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 7 + i / 251);
    for (int round = 0; round < 10000 && received < sizeof out; round++) {
        ssize_t n = write(line->near[0], out + sent, sizeof out - sent);
        if (n > 0) {
            sent += (size_t)n;
            line->from.readable = true;
        }
        enum flow_state flow = move(line);
        assert_true(flow == FLOW_WAITS || flow == FLOW_GOES_ON);
        if (!line->to.writable || sent == sizeof out) {
            n = read(line->far[1], in + received, 40000);
            received += n > 0 ? (size_t)n : 0;
            line->to.writable = true;
        }
    }
    assert_int_equal(received, sizeof out);
    assert_memory_equal(in, out, sizeof out);
    assert_int_equal(line->flow.bytes, sizeof out);
}

static void a_target_that_is_gone_breaks_it(void **state)
{
    struct line *line = *state;
    close(line->far[1]);
    line->far[1] = dup(line->far[0]); /* for unmake() */
    assert_int_equal(write(line->near[0], "x", 1), 1);
    assert_int_equal(move(line), FLOW_BROKEN);
}

static void no_more_is_taken_than_the_limit(void **state)
{
    struct line *line = *state;
    char got[16];
    line->flow.limit = 3;
    assert_int_equal(write(line->near[0], "hello", 5), 5);
    assert_int_equal(move(line), FLOW_WAITS);
    assert_int_equal(line->flow.limit, 0);
    assert_int_equal(read(line->far[1], got, sizeof got), 3);
    line->flow.limit = UINT64_MAX;
    assert_int_equal(move(line), FLOW_WAITS);
    assert_int_equal(read(line->far[1], got, sizeof got), 2);
    assert_memory_equal(got, "lo", 2);
}

/* No descriptor is left. */
static int without_pipes(void **state)
{
    if (make(state) < 0)
        return -1;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 3;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int with_pipes(void **state)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : unmake(state);
}

#define flow_test(f)   cmocka_unit_test_setup_teardown(f, make, unmake)
#define scarce_test(f) cmocka_unit_test_setup_teardown(f, without_pipes, with_pipes)

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        flow_test(bytes_arrive_and_the_pipe_goes_back),
        flow_test(an_end_is_passed_on_once_all_is_through),
        flow_test(a_slow_reader_holds_the_writer_back),
        flow_test(a_target_that_is_gone_breaks_it),
        flow_test(no_more_is_taken_than_the_limit),
        scarce_test(an_end_is_passed_on_once_all_is_through),
        scarce_test(a_slow_reader_holds_the_writer_back),
        scarce_test(a_target_that_is_gone_breaks_it),
        scarce_test(no_more_is_taken_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
