/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/proxy.c init/ssh/client.c init/ssh/exchange.c init/ssh/consent.c
 * init/ssh/upstream.c init/ssh/transfer.c init/ssh/message.c init/ssh/frame.c
 * init/ssh/identities.c init/ssh/key.c init/ssh/signed.c init/ssh/wire.c init/net/reactor.c */
/* wraps: clock_gettime */
/*
 * A proxy whose signatures have to be confirmed, in a process of its own. The test is its
 * clients, PID 1, the host's agent, and the clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/ssh/frame.h"
#include "init/ssh/proxy.h"
#include "shared/cleanup.h"

enum { PATIENCE_MS = 20000 };

/* How far the proxy's clock is ahead of ours, in seconds. */
static atomic_int *ahead;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int done = __real_clock_gettime(clock, now);
    if (clock == CLOCK_BOOTTIME)
        now->tv_sec += *ahead;
    return done;
}

struct world {
    char folder[32];
    struct sockaddr_un address;
    int listener, control;
    pid_t proxy;
};

static void be_proxy(int listener, int control) __attribute__((noreturn));
static void be_proxy(int listener, int control)
{
    static struct proxy proxy;
    static struct session session = {.ssh = {.agent = true, .log = true, .confirm = true}};
    struct error err = ERROR_INIT;
    const struct proxy_setup setup = {
        .listener = listener, .control = control, .agent = geteuid(), .session = &session};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (proxy_prepare(&proxy, &setup, &err) == 0)
        proxy_run(&proxy);
    _exit(0);
}

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    int ends[2];
    *state = world;
    ahead =
        mmap(NULL, sizeof *ahead, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(world->folder, "/tmp/clx-consent-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->address.sun_family = AF_UNIX;
    (void)snprintf(world->address.sun_path, sizeof world->address.sun_path, "%s/s",
                   world->folder);
    world->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(
        bind(world->listener, (struct sockaddr *)&world->address, sizeof world->address), 0);
    assert_int_equal(listen(world->listener, 64), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    world->proxy = fork();
    if (world->proxy == 0) {
        close(ends[0]);
        be_proxy(world->listener, ends[1]);
    }
    close(ends[1]);
    world->control = ends[0];
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    int status = -1;
    close(world->control); /* PID 1 is gone, and so it ends */
    (void)waitpid(world->proxy, &status, 0);
    close(world->listener);
    (void)unlink(world->address.sun_path);
    (void)rmdir(world->folder);
    (void)munmap(ahead, sizeof *ahead);
    free(world);
    return status;
}

/* --- PID 1 -------------------------------------------------------------------------------- */

static struct message hear(const struct world *world)
{
    uint8_t bytes[MESSAGE_MAX];
    struct message message;
    struct pollfd ready = {.fd = world->control, .events = POLLIN};
    if (poll(&ready, 1, PATIENCE_MS) != 1)
        fail_msg("PID 1 heard nothing");
    ssize_t n = recv(world->control, bytes, sizeof bytes, 0);
    assert_true(n > 0);
    assert_int_equal(message_parse(bytes, (size_t)n, &message), 0);
    return message;
}

static struct message hears(const struct world *world, enum message_kind kind)
{
    const struct message message = hear(world);
    assert_int_equal(message.kind, kind);
    return message;
}

static void hears_result(const struct world *world, enum signature_result result)
{
    assert_int_equal(hears(world, MESSAGE_SIGNATURE).signature.result, result);
}

static void say(const struct world *world, const struct message *message, int fd)
{
    uint8_t bytes[MESSAGE_MAX];
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = message_print(message, bytes)};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        packet.msg_control = room;
        packet.msg_controllen = sizeof room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    assert_true(sendmsg(world->control, &packet, MSG_NOSIGNAL) > 0);
}

static void consent(const struct world *world, uint32_t number, enum consent what)
{
    say(world, &(struct message){.kind = MESSAGE_CONSENT, .number = number, .consent = what},
        -1);
}

/* --- the agent ---------------------------------------------------------------------------- */

/* The next wish is granted; our end. */
static int give(const struct world *world)
{
    int ends[2];
    (void)hears(world, MESSAGE_WANT);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    say(world, &(struct message){.kind = MESSAGE_GIVEN}, ends[1]);
    close(ends[1]);
    return ends[0];
}

static void reads(int fd, const void *bytes, size_t length)
{
    uint8_t got[256];
    size_t have = 0;
    while (have < length) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail_msg("nothing came");
        ssize_t n = read(fd, got + have, length - have);
        assert_true(n > 0);
        have += (size_t)n;
    }
    assert_memory_equal(got, bytes, length);
}

