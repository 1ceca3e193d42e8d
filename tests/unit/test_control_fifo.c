/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/control_fifo.c */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/control_fifo.h"
#include "init/privs.h"
#include "shared/control_call.h"

/* The folder is our own here. */
int privs_files_as(uid_t uid, gid_t gid, struct error *err)
{
    (void)uid, (void)gid, (void)err;
    return 0;
}

struct fixture {
    char folder[64];
    struct control_fifo fifo;
    int writer; /* somebody else's */
    int calls;
    enum control_word last;
};

static void count(void *context, const struct control_request *request,
                  struct control_reply *reply)
{
    struct fixture *f = context;
    f->calls++;
    f->last = request->word;
    (void)snprintf(reply->text, sizeof reply->text, "call %d", f->calls);
}

static int writer_of(const struct fixture *f)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/" CONTROL_FIFO, f->folder);
    return open(path, O_WRONLY | O_NONBLOCK);
}

static int setup(void **state)
{
    struct error err = ERROR_INIT;
    struct fixture *f = calloc(1, sizeof *f);
    f->fifo = (struct control_fifo)CONTROL_FIFO_INIT;
    strcpy(f->folder, "/tmp/claudex-fifo.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(control_fifo_open(&f->fifo, f->folder, &err), 0);
    f->writer = writer_of(f);
    assert_true(f->writer >= 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    control_fifo_close(&f->fifo);
    close(f->writer);
    (void)snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *bytes, size_t length)
{
    assert_int_equal(write(f->writer, bytes, length), length);
}

static void say(struct fixture *f, const char *text)
{
    put(f, text, strlen(text));
    control_fifo_serve(&f->fifo, count, f);
}

static void requests_are_handed_on(void **state)
{
    struct fixture *f = *state;
    say(f, "0123456789abcdef lockdown on\n");
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->last, CONTROL_LOCKDOWN_ON);
    say(f, "0123456789abcdef lockdown off\n0123456789abcdef status\n");
    assert_int_equal(f->calls, 3);
    assert_int_equal(f->last, CONTROL_STATUS);
    control_fifo_serve(&f->fifo, count, f);
    assert_int_equal(f->calls, 3);
}

static void bad_lines_cost_nothing_but_themselves(void **state)
{
    struct fixture *f = *state;
    static const char binary[] = "\x00\xff\x1b[2J\n0123456789abcdef status\n";
    say(f, "rubbish\n");
    say(f, "\n\n\n");
    say(f, "0123456789abcdef lockdown\n");
    say(f, "../../../etc/x status\n");
    assert_int_equal(f->calls, 0);
    put(f, binary, sizeof binary - 1);
    control_fifo_serve(&f->fifo, count, f);
    assert_int_equal(f->calls, 1);
}

static void half_a_line_does_not_spoil_the_next(void **state)
{
    struct fixture *f = *state;
    say(f, "0123456789abcdef lockdown o");
    assert_int_equal(f->calls, 0);
    say(f, "fedcba9876543210 status\n");
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->last, CONTROL_STATUS);
}

static void an_endless_line_is_skipped(void **state)
{
    struct fixture *f = *state;
    char *long_line = malloc(20000);
    memset(long_line, 'a', 20000);
    put(f, long_line, 20000);
    free(long_line);
    put(f, "\n0123456789abcdef status\n", 25);
    for (int i = 0; i < 4; i++)
        control_fifo_serve(&f->fifo, count, f);
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->last, CONTROL_STATUS);
}

static void a_flood_is_all_served(void **state)
{
    struct fixture *f = *state;
    static const char line[] = "0123456789abcdef status\n";
    for (int i = 0; i < 2000; i++)
        put(f, line, sizeof line - 1);
    for (int i = 0; i < 20; i++)
        control_fifo_serve(&f->fifo, count, f);
    assert_int_equal(f->calls, 2000);
}

static void serve_until_asked(struct fixture *f)
{
    struct pollfd ready = {.fd = f->fifo.reader, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 5000), 1);
    control_fifo_serve(&f->fifo, count, f);
}

static int call_in_child(const struct fixture *f)
{
    struct error err = ERROR_INIT;
    struct control_request request = {.word = CONTROL_TOGGLE};
    struct control_reply reply;
    return control_call(f->folder, &request, 5000, &reply, &err) == 0 &&
                   strcmp(reply.text, "call 1") == 0
               ? 0
               : 1;
}

