/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of a client, and of the agent for it, as they come and go in pieces. */
#include <errno.h>
#include <sys/socket.h>

#include "init/ssh/client.h"

enum {
    READ_FIRST = 1024,
    READ_AT_ONCE = 16 * 1024,
};

/* All clients together keep a bounded number of bytes; who comes too late is refused. */
static bool hold(struct client *client, size_t *held, size_t size)
{
    struct proxy *proxy = client->proxy;
    if (*held > 0)
        return true;
    if (proxy->buffered + size > PROXY_BUFFERED_MAX)
        return false;
    proxy->buffered += size;
    *held = size;
    return true;
}

void client_release(struct client *client, size_t *held)
{
    client->proxy->buffered -= *held;
    *held = 0;
}

/* Most frames come with one read of this; of a longer one no byte more than it has is read. */
static ssize_t receive(int fd, struct buf *frame, size_t size)
{
    char first[READ_FIRST];
    const size_t left = size - frame->length;
    if (frame->length >= FRAME_LENGTH) {
        size_t room = left < READ_AT_ONCE ? left : READ_AT_ONCE;
        char *to = buf_reserve(frame, room);
        ssize_t n = to ? recv(fd, to, room, MSG_DONTWAIT) : 0;
        frame->length += n > 0 ? (size_t)n : 0;
        return n;
    }
    ssize_t n = recv(fd, first, sizeof first, MSG_DONTWAIT);
    return n > 0 && buf_append(frame, first, (size_t)n) < 0 ? 0 : n;
}

enum reading client_read(struct client *client, int fd, struct buf *frame, size_t *held)
{
    for (;;) {
        size_t size = frame_size((const uint8_t *)frame->data, frame->length);
        if (size == 0 || (frame->length >= FRAME_LENGTH && !hold(client, held, size)))
            return FRAME_BAD;
        if (frame->length >= FRAME_LENGTH && frame->length >= size)
            return FRAME_IS_WHOLE;
        ssize_t n = receive(fd, frame, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return FRAME_IS_COMING;
        if (n <= 0)
            return FRAME_NEVER;
    }
}

int client_write(struct client *client, struct watch *watch)
{
    while (client->written < client->out.length) {
        ssize_t n = send(watch->fd, client->out.data + client->written,
                         client->out.length - client->written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return -1;
        if (n < 0) {
            reactor_again(&client->proxy->reactor, watch);
            return 0;
        }
        client->written += (size_t)n;
    }
    return 1;
}

bool client_put_out(struct client *client, const void *frame, size_t length)
{
    buf_clear(&client->out);
    client->written = 0;
    return buf_append(&client->out, frame, length) == 0;
}

struct bytes client_frame(const struct buf *frame)
{
    const uint8_t *bytes = (const uint8_t *)frame->data;
    return (struct bytes){bytes, frame_size(bytes, frame->length)};
}

struct bytes client_contents(const struct buf *frame)
{
    const struct bytes whole = client_frame(frame);
    return (struct bytes){whole.data + FRAME_LENGTH, whole.length - FRAME_LENGTH};
}