static void writes(int fd, const void *bytes, size_t length)
{
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void is_over(int fd)
{
    char byte;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    assert_int_equal(read(fd, &byte, 1), 0);
}

/* What is known of which: a key "k" with the comment "c", and a signature "s". */
static const uint8_t list[] = {0, 0, 0, 1, AGENT_REQUEST_IDENTITIES};
static const uint8_t keys[] = {
    0, 0, 0, 15, AGENT_IDENTITIES_ANSWER, 0, 0, 0, 1, 0, 0, 0, 1, 'k', 0, 0, 0, 1, 'c'};
static const uint8_t sign[] = {
    0, 0, 0, 15, AGENT_SIGN_REQUEST, 0, 0, 0, 1, 'k', 0, 0, 0, 1, 'x', 0, 0, 0, 0};
static const uint8_t signature[] = {0, 0, 0, 6, AGENT_SIGN_RESPONSE, 0, 0, 0, 1, 's'};
#define FAILURE FRAME_FAILURE, FRAME_FAILURE_LENGTH

static int dial(const struct world *world)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&world->address, sizeof world->address), 0);
    return fd;
}

/* One that asks for a signature, for the first of which the proxy asks the agent (in *agent)
 * about its keys. */
static int ask(const struct world *world, int *agent)
{
    int fd = dial(world);
    writes(fd, sign, sizeof sign);
    if (*agent < 0) {
        *agent = give(world);
        reads(*agent, list, sizeof list);
        writes(*agent, keys, sizeof keys);
    }
    return fd;
}

/* --- what is promised --------------------------------------------------------------------- */

static void a_yes_signs_and_says_so(void **state)
{
    const struct world *world = *state;
    int agent = -1, client = ask(world, &agent);
    const struct message question = hears(world, MESSAGE_QUESTION);
    assert_string_equal(question.signature.comment, "c");
    /* Nothing went to the agent so far. */
    struct pollfd quiet = {.fd = agent, .events = POLLIN};
    assert_int_equal(poll(&quiet, 1, 100), 0);
    consent(world, question.number + 1, CONSENT_YES); /* of another question */
    assert_int_equal(poll(&quiet, 1, 100), 0);
    consent(world, question.number, CONSENT_YES);
    reads(agent, sign, sizeof sign);
    writes(agent, signature, sizeof signature);
    hears_result(world, SIGNATURE_CONFIRMED);
    reads(client, signature, sizeof signature);
    /* A second answer is of nothing: it signs once. */
    consent(world, question.number, CONSENT_YES);
    writes(client, sign, sizeof sign);
    assert_int_equal(hears(world, MESSAGE_QUESTION).number, question.number + 1);
    assert_int_equal(poll(&quiet, 1, 100), 0);
    close(client);
    close(agent);
}

static void a_no_and_nobody_do_not(void **state)
{
    const struct world *world = *state;
    int agent = -1, client = ask(world, &agent);
    consent(world, hears(world, MESSAGE_QUESTION).number, CONSENT_NO);
    hears_result(world, SIGNATURE_REFUSED);
    reads(client, FAILURE);
    writes(client, sign, sizeof sign);
    consent(world, hears(world, MESSAGE_QUESTION).number, CONSENT_NOBODY);
    hears_result(world, SIGNATURE_UNASKED);
    reads(client, FAILURE);
    struct pollfd quiet = {.fd = agent, .events = POLLIN};
    assert_int_equal(poll(&quiet, 1, 0), 0);
    close(client);
    close(agent);
}

static void one_question_after_the_other(void **state)
{
    const struct world *world = *state;
    int agent = -1, clients[PROXY_QUESTIONS_MAX];
    clients[0] = ask(world, &agent);
    const uint32_t first = hears(world, MESSAGE_QUESTION).number;
    for (int i = 1; i < PROXY_QUESTIONS_MAX; i++)
        clients[i] = ask(world, &agent);
    /* One more is too many. */
    int late = ask(world, &agent);
    reads(late, FAILURE);
    hears_result(world, SIGNATURE_LIMITED);
    close(late);
    /* The one that is asked about, and one of those behind it, do not wait any more. */
    close(clients[0]);
    assert_int_equal(hears(world, MESSAGE_WITHDRAWN).number, first);
    const uint32_t second = hears(world, MESSAGE_QUESTION).number;
    assert_int_equal(second, first + 1);
    close(clients[2]);
    consent(world, first, CONSENT_YES); /* on its way when it was withdrawn */
    consent(world, second, CONSENT_NO);
    hears_result(world, SIGNATURE_REFUSED);
    reads(clients[1], FAILURE);
    for (int i = 3; i < PROXY_QUESTIONS_MAX; i++) {
        consent(world, hears(world, MESSAGE_QUESTION).number, CONSENT_NO);
        hears_result(world, SIGNATURE_REFUSED);
        reads(clients[i], FAILURE);
        close(clients[i]);
    }
    close(clients[1]);
    close(agent);
}

/* Wakes the proxy, which looks at the clock. */
static void later(const struct world *world, int seconds)
{
    *ahead += seconds;
    close(dial(world));
}

