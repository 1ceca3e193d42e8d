/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/seccomp_workers.c init/seccomp_filter.c */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/seccomp.h"

/* Of a process that does `tries` behind the filter; 0: everything was as it should be. */
static int status_behind(int (*enforce)(struct error *), int (*tries)(void))
{
    struct error err = ERROR_INIT;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || enforce(&err) < 0)
            _exit(99);
        const int failed = tries();
        (void)syscall(SYS_exit_group, failed);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Made before the filter is there, as the gate hands them on. */
static int stream[2], inet;

static bool is_refused(long result)
{
    return result < 0 && errno == EPERM;
}

/* Without libc's functions: a sanitizer's are in their place, which make calls of their own. */
static int what_a_carrier_may(void)
{
    const struct sockaddr_in somewhere = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct msghdr message = {.msg_name = (void *)&somewhere,
                                   .msg_namelen = sizeof somewhere};
    const size_t size = sizeof somewhere;
    if (syscall(SYS_sendto, stream[0], "x", 1, MSG_DONTWAIT, NULL, 0) != 1)
        return 1;
    /* TCP connects by that. */
    if (!is_refused(
            syscall(SYS_sendto, inet, "x", 1, MSG_FASTOPEN | MSG_DONTWAIT, &somewhere, size)))
        return 2;
    if (!is_refused(syscall(SYS_sendmsg, inet, &message, MSG_FASTOPEN | MSG_DONTWAIT)))
        return 3;
    if (!is_refused(syscall(SYS_connect, inet, &somewhere, size)))
        return 4;
    if (!is_refused(syscall(SYS_bind, inet, &somewhere, size)))
        return 5;
    if (!is_refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)))
        return 6;
    return is_refused(syscall(SYS_accept4, inet, NULL, NULL, 0)) ? 0 : 7;
}

static void a_carrier_reaches_nobody_by_itself(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, stream), 0);
    inet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(inet >= 0);
    assert_int_equal(status_behind(seccomp_enforce_carrier, what_a_carrier_may), 0);
    close(stream[0]);
    close(stream[1]);
    close(inet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_carrier_reaches_nobody_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
