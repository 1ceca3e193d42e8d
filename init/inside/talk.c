/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/inside/talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/names.h"

static struct sockaddr_un address_of(const char *service)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, BOX_PUBLIC "/%s.sock", service);
    return address;
}

int inside_bind(const char *service, struct error *err)
{
    const struct sockaddr_un address = address_of(service);
    cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* One of before a restart. */
    if (fd < 0 || (unlink(address.sun_path) < 0 && errno != ENOENT) ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, 0666) < 0 || listen(fd, INSIDE_CLIENTS_MAX) < 0)
        return error_errno(err, "cannot listen at %s", address.sun_path);
    return take_fd(&fd);
}

int inside_accept(int listener)
{
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;
    return accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

enum inside_read inside_read(int fd, char request[INSIDE_REQUEST_MAX + 1])
{
    ssize_t n = recv(fd, request, INSIDE_REQUEST_MAX, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return INSIDE_WAITS;
    if (n <= 0 || n > INSIDE_REQUEST_MAX || !is_printable(request, (size_t)n))
        return INSIDE_GONE;
    request[n] = '\0';
    return INSIDE_REQUEST;
}

void inside_reply(int fd, int status, const char *text)
{
    char packet[1 + INSIDE_REPLY_MAX];
    size_t length = strnlen(text, INSIDE_REPLY_MAX);
    packet[0] = (char)status;
    memcpy(packet + 1, text, length);
    (void)send(fd, packet, 1 + length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

char *inside_word(char **rest)
{
    char *word = *rest;
    char *blank = strchr(word, ' ');
    *rest = blank ? blank + 1 : word + strlen(word);
    if (blank)
        *blank = '\0';
    return word;
}

bool inside_may(struct inside_rate *rate, uint64_t now, uint32_t each, uint32_t at_once)
{
    const uint64_t back = (now - rate->last) / each;
    rate->last = back < rate->spent ? rate->last + back * each : now;
    rate->spent = back < rate->spent ? rate->spent - (uint32_t)back : 0;
    if (rate->spent >= at_once)
        return false;
    rate->spent++;
    return true;
}

int inside_call(const char *service, const char *request, struct inside_answer *answer,
                struct error *err)
{
    const struct sockaddr_un address = address_of(service);
    const struct timeval patience = {.tv_sec = INSIDE_SECONDS};
    const size_t length = strlen(request);
    char packet[1 + INSIDE_REPLY_MAX];
    if (length > INSIDE_REQUEST_MAX || !is_printable(request, length))
        return error_usage(err, "a line of at most %d letters", INSIDE_REQUEST_MAX);
    cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
        return error_errno(err, "cannot make a socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return error_errno(err, "nobody listens at %s", address.sun_path);
    if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        return error_errno(err, "cannot ask at %s", address.sun_path);
    ssize_t n = recv(fd, packet, sizeof packet, 0);
    if (n < 0)
        return error_errno(err, "no answer from %s", address.sun_path);
    if (n == 0)
        return error_set(err, "no answer: too many ask at once, or too often; try again");
    answer->status = (unsigned char)packet[0];
    memcpy(answer->text, packet + 1, (size_t)n - 1);
    answer->text[n - 1] = '\0';
    return 0;
}