static void without_an_answer_it_is_refused(void **state)
{
    const struct world *world = *state;
    int agent = -1, client = ask(world, &agent);
    const uint32_t number = hears(world, MESSAGE_QUESTION).number;
    int behind = ask(world, &agent);
    later(world, 30);
    struct pollfd waits = {.fd = client, .events = POLLIN};
    assert_int_equal(poll(&waits, 1, 100), 0);
    later(world, 31);
    assert_int_equal(hears(world, MESSAGE_WITHDRAWN).number, number);
    /* The next one has a minute of its own. */
    const uint32_t next = hears(world, MESSAGE_QUESTION).number;
    hears_result(world, SIGNATURE_UNANSWERED);
    reads(client, FAILURE);
    later(world, 30);
    waits.fd = behind;
    assert_int_equal(poll(&waits, 1, 100), 0);
    consent(world, next, CONSENT_NO);
    hears_result(world, SIGNATURE_REFUSED);
    reads(behind, FAILURE);
    close(client);
    close(behind);
    close(agent);
}

/* A client that has bound a session to its connection to the agent. */
static int bound(const struct world *world, int *agent)
{
    static const char name[] = "session-bind@openssh.com";
    uint8_t bind[64] = {0, 0, 0, 4 + 24 + 3 * 5 + 1 + 1, AGENT_EXTENSION, 0, 0, 0, 24};
    size_t length = 9;
    memcpy(bind + length, name, 24);
    length += 24;
    for (int i = 0; i < 3; i++) {
        memcpy(bind + length, "\0\0\0\1b", 5);
        length += 5;
    }
    bind[length++] = 0;
    assert_int_equal(length, FRAME_LENGTH + bind[3]);
    int client = dial(world);
    writes(client, bind, length);
    *agent = give(world);
    reads(*agent, bind, length);
    writes(*agent, "\0\0\0\1\6", 5);
    reads(client, "\0\0\0\1\6", 5);
    return client;
}

/* Nor is it where the agent says more than it was asked. */
static void what_was_bound_and_is_spoiled_is_not_made_up_for(void **state)
{
    const struct world *world = *state;
    uint8_t twice[2 * sizeof keys];
    int agent, client = bound(world, &agent);
    memcpy(twice, keys, sizeof keys);
    memcpy(twice + sizeof keys, keys, sizeof keys);
    writes(client, sign, sizeof sign);
    reads(agent, list, sizeof list);
    writes(agent, twice, sizeof twice);
    hears_result(world, SIGNATURE_FAILED);
    reads(client, FAILURE);
    is_over(client);
    is_over(agent);
    close(client);
    close(agent);
}

/* To whom nothing is bound gets the answer that counts, and another connection. */
static void what_was_not_asked_for_is_dropped(void **state)
{
    const struct world *world = *state;
    uint8_t twice[2 * sizeof keys], requests[2 * sizeof list];
    int client = dial(world);
    memcpy(twice, keys, sizeof keys);
    memcpy(twice + sizeof keys, keys, sizeof keys);
    memcpy(requests, list, sizeof list);
    memcpy(requests + sizeof list, list, sizeof list);
    writes(client, requests, sizeof requests); /* the second is kept for its turn */
    int agent = give(world);
    reads(agent, list, sizeof list);
    writes(agent, twice, sizeof twice);
    reads(client, keys, sizeof keys);
    is_over(agent);
    close(agent);
    agent = give(world);
    reads(agent, list, sizeof list);
    writes(agent, keys, sizeof keys);
    reads(client, keys, sizeof keys);
    close(client);
    close(agent);
}

/* A connection without what was bound to it may do more. */
static void what_was_bound_and_is_lost_is_not_made_up_for(void **state)
{
    const struct world *world = *state;
    int agent, client = bound(world, &agent);
    writes(client, sign, sizeof sign);
    reads(agent, list, sizeof list);
    writes(agent, keys, sizeof keys);
    const uint32_t number = hears(world, MESSAGE_QUESTION).number;
    close(agent);
    assert_int_equal(hears(world, MESSAGE_WITHDRAWN).number, number);
    hears_result(world, SIGNATURE_FAILED);
    reads(client, FAILURE);
    is_over(client);
    close(client);
}

/* One to which nothing is bound is replaced. */
static void an_agent_that_was_started_again_meanwhile_signs(void **state)
{
    const struct world *world = *state;
    int agent = -1, client = ask(world, &agent);
    const uint32_t number = hears(world, MESSAGE_QUESTION).number;
    close(agent);
    consent(world, number, CONSENT_YES);
    agent = give(world);
    reads(agent, sign, sizeof sign);
    writes(agent, signature, sizeof signature);
    hears_result(world, SIGNATURE_CONFIRMED);
    reads(client, signature, sizeof signature);
    close(client);
    close(agent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_yes_signs_and_says_so),
        TEST(a_no_and_nobody_do_not),
        TEST(one_question_after_the_other),
        TEST(without_an_answer_it_is_refused),
        TEST(what_was_bound_and_is_spoiled_is_not_made_up_for),
        TEST(what_was_not_asked_for_is_dropped),
        TEST(what_was_bound_and_is_lost_is_not_made_up_for),
        TEST(an_agent_that_was_started_again_meanwhile_signs),
    };
    return cmocka_run_group_tests_name("ssh consent", tests, NULL, NULL);
}
