/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wraps: fsync renameat */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/buf.h"
#include "shared/io.h"

/* --- faults ------------------------------------------------------------------------- */

static int fail_fsync_of; /* 1: the file, 2: the folder */
static int fail_errno;
static int fsyncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    if (++fsyncs != fail_fsync_of)
        return __real_fsync(fd);
    errno = fail_errno;
    return -1;
}

static int fail_rename;

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    if (!fail_rename)
        return __real_renameat(from_dir, from, to_dir, to);
    errno = EXDEV;
    return -1;
}

/* --- a folder for each test --------------------------------------------------------- */

static char folder[64];
static int folder_fd;

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/claudex-io-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fail_fsync_of = fail_rename = fsyncs = 0;
    return folder_fd < 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    close(folder_fd);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *name, const char *text)
{
    cleanup_fd int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, text, strlen(text)), 0);
}

static void assert_holds(const char *name, const char *text)
{
    cleanup_buf struct buf b = BUF_INIT(1000);
    assert_int_equal(read_regular_file(folder_fd, name, &b), 0);
    assert_string_equal(b.data ? b.data : "", text);
}

/* Entries of the folder, "." and ".." aside. */
static int count_entries(void)
{
    int count = -2;
    cleanup_dir DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    return count;
}

/* --- reading and writing ------------------------------------------------------------ */

enum { MUCH = 1 << 20 };

static int ends[2];
static size_t drained;
static int ticks;

/* Runs `tick` every millisecond; it interrupts what waits. */
static void tick_often(void (*tick)(int))
{
    struct sigaction action = {.sa_handler = tick}; /* no SA_RESTART */
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static void stop_ticking(void)
{
    const struct itimerval never = {{0, 0}, {0, 0}};
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
}

static void drain(int signal)
{
    static char block[65536];
    (void)signal;
    ssize_t n = ++ticks % 2 ? 0 : read(ends[0], block, sizeof block);
    drained += n > 0 ? (size_t)n : 0;
}

/* More than a pipe holds, and every second tick only takes something out of it. */
static void write_much(int flags)
{
    assert_int_equal(pipe2(ends, flags), 0);
    char *bytes = calloc(1, MUCH);
    drained = 0;
    tick_often(drain);
    assert_int_equal(write_all(ends[1], bytes, MUCH), 0);
    stop_ticking();
    free(bytes);
    close(ends[1]);
    cleanup_buf struct buf rest = BUF_INIT(MUCH);
    fcntl(ends[0], F_SETFL, 0);
    assert_int_equal(read_all(ends[0], &rest), 0);
    close(ends[0]);
    assert_int_equal(drained + rest.length, MUCH);
}

static void writes_all_however_slow_the_reader(void **state)
{
    (void)state;
    write_much(0);
    write_much(O_NONBLOCK);
}

static void write_late(int signal)
{
    (void)signal;
    if (++ticks == 5) {
        ssize_t n = write(ends[1], "late", 4);
        close(n == 4 ? ends[1] : -1);
    }
}

static void reads_on_after_a_signal(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(100);
    ticks = 0;
    assert_int_equal(pipe(ends), 0);
    tick_often(write_late);
    assert_int_equal(read_all(ends[0], &b), 0);
    stop_ticking();
    close(ends[0]);
    assert_string_equal(b.data, "late");
}

static void tells_why_it_cannot(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(10);
    errno = 0;
    assert_int_equal(write_all(-1, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    errno = 0;
    assert_int_equal(read_all(-1, &b), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(write_all(-1, "", 0), 0);
}

static void reads_up_to_the_cap_and_no_further(void **state)
{
    (void)state;
    put("five", "12345");
    cleanup_buf struct buf exact = BUF_INIT(5);
    assert_int_equal(read_regular_file(folder_fd, "five", &exact), 0);
    assert_string_equal(exact.data, "12345");
    cleanup_buf struct buf small = BUF_INIT(4);
    errno = 0;
    assert_int_equal(read_regular_file(folder_fd, "five", &small), -1);
    assert_int_equal(errno, E2BIG);
    cleanup_buf struct buf none = BUF_INIT(0);
    put("empty", "");
    assert_int_equal(read_regular_file(folder_fd, "empty", &none), 0);
    assert_int_equal(none.length, 0);
}

static void reads_regular_files_only(void **state)
{
    (void)state;
    put("file", "text");
    assert_int_equal(symlinkat("file", folder_fd, "link"), 0);
    assert_int_equal(mkfifoat(folder_fd, "fifo", 0600), 0);
    assert_int_equal(mkdirat(folder_fd, "folder", 0700), 0);
    static const struct {
        const char *name;
        int why;
    } cases[] = {{"none", ENOENT}, {"link", ELOOP}, {"fifo", EINVAL}, {"folder", EINVAL}};
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_buf struct buf b = BUF_INIT(10);
        errno = 0;
        assert_int_equal(read_regular_file(folder_fd, cases[i].name, &b), -1);
        assert_int_equal(errno, cases[i].why);
    }
    assert_holds("file", "text");
}

/* --- write_file_atomic -------------------------------------------------------------- */

static void replaces_a_file_in_one_step(void **state)
{
    (void)state;
    put("state", "old");
    mode_t mask = umask(0077);
    assert_int_equal(write_file_atomic(folder_fd, "state", "newer", 5, 0640), 0);
    umask(mask);
    assert_holds("state", "newer");
    struct stat st;
    assert_int_equal(fstatat(folder_fd, "state", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640); /* whatever the umask is */
    assert_int_equal(fsyncs, 2);                /* the file and its folder */
    assert_int_equal(count_entries(), 1);
}

static void replaces_a_link_and_not_what_it_points_to(void **state)
{
    (void)state;
    put("victim", "safe");
    assert_int_equal(symlinkat("victim", folder_fd, "state"), 0);
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), 0);
    assert_holds("victim", "safe");
    assert_holds("state", "new");
}

static void does_not_follow_what_took_its_temporary_name(void **state)
{
    (void)state;
    char temporary[64];
    put("victim", "safe");
    (void)snprintf(temporary, sizeof temporary, ".state.%ld", (long)getpid());
    assert_int_equal(symlinkat("victim", folder_fd, temporary), 0);
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), 0);
    assert_holds("victim", "safe");
    assert_holds("state", "new");
    assert_int_equal(count_entries(), 2);
    /* A folder in that place is nobody's leftover. */
    assert_int_equal(mkdirat(folder_fd, temporary, 0700), 0);
    assert_int_equal(write_file_atomic(folder_fd, "state", "3rd", 3, 0600), -1);
    assert_holds("state", "new");
}

