/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare PORT ADDRESS PORT
 *
 * A relay and nothing else: whoever connects to the first port of this machine is connected to
 * the second of ADDRESS, by splice(2), with a thread for each direction and no decision at all.
 * No relay of a user's process is faster than this where there are processors enough, so it
 * tells the price of relaying from that of the gate.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64, PIPE_BYTES = 1024 * 1024 };

struct direction {
    int from, to;
};

static void need(int ok, const char *what)
{
    if (ok)
        return;
    dprintf(STDERR_FILENO, "bare: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The sockets stay open: the other direction has them as well, and a run is short. */
static void *move(void *of)
{
    struct direction direction = *(struct direction *)of;
    int ends[2];
    free(of);
    need(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) > 0, "pipe");
    ssize_t held = 0;
    while (held >= 0 &&
           (held = splice(direction.from, NULL, ends[1], NULL, PIPE_BYTES, SPLICE_F_MOVE)) > 0)
        while (held > 0) {
            ssize_t n = splice(ends[0], NULL, direction.to, NULL, (size_t)held, SPLICE_F_MOVE);
            held = n > 0 ? held - n : -1;
        }
    (void)shutdown(direction.to, SHUT_WR);
    close(ends[0]);
    close(ends[1]);
    return NULL;
}

static void start(int from, int to)
{
    struct direction *direction = malloc(sizeof *direction);
    pthread_t thread;
    need(direction != NULL, "memory");
    *direction = (struct direction){from, to};
    need((errno = pthread_create(&thread, NULL, move, direction)) == 0, "thread");
    need((errno = pthread_detach(thread)) == 0, "thread");
}

static struct sockaddr_in address(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    errno = EINVAL;
    need(inet_pton(AF_INET, host, &address.sin_addr) == 1, host);
    return address;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        dprintf(STDERR_FILENO, "usage: bare PORT ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_in here = address("127.0.0.1", argv[1]), there = address(argv[2], argv[3]);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)signal(SIGPIPE, SIG_IGN); /* a broken connection is an error of splice() */
    need(listener >= 0 && bind(listener, (struct sockaddr *)&here, sizeof here) == 0 &&
             listen(listener, BACKLOG) == 0,
         "listen");
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        need(client >= 0, "accept");
        int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        need(server >= 0 && connect(server, (struct sockaddr *)&there, sizeof there) == 0,
             "connect");
        start(client, server);
        start(server, client);
    }
}
