/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ask_snapshot.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "init/git_worker.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { ANSWER_MAX = 8192, HOOK_MS = 20000 };

static int ask(struct buf *answer, bool quiet, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SNAPSHOT_SOCKET};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return error_set(err, errno == ENOENT || errno == ECONNREFUSED
                                  ? "this box keeps no audit trail ([git] track, --no-git)"
                                  : "PID 1 does not answer");
    struct pollfd event = {.fd = fd, .events = POLLIN};
    if (quiet && poll(&event, 1, HOOK_MS) <= 0) /* the agent goes on without */
        return 0;
    if (read_all(fd, answer) < 0)
        return error_errno(err, "PID 1 does not answer");
    if (answer->length == 0)
        return error_set(err, "too many ask for a snapshot at once; try again");
    if (strncmp(answer->data, "error ", 6) == 0) {
        answer->data[strcspn(answer->data, "\n")] = '\0';
        return error_set(err, "no snapshot was taken: %s", answer->data + 6);
    }
    return 0;
}

int ask_snapshot(int argc, char **argv)
{
    cleanup_buf struct buf answer = BUF_INIT(ANSWER_MAX);
    struct error err = ERROR_INIT;
    const bool quiet = argc > 1 && strcmp(argv[1], "--quiet") == 0;
    if (argc > 2 || (argc == 2 && !quiet))
        return EXIT_USAGE;
    int failed = ask(&answer, quiet, &err);
    if (quiet)
        return 0;
    if (failed) {
        warn("%s", err.text);
        return EXIT_CLAUDEX;
    }
    (void)fputs(answer.data, stdout);
    return 0;
}

int ask_snapshot_now(struct error *err)
{
    cleanup_buf struct buf answer = BUF_INIT(ANSWER_MAX);
    return ask(&answer, false, err);
}
