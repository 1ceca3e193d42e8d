/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

int descriptors_clean(struct error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return error_errno(err, "cannot open /dev/null");
    if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
        return error_errno(err, "cannot close descriptors (close_range, Linux 5.9)");
    return 0;
}

int terminal_give_up(struct error *err)
{
    cleanup_fd int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0)
        return 0; /* ENXIO: none; ENOENT: an image without one in /dev, and so none either */
    /* The SIGHUP of a leader that leaves goes to our own group, where it is blocked. */
    if (ioctl(tty, TIOCNOTTY) < 0)
        return error_errno(err, "cannot give up the controlling terminal");
    return 0;
}

int terminal_take(struct error *err)
{
    if (setsid() < 0)
        return error_errno(err, "cannot start a session of its own");
    if (isatty(STDIN_FILENO) && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
        return error_errno(err, "cannot make the terminal the session's own");
    return 0;
}

int terminal_hand_over(uid_t uid, struct error *err)
{
    if (isatty(STDIN_FILENO) && fchown(STDIN_FILENO, uid, (gid_t)-1) < 0)
        return error_errno(err, "cannot make uid %u the terminal's owner", (unsigned)uid);
    return 0;
}

void terminal_let_go(void)
{
    cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        warn("cannot open /dev/null; the session's input stays open here");
        return;
    }
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    /* A new open file: O_NONBLOCK on the old one would be the session's as well. A socket
     * cannot be opened again; then messages end here, and the exit status still tells. */
    cleanup_fd int log =
        open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    (void)dup2(log >= 0 ? log : null, STDERR_FILENO);
}
