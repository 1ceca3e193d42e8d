/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/control_fifo.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/control_call.h"
#include "shared/io.h"
#include "shared/log.h"

enum {
    TIMEOUT_MS = 10000, /* longer than any change takes, `lockdown sever` included */
    FOLLOW_MS = 60 * 1000,
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Checked by the parser that will check it again on the other side; the id is not the one. */
static int request_of(int argc, char *const *argv, struct control_request *request)
{
    const char *why = "which word?";
    cleanup_buf struct buf line = BUF_INIT(CONTROL_LINE_MAX);
    int failed = buf_puts(&line, "00000000");
    for (int i = 1; i < argc; i++)
        failed |= buf_printf(&line, " %s", argv[i]);
    if (!failed && argc > 1 &&
        control_request_parse(line.data, line.length, request, &why) == 0)
        return 0;
    warn(
        "%s\nusage: claudex-init ctl status | mode MODE | lockdown on|off|sever|toggle | reload\n"
        "       claudex-init ctl allow|deny HOST [SECONDS] | forget HOST | grants|connections|denied "
        "FROM | follow\n"
        "       claudex-init ctl attend | sign yes|no NUMBER",
        why);
    return -1;
}

/* What comes, as it comes, until PID 1 has nothing more to say or FOLLOW_MS have passed:
 * whoever reads may be gone, and then nobody tells us. */
static int follow(enum control_word word, struct control_reply *reply, struct error *err)
{
    int lines = -1;
    if (control_call_follow(CONTROL_LOCAL_DIR, word, TIMEOUT_MS, reply, &lines, err) != 0)
        return -1;
    cleanup_fd int fd = lines;
    for (int64_t end = now_ms() + FOLLOW_MS, left; (left = end - now_ms()) > 0;) {
        char bytes[CONTROL_LINE_MAX];
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, (int)left) <= 0)
            break;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0 || write_all(STDOUT_FILENO, bytes, (size_t)n) < 0)
            break;
    }
    return 0;
}

int ctl(int argc, char *const *argv)
{
    struct error err = ERROR_INIT;
    struct control_request request;
    struct control_reply reply;
    if (request_of(argc, argv, &request) != 0)
        return EXIT_USAGE;
    const bool follows = request.word == CONTROL_FOLLOW || request.word == CONTROL_ATTEND;
    if ((follows ? follow(request.word, &reply, &err)
                 : control_call(CONTROL_LOCAL_DIR, &request, TIMEOUT_MS, &reply, &err)) != 0)
        die_error(&err);
    if (follows && reply.status == 0)
        return 0;
    if (reply.status == 0)
        puts(reply.text);
    else
        warn("%s", reply.text);
    return reply.status;
}
