/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests: processes that entered the box from outside, by `docker exec`. Their parent is not in
 * our PID namespace, so PID 1 never reaps them; the kernel shows it as 0 (proc_pid_stat(5)).
 */
#ifndef CLAUDEX_INIT_GUESTS_H
#define CLAUDEX_INIT_GUESTS_H

#include <stdbool.h>
#include <sys/types.h>

struct loop;

typedef void guest_left(void *context);

struct guests {
    int pidfd; /* of the one that is waited for; -1: none */
    struct loop *loop;
    guest_left *left;
    void *context;
};
#define GUESTS_INIT                                                                            \
    {                                                                                          \
        .pidfd = -1                                                                            \
    }

/* Pure. Whether a line of /proc/PID/stat is that of a living guest. */
bool guest_in_stat(const char *line);

/*
 * How many guests there are now. If any, one of them is watched, and `left` called once when it
 * has gone, which may call this again. 0 also, with a warning, where they cannot be watched.
 */
int guests_wait(struct guests *guests, struct loop *loop, guest_left *left, void *context);

#endif