static void leaves_nothing_behind_when_it_fails(void **state)
{
    (void)state;
    put("state", "old");
    fail_fsync_of = 1;
    fail_errno = ENOSPC;
    errno = 0;
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), -1);
    assert_int_equal(errno, ENOSPC);
    fail_fsync_of = 0;
    fail_rename = 1;
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), -1);
    assert_int_equal(errno, EXDEV);
    fail_rename = 0;
    assert_holds("state", "old");
    assert_int_equal(count_entries(), 1);

    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(write_file_atomic(folder_fd, name, "", 0, 0600), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(write_file_atomic(folder_fd, "no/such", "", 0, 0600), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(write_file_atomic(-1, "state", "", 0, 0600), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(count_entries(), 1);
}

static void takes_a_file_system_that_cannot_sync_folders(void **state)
{
    (void)state;
    fail_fsync_of = 2;
    fail_errno = EINVAL;
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), 0);
    fsyncs = 0;
    fail_errno = EIO; /* but an error stays one */
    assert_int_equal(write_file_atomic(folder_fd, "state", "new", 3, 0600), -1);
    assert_int_equal(errno, EIO);
}

/* --- make_folders ------------------------------------------------------------------- */

static void makes_what_is_missing(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    mode_t mask = umask(0);
    (void)snprintf(path, sizeof path, "%s/a//b/c/", folder);
    assert_int_equal(make_folders(path, 0710), 0);
    assert_int_equal(make_folders(path, 0700), 0); /* again */
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0710);
    assert_int_equal(make_folders("/", 0700), 0);
}

static void takes_no_file_for_a_folder(void **state)
{
    (void)state;
    char path[128];
    put("file", "");
    (void)snprintf(path, sizeof path, "%s/file", folder);
    errno = 0;
    assert_int_equal(make_folders(path, 0700), -1);
    assert_int_equal(errno, ENOTDIR);
    (void)snprintf(path, sizeof path, "%s/file/below", folder);
    assert_int_equal(make_folders(path, 0700), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(symlinkat("nowhere", folder_fd, "dangling"), 0);
    (void)snprintf(path, sizeof path, "%s/dangling", folder);
    assert_int_equal(make_folders(path, 0700), -1);
    assert_int_equal(errno, ENOENT);
}

static void wants_an_absolute_path(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "a", "./a"};
    for (size_t i = 0; i < array_length(paths); i++) {
        errno = 0;
        assert_int_equal(make_folders(paths[i], 0700), -1);
        assert_int_equal(errno, EINVAL);
    }
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_all_however_slow_the_reader),
        cmocka_unit_test(reads_on_after_a_signal),
        cmocka_unit_test(tells_why_it_cannot),
        IN_FOLDER(reads_up_to_the_cap_and_no_further),
        IN_FOLDER(reads_regular_files_only),
        IN_FOLDER(replaces_a_file_in_one_step),
        IN_FOLDER(replaces_a_link_and_not_what_it_points_to),
        IN_FOLDER(does_not_follow_what_took_its_temporary_name),
        IN_FOLDER(leaves_nothing_behind_when_it_fails),
        IN_FOLDER(takes_a_file_system_that_cannot_sync_folders),
        IN_FOLDER(makes_what_is_missing),
        IN_FOLDER(takes_no_file_for_a_folder),
        IN_FOLDER(wants_an_absolute_path),
    };
    return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