static size_t entries(const char *folder)
{
    size_t count_ = 0;
    cleanup_dir DIR *dir = opendir(folder);
    while (readdir(dir))
        count_++;
    return count_;
}

static void a_call_gets_its_reply_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    int status;
    size_t before = entries(f->folder);
    pid_t pid = fork();
    if (pid == 0)
        _exit(call_in_child(f));
    serve_until_asked(f);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(f->last, CONTROL_TOGGLE);
    assert_int_equal(entries(f->folder), before);
}

static void a_call_to_nobody_says_so(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply;
    /* Held open, but not served. */
    assert_int_equal(control_call(f->folder, &request, 50, &reply, &err), -1);
    assert_int_equal(errno, ETIMEDOUT);
    control_fifo_close(&f->fifo);
    assert_int_equal(control_call(f->folder, &request, 50, &reply, &err), -1);
    assert_int_equal(errno, ENXIO);
    assert_int_equal(control_call("/nonexistent", &request, 50, &reply, &err), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(entries(f->folder), 4); /* ., .., the FIFO and the lock */
}

/* What the caller finds in place of the FIFO, and PID 1 in place of the caller's. */
static void links_and_files_are_not_followed(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply;
    char path[128], target[128];
    (void)snprintf(target, sizeof target, "%s/target", f->folder);
    (void)snprintf(path, sizeof path, "%s/reply.0123456789abcdef", f->folder);
    int fd = open(target, O_CREAT | O_RDWR, 0600);
    assert_int_equal(symlink(target, path), 0);
    say(f, "0123456789abcdef status\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(target, path), 0);
    say(f, "0123456789abcdef status\n");
    assert_int_equal(f->calls, 2);
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(fd);

    (void)snprintf(path, sizeof path, "%s/" CONTROL_FIFO, f->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(target, path), 0);
    assert_int_equal(control_call(f->folder, &request, 50, &reply, &err), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(control_call(f->folder, &request, 50, &reply, &err), -1);
    assert_int_equal(errno, ELOOP);
}

static void a_reply_that_nobody_reads_does_not_block(void **state)
{
    struct fixture *f = *state;
    char path[128], filler[4096] = {0};
    (void)snprintf(path, sizeof path, "%s/reply.0123456789abcdef", f->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    say(f, "0123456789abcdef status\n"); /* no reader at all */
    int fd = open(path, O_RDWR | O_NONBLOCK);
    while (write(fd, filler, sizeof filler) > 0)
        continue;
    say(f, "0123456789abcdef status\n"); /* a full pipe */
    assert_int_equal(f->calls, 2);
    close(fd);
}

static void only_one_reads_a_folder(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct control_fifo second = CONTROL_FIFO_INIT;
    assert_int_equal(control_fifo_open(&second, f->folder, &err), -1);
    assert_non_null(strstr(err.text, "another box"));
    assert_int_equal(second.dir, -1);
    control_fifo_close(&f->fifo);
    assert_int_equal(control_fifo_open(&second, f->folder, &err), 0);
    control_fifo_close(&second);
}

static void what_is_no_fifo_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/" CONTROL_FIFO, f->folder);
    control_fifo_close(&f->fifo);
    for (int what = 0; what < 3; what++) {
        struct error err = ERROR_INIT;
        assert_int_equal(unlink(path), 0);
        if (what == 0)
            close(open(path, O_CREAT | O_WRONLY, 0600));
        else if (what == 1)
            assert_int_equal(symlink("/dev/null", path), 0);
        else
            assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(control_fifo_open(&f->fifo, f->folder, &err), -1);
        assert_true(err.text[0]);
    }
    assert_int_equal(rmdir(path), 0);
}

static void a_loose_fifo_is_made_private(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct stat st;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/" CONTROL_FIFO, f->folder);
    control_fifo_close(&f->fifo);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(control_fifo_open(&f->fifo, f->folder, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_folder_that_vanished_harms_nobody(void **state)
{
    struct fixture *f = *state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    say(f, "0123456789abcdef status\n");
    assert_int_equal(f->calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_handed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lines_cost_nothing_but_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_line_does_not_spoil_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(an_endless_line_is_skipped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_is_all_served, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_gets_its_reply_and_leaves_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_call_to_nobody_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(links_and_files_are_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reply_that_nobody_reads_does_not_block, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(only_one_reads_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_fifo_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loose_fifo_is_made_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_vanished_harms_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
