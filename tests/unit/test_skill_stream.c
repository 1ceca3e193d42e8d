/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/skill_stream.c init/git/store.c */
/* wraps: setsockopt */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>
#include <git2.h>
#include <git2/sys/transport.h>

#include "init/git/skill_fetch.h"
#include "init/git/skill_stream.h"

enum { PATIENCE = 30 }; /* seconds, where nothing is cut */

/* What was asked for is kept, and a moment is waited in its place. */
static struct timeval waits_to_read, waits_to_write;

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    static const struct timeval moment = {.tv_usec = 20000};
    if (level != SOL_SOCKET || (name != SO_RCVTIMEO && name != SO_SNDTIMEO))
        return __real_setsockopt(fd, level, name, value, length);
    memcpy(name == SO_RCVTIMEO ? &waits_to_read : &waits_to_write, value, sizeof moment);
    return __real_setsockopt(fd, level, name, &moment, sizeof moment);
}

/* The program's ends are the test's. */
struct world {
    struct skill_stream stream;
    int data, said;
};

static int make(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct error err = ERROR_INIT;
    int data[2], said[2];
    if (!world || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0 ||
        pipe2(said, O_CLOEXEC | O_NONBLOCK) < 0 || git_libgit2_init() < 0)
        return -1;
    world->stream = (struct skill_stream){.data = data[0], .said = said[0]};
    world->data = data[1];
    world->said = said[1];
    (void)alarm(PATIENCE);
    *state = world;
    return skill_stream_use(&world->stream, &err);
}

static int unmake(void **state)
{
    struct world *world = *state;
    (void)alarm(0);
    (void)git_transport_unregister("ssh");
    (void)git_libgit2_shutdown();
    close(world->stream.data);
    close(world->stream.said);
    if (world->data >= 0)
        close(world->data);
    close(world->said);
    free(world);
    return 0;
}

static void fails_saying(const char *text)
{
    git_remote *remote = NULL;
    assert_int_equal(git_remote_create_detached(&remote, SKILL_STREAM_URL), 0);
    assert_true(git_remote_connect(remote, GIT_DIRECTION_FETCH, NULL, NULL, NULL) < 0);
    assert_non_null(git_error_last());
    assert_string_equal(git_error_last()->message, text);
    git_remote_free(remote);
}

static void what_says_nothing_is_cut(void **state)
{
    (void)state;
    fails_saying("nothing came for 15 seconds");
    assert_int_equal(waits_to_read.tv_sec * 1000, SKILL_FETCH_STALL_MS);
    assert_int_equal(waits_to_write.tv_sec * 1000, SKILL_FETCH_STALL_MS);
}

static void what_stops_in_the_middle_is_cut(void **state)
{
    struct world *world = *state;
    assert_int_equal(write(world->data, "003f", 4), 4);
    fails_saying("nothing came for 15 seconds");
}

static void what_ends_is_not_waited_for(void **state)
{
    struct world *world = *state;
    close(world->data);
    world->data = -1;
    fails_saying("it ended without a word");
}

static void its_last_words_are_told_in_one_line(void **state)
{
    static const char words[] = "Permission denied\r\n(publickey).\r\n";
    struct world *world = *state;
    assert_int_equal(write(world->said, words, sizeof words - 1), sizeof words - 1);
    close(world->data);
    world->data = -1;
    fails_saying("Permission denied  (publickey).");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_says_nothing_is_cut, make, unmake),
        cmocka_unit_test_setup_teardown(what_stops_in_the_middle_is_cut, make, unmake),
        cmocka_unit_test_setup_teardown(what_ends_is_not_waited_for, make, unmake),
        cmocka_unit_test_setup_teardown(its_last_words_are_told_in_one_line, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
