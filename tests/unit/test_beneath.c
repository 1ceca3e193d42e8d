/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/beneath.c */
/* wraps: syscall */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/git/beneath.h"
#include "shared/cleanup.h"

static int missing; /* errno of a kernel or a filter without openat2; 0: it has it */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d)
{
    if (number == SYS_openat2 && missing) {
        errno = missing;
        return -1;
    }
    return __real_syscall(number, a, b, c, d);
}

static void opens(int root, const char *path, int flags, int why)
{
    errno = 0;
    cleanup_fd int fd = open_beneath(root, path, flags);
    if (why == 0)
        assert_true(fd >= 0);
    else
        assert_true(fd < 0);
    /* Of a link that is taken for a folder old ways say another thing. */
    if (why)
        assert_true(errno == why || (missing && why == ELOOP && errno == ENOTDIR));
}

static void follows_no_symlink_on_any_kernel(void **state)
{
    static const int kernels[] = {0, ENOSYS, EPERM};
    char path[] = "/tmp/beneath.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(path));
    cleanup_fd int root = open(path, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(root, "a", 0755), 0);
    assert_int_equal(mkdirat(root, "a/b", 0755), 0);
    cleanup_fd int file = openat(root, "a/b/file", O_WRONLY | O_CREAT, 0644);
    assert_true(file >= 0);
    assert_int_equal(symlinkat("a", root, "link"), 0);
    assert_int_equal(symlinkat("file", root, "a/b/last"), 0);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        missing = kernels[i];
        opens(root, ".", O_RDONLY | O_DIRECTORY, 0);
        opens(root, "a/b/", O_RDONLY | O_DIRECTORY, 0);
        opens(root, "a/b/file", O_RDONLY, 0);
        opens(root, "a/b/last", O_PATH, 0);
        opens(root, "a/b/last", O_RDONLY, ELOOP);
        opens(root, "link/b/file", O_RDONLY, ELOOP);
        opens(root, "link/", O_RDONLY | O_DIRECTORY, ELOOP);
        opens(root, "a/b/none", O_RDONLY, ENOENT);
        opens(root, "a/b/file/x", O_RDONLY, ENOTDIR);
    }
    missing = 0;
    assert_int_equal(unlinkat(root, "a/b/file", 0) | unlinkat(root, "a/b/last", 0) |
                         unlinkat(root, "a/b", AT_REMOVEDIR) | unlinkat(root, "link", 0) |
                         unlinkat(root, "a", AT_REMOVEDIR) | rmdir(path),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_no_symlink_on_any_kernel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
