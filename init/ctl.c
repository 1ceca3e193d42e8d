/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "init/control_fifo.h"
#include "shared/buf.h"
#include "shared/control_call.h"
#include "shared/log.h"

enum { TIMEOUT_MS = 10000 }; /* longer than any change takes, `lockdown sever` included */

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
        "%s\nusage: claudex-init ctl status | mode MODE | lockdown on|off|sever|toggle | reload",
        why);
    return -1;
}

int ctl(int argc, char *const *argv)
{
    struct error err = ERROR_INIT;
    struct control_request request;
    struct control_reply reply;
    if (request_of(argc, argv, &request) != 0)
        return EXIT_USAGE;
    if (control_call(CONTROL_LOCAL_DIR, &request, TIMEOUT_MS, &reply, &err) != 0)
        die_error(&err);
    if (reply.status == 0)
        puts(reply.text);
    else
        warn("%s", reply.text);
    return reply.status;
}
