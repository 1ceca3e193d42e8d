/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/tokens.c init/home/token_keep.c init/home/token_list.c
 * init/home/login_judge.c init/replace.c init/home/token_store.c init/home/token_file.c
 * init/home/place.c init/home/login_check.c init/privs.c init/seccomp.c init/seccomp_filter.c
 * init/seccomp_workers.c init/landlock.c init/signals.c init/loop.c init/worker.c
 * init/child.c */
/* wraps: fork open place_read privs_files_as */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/home/place.h"
#include "init/home/token_store.h"
#include "init/home/tokens.h"
#include "init/privs.h"
#include "shared/cleanup.h"
#include "shared/names.h"

/* An agent's home that has one login, and a machine that starts no process, now and then. */
static const char *in_home;
static bool no_process;

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
    if (no_process) {
        errno = EAGAIN;
        return -1;
    }
    pid_t pid = __real_fork();
    if (pid == 0)
        _exit(0);
    return pid;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    return __real_open(strcmp(path, AGENT_HOME) == 0 ? "/" : path, flags, 0600);
}

int __wrap_privs_files_as(uid_t uid, gid_t gid, struct error *err);
int __wrap_privs_files_as(uid_t uid, gid_t gid, struct error *err)
{
    (void)uid;
    (void)gid;
    (void)err;
    return 0;
}

int __wrap_place_read(int root, const char *path, struct buf *contents);
int __wrap_place_read(int root, const char *path, struct buf *contents)
{
    (void)root;
    (void)path;
    return buf_puts(contents, in_home);
}

static const struct token_side none = {.there = false}, a = {.there = true, .digest = {1}},
                               b = {.there = true, .digest = {2}},
                               c = {.there = true, .digest = {3}};

static enum token_step decide(struct token_side seen_home, struct token_side seen_kept,
                              struct token_side home, struct token_side kept)
{
    const struct token seen = {.home = seen_home, .kept = seen_kept};
    return token_decide(&seen, &home, &kept);
}

static void nothing_new_is_nothing_to_do(void **state)
{
    (void)state;
    assert_int_equal(decide(none, none, none, none), TOKEN_NOTHING);
    assert_int_equal(decide(a, a, a, a), TOKEN_NOTHING);
    assert_int_equal(decide(a, none, a, none), TOKEN_NOTHING);
    /* Both became the same: somebody else did our work. */
    assert_int_equal(decide(a, a, b, b), TOKEN_NOTHING);
}

static void what_an_agent_wrote_is_looked_at(void **state)
{
    (void)state;
    assert_int_equal(decide(none, none, a, none), TOKEN_CHECK);
    assert_int_equal(decide(a, a, b, a), TOKEN_CHECK);
    /* Even where another box kept one meanwhile, or forgot it: who is newer is decided later.
     */
    assert_int_equal(decide(a, a, b, c), TOKEN_CHECK);
    assert_int_equal(decide(a, a, b, none), TOKEN_CHECK);
}

static void what_another_box_kept_is_taken(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, a, b), TOKEN_TAKE);
    assert_int_equal(decide(none, none, none, a), TOKEN_TAKE);
    assert_int_equal(decide(a, a, none, b), TOKEN_TAKE);
}

static void a_logout_empties_every_home(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, a, none), TOKEN_REMOVE);
    assert_int_equal(decide(a, a, none, none), TOKEN_NOTHING);
}

static void an_agent_cannot_log_out_the_others(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, none, a), TOKEN_LOST);
    assert_int_equal(decide(none, a, none, a), TOKEN_NOTHING);
}

static void what_was_refused_is_refused_once(void **state)
{
    (void)state;
    assert_int_equal(decide(c, a, c, a), TOKEN_NOTHING);
    assert_int_equal(decide(c, a, c, b), TOKEN_TAKE);
    assert_int_equal(decide(c, a, b, a), TOKEN_CHECK);
}

/* --- looks that fail --------------------------------------------------------------------- */

static int make_store(void)
{
    char folder[] = "/tmp/test-tokens-XXXXXX";
    assert_non_null(mkdtemp(folder));
    int store = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(store >= 0);
    return store;
}

static void remove_store(int store)
{
    static const char *const files[] = {"claude.json", "lock"};
    char link[64], folder[64] = "";
    for (size_t i = 0; i < array_length(files); i++)
        (void)unlinkat(store, files[i], 0);
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", store);
    assert_true(readlink(link, folder, sizeof folder - 1) > 0);
    assert_int_equal(rmdir(folder), 0);
    close(store);
}

static struct tokens made(int store)
{
    return (struct tokens){.store = store,
                           .box = "box",
                           .events = -1,
                           .timer = -1,
                           .answer = -1,
                           .bytes = BUF_INIT(LOGIN_FILE_MAX)};
}

static void end_check(struct tokens *tokens)
{
    assert_true(tokens->answer >= 0);
    close(take_fd(&tokens->answer));
    (void)wait(NULL);
    buf_free(&tokens->bytes);
}

