/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * first RUNS ADDRESS PORT
 *
 * Connects, waits for the first byte, closes; RUNS times after ten that do not count. Prints a
 * line of the times in microseconds.
 *
 *     first --hold COUNT ADDRESS PORT
 *
 * makes COUNT such connections, all open at once, and closes them.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 10, FAILED = 125 };

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int connect_once(const struct sockaddr_in *to)
{
    char byte;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 ||
        read(fd, &byte, 1) != 1) {
        perror("first");
        exit(FAILED);
    }
    return fd;
}

static void hold(const struct sockaddr_in *to, unsigned long count)
{
    const struct rlimit many = {count + 16, count + 16};
    int *fds = calloc(count, sizeof *fds);
    if (!fds || setrlimit(RLIMIT_NOFILE, &many) < 0) {
        perror("first");
        exit(FAILED);
    }
    for (unsigned long i = 0; i < count; i++)
        fds[i] = connect_once(to);
    for (unsigned long i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
}

int main(int argc, char **argv)
{
    int held = argc == 5 && strcmp(argv[1], "--hold") == 0;
    struct sockaddr_in to = {.sin_family = AF_INET};
    if ((argc != 4 && !held) || inet_pton(AF_INET, argv[argc - 2], &to.sin_addr) != 1) {
        fprintf(stderr, "usage: first [--hold] COUNT ADDRESS PORT\n");
        return 2;
    }
    unsigned long count = strtoul(argv[argc - 3], NULL, 10);
    to.sin_port = htons((uint16_t)strtoul(argv[argc - 1], NULL, 10));
    if (held) {
        hold(&to, count);
        return 0;
    }
    for (unsigned long i = 0; i < WARM_UP + count; i++) {
        double before = microseconds();
        int fd = connect_once(&to);
        if (i >= WARM_UP)
            printf("%.1f%c", microseconds() - before, i + 1 < WARM_UP + count ? ' ' : '\n');
        close(fd);
    }
    return 0;
}
