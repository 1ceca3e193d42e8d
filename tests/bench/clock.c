/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock [PROGRAM [ARG…]]
 *
 * Prints the monotonic clock in microseconds and becomes PROGRAM. Around a program that
 * becomes another one, two of these measure what lies between the two execs.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    dprintf(STDOUT_FILENO, "%lld.%03ld\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000,
            now.tv_nsec % 1000);
    if (argc > 1) {
        execv(argv[1], argv + 1);
        perror(argv[1]);
        return 127;
    }
    return 0;
}
