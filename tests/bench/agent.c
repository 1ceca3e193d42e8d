/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent RUNS SOCKET…
 *
 * Asks ssh agents, in turn so that whatever else the machine does meets all of them alike, and
 * prints for each three lines of wall times in microseconds: a list of its keys on a new
 * connection, up to its close; a signature by the first of them on a connection that is kept; a
 * list again, while a client that has just asked for one is still there.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS_MAX = 8, FRAME_MAX = 64 * 1024, WARM_UP = 20, KINDS = 3 };

struct frame {
    uint8_t bytes[FRAME_MAX]; /* the length in front */
    size_t length;
};

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void need(int ok, const char *what)
{
    if (ok)
        return;
    dprintf(STDERR_FILENO, "agent: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put(struct frame *frame, const void *bytes, size_t length)
{
    need(frame->length + length <= FRAME_MAX, "a frame");
    memcpy(frame->bytes + frame->length, bytes, length);
    frame->length += length;
}

static void put_number(struct frame *frame, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 8), (uint8_t)value};
    put(frame, bytes, sizeof bytes);
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    need(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, path);
    return fd;
}

static void ask(int fd, const struct frame *request, struct frame *answer, uint8_t type)
{
    need(write(fd, request->bytes, request->length) == (ssize_t)request->length, "write");
    size_t wanted = 5;
    answer->length = 0;
    while (answer->length < wanted) {
        ssize_t n =
            read(fd, answer->bytes + answer->length, sizeof answer->bytes - answer->length);
        need(n > 0, "read");
        answer->length += (size_t)n;
        if (answer->length >= 4)
            wanted = 4 + number_at(answer->bytes);
        need(wanted <= sizeof answer->bytes, "an answer's length");
    }
    errno = EPROTO;
    need(answer->bytes[4] == type, "an answer's type");
}

static struct frame list = {{0, 0, 0, 1, 11}, 5}, sign, answer;

/* Of 32 bytes, by the first key of a list. */
static void make_sign(void)
{
    const uint8_t *key = answer.bytes + 9;
    const uint8_t type = 13, data[32] = {1};
    put_number(&sign, 0);
    put(&sign, &type, 1);
    put(&sign, key, 4 + number_at(key));
    put_number(&sign, sizeof data);
    put(&sign, data, sizeof data);
    put_number(&sign, 0);
    const uint32_t length = (uint32_t)sign.length - 4;
    sign.length = 0;
    put_number(&sign, length);
    sign.length = 4 + length;
}

static double time_list(const char *path)
{
    double before = microseconds();
    int fd = dial(path);
    ask(fd, &list, &answer, 12);
    close(fd);
    return microseconds() - before;
}

/* Who is there has what a proxy might have kept for the next. */
static double time_second(const char *path)
{
    int first = dial(path);
    ask(first, &list, &answer, 12);
    double time = time_list(path);
    close(first);
    return time;
}

static double time_sign(int fd)
{
    double before = microseconds();
    ask(fd, &sign, &answer, 14);
    return microseconds() - before;
}

static void print(const double *times, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%.1f%c", times[i], i + 1 < count ? ' ' : '\n');
}

int main(int argc, char **argv)
{
    size_t runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, count = (size_t)argc - 2;
    double *times =
        runs > 0 && count <= SOCKETS_MAX ? calloc(KINDS * count * runs, sizeof *times) : NULL;
    int kept[SOCKETS_MAX];
    if (!times) {
        dprintf(STDERR_FILENO, "usage: agent RUNS SOCKET…\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        kept[i] = dial(argv[2 + i]);
        ask(kept[i], &list, &answer, 12);
    }
    make_sign();
    for (size_t run = 0; run < runs + WARM_UP; run++) {
        size_t at = run < WARM_UP ? 0 : run - WARM_UP;
        for (size_t i = 0; i < count; i++) {
            times[KINDS * i * runs + at] = time_list(argv[2 + i]);
            times[(KINDS * i + 1) * runs + at] = time_sign(kept[i]);
        }
    }
    /* By themselves: beside them the others were up to three times as slow. */
    for (size_t run = 0; run < runs + WARM_UP; run++)
        for (size_t i = 0; i < count; i++)
            times[(KINDS * i + 2) * runs + (run < WARM_UP ? 0 : run - WARM_UP)] =
                time_second(argv[2 + i]);
    for (size_t i = 0; i < KINDS * count; i++)
        print(times + i * runs, runs);
    free(times);
    return 0;
}