static void what_nothing_could_look_at_is_news_at_the_next_look(void **state)
{
    (void)state;
    int store = make_store();
    struct tokens tokens = made(store);
    in_home = "a login";
    no_process = true;
    tokens_consider(&tokens, LOGIN_CLAUDE);
    assert_int_equal(tokens.answer, -1);
    no_process = false;
    tokens_consider(&tokens, LOGIN_CLAUDE);
    end_check(&tokens);
    remove_store(store);
}

/* How often a look that cannot begin is told, in so many tries. */
static size_t told(struct tokens *tokens, int tries)
{
    static const char words[] = "looked at later";
    char text[4096] = "";
    size_t count = 0;
    cleanup_fd int log = memfd_create("log", MFD_CLOEXEC), before = dup(STDERR_FILENO);
    assert_true(log >= 0 && before >= 0 && dup2(log, STDERR_FILENO) >= 0);
    no_process = true;
    for (int i = 0; i < tries; i++)
        tokens_consider(tokens, LOGIN_CLAUDE);
    no_process = false;
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    assert_true(pread(log, text, sizeof text - 1, 0) >= 0);
    for (const char *at = text; (at = strstr(at, words)); at += sizeof words - 1)
        count++;
    return count;
}

/* There are five tries a second (init/home/token_watch.c). */
static void a_look_that_cannot_begin_is_told_once(void **state)
{
    (void)state;
    int store = make_store();
    struct tokens tokens = made(store);
    in_home = "a login";
    assert_int_equal(told(&tokens, 3), 1);
    tokens_consider(&tokens, LOGIN_CLAUDE);
    end_check(&tokens);
    in_home = "another";
    assert_int_equal(told(&tokens, 3), 1);
    buf_free(&tokens.bytes);
    remove_store(store);
}

/* One that is over without an answer, or that could not begin. */
static void a_look_for_a_name_is_not_the_next_one(void **state)
{
    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        int store = make_store();
        struct tokens tokens = made(store);
        struct error err = ERROR_INIT;
        const struct login login = {.fresh = 1};
        struct buf bytes = BUF_INIT(LOGIN_FILE_MAX);
        assert_int_equal(buf_puts(&bytes, "a login"), 0);
        assert_int_equal(token_store_write(store, LOGIN_CLAUDE, &login, &bytes, &err), 0);
        buf_free(&bytes);
        tokens.settling = true;
        tokens.wrote[LOGIN_CLAUDE] = true;
        in_home = "a login";
        no_process = !begins;
        tokens_consider(&tokens, LOGIN_CLAUDE);
        assert_int_equal(tokens.answer >= 0, begins);
        if (begins) {
            assert_true(tokens.naming);
            close(take_fd(&tokens.answer));
            (void)wait(NULL);
        }
        no_process = false;
        in_home = "another";
        tokens_consider(&tokens, LOGIN_CLAUDE);
        assert_false(tokens.naming);
        end_check(&tokens);
        remove_store(store);
    }
}

/* --- what was seen ----------------------------------------------------------------------- */

static void what_was_not_seen_is_not_accepted(void **state)
{
    (void)state;
    int store = make_store();
    struct error err = ERROR_INIT;
    char first[TOKEN_ID_SIZE], second[TOKEN_ID_SIZE];
    const struct login login = {.fresh = 1, .account = "me", .box = "box"};
    cleanup_buf struct buf bytes = BUF_INIT(LOGIN_FILE_MAX);
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    assert_int_equal(buf_puts(&bytes, "a login"), 0);
    char *const ids[] = {first, second};
    for (size_t i = 0; i < array_length(ids); i++) { /* the same bytes, written again */
        assert_int_equal(token_store_hold(store, LOGIN_CLAUDE, &login, &bytes, &err), 0);
        const struct timespec moment = {.tv_nsec = 20000000};
        (void)nanosleep(&moment, NULL);
        assert_int_equal(token_store_look(store, LOGIN_CLAUDE, TOKEN_HELD, &kept, &err), 1);
        token_store_id(&kept, ids[i]);
    }
    assert_string_not_equal(first, second);
    assert_int_equal(token_store_promote(store, LOGIN_CLAUDE, TOKEN_HELD, first, &err), -1);
    assert_non_null(strstr(err.text, "look at it again"));
    assert_int_equal(token_store_read(store, LOGIN_CLAUDE, &kept, &err), 0);
    assert_int_equal(token_store_promote(store, LOGIN_CLAUDE, TOKEN_HELD, second, &err), 1);
    assert_int_equal(token_store_promote(store, LOGIN_CLAUDE, TOKEN_HELD, second, &err), 0);
    assert_int_equal(token_store_read(store, LOGIN_CLAUDE, &kept, &err), 1);
    remove_store(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_new_is_nothing_to_do),
        cmocka_unit_test(what_an_agent_wrote_is_looked_at),
        cmocka_unit_test(what_another_box_kept_is_taken),
        cmocka_unit_test(a_logout_empties_every_home),
        cmocka_unit_test(an_agent_cannot_log_out_the_others),
        cmocka_unit_test(what_was_refused_is_refused_once),
        cmocka_unit_test(what_nothing_could_look_at_is_news_at_the_next_look),
        cmocka_unit_test(a_look_that_cannot_begin_is_told_once),
        cmocka_unit_test(a_look_for_a_name_is_not_the_next_one),
        cmocka_unit_test(what_was_not_seen_is_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
