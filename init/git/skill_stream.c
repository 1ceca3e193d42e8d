/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/skill_stream.h"

#include <errno.h>
#include <git2.h>
#include <git2/sys/errors.h>
#include <git2/sys/transport.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "init/git/skill_fetch.h"
#include "init/git/store.h"
#include "shared/log.h"

enum { SAID_MAX = 240 };

/* libgit2 asks for both by address: the first member of each is what it knows. */
struct connection {
    git_smart_subtransport_stream stream;
    const struct skill_stream *ends;
};
struct way {
    git_smart_subtransport transport;
    struct connection connection;
};

/* The program's last words, in one line. */
static void blame(const struct skill_stream *ends, const char *otherwise)
{
    char text[SAID_MAX + 1];
    ssize_t length = read(ends->said, text, SAID_MAX);
    text[length > 0 ? length : 0] = '\0';
    for (char *c = text; *c; c++)
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' ';)
        text[--end] = '\0';
    (void)git_error_set_str(GIT_ERROR_SSH, *text ? quoted(text) : otherwise);
}

static const char *why(void)
{
    return errno == EAGAIN ? "nothing came for 15 seconds" : strerror(errno);
}

static int stream_read(git_smart_subtransport_stream *stream, char *bytes, size_t size,
                       size_t *length)
{
    const struct skill_stream *ends = ((struct connection *)stream)->ends;
    ssize_t n;
    do
        n = recv(ends->data, bytes, size, 0);
    while (n < 0 && errno == EINTR);
    *length = n > 0 ? (size_t)n : 0;
    if (n <= 0)
        blame(ends, n < 0 ? why() : "it ended without a word");
    return n > 0 ? 0 : -1;
}

static int stream_write(git_smart_subtransport_stream *stream, const char *bytes, size_t length)
{
    const struct skill_stream *ends = ((struct connection *)stream)->ends;
    while (length > 0) {
        ssize_t n = send(ends->data, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            blame(ends, why());
            return -1;
        }
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Both are the process's. */
static void stream_free(git_smart_subtransport_stream *stream)
{
    (void)stream;
}

static int action(git_smart_subtransport_stream **out, git_smart_subtransport *transport,
                  const char *url, git_smart_service_t service)
{
    (void)url;
    *out = &((struct way *)transport)->connection.stream;
    return service == GIT_SERVICE_UPLOADPACK_LS || service == GIT_SERVICE_UPLOADPACK ? 0 : -1;
}

static int close_way(git_smart_subtransport *transport)
{
    (void)transport;
    return 0;
}

static void free_way(git_smart_subtransport *transport)
{
    free(transport);
}

static int make_way(git_smart_subtransport **out, git_transport *owner, void *ends)
{
    struct way *way = calloc(1, sizeof *way);
    if (!way)
        return -1;
    way->transport =
        (git_smart_subtransport){.action = action, .close = close_way, .free = free_way};
    way->connection = (struct connection){.stream = {.subtransport = &way->transport,
                                                     .read = stream_read,
                                                     .write = stream_write,
                                                     .free = stream_free},
                                          .ends = ends};
    (void)owner;
    *out = &way->transport;
    return 0;
}

int skill_stream_use(struct skill_stream *stream, struct error *err)
{
    static git_smart_subtransport_definition definition;
    const struct timeval most = {.tv_sec = SKILL_FETCH_STALL_MS / 1000};
    definition =
        (git_smart_subtransport_definition){.callback = make_way, .rpc = 0, .param = stream};
    if (setsockopt(stream->data, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) < 0 ||
        setsockopt(stream->data, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) < 0)
        return error_errno(err, "cannot limit how long it is waited for");
    if (git_transport_register("ssh", git_transport_smart, &definition) < 0)
        return store_error(err, "cannot use ssh");
    return 0;
}
