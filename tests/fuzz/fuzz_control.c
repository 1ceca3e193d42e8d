/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of the control FIFO, either way. What is accepted prints as the very same bytes, so
 * that there is one spelling of each request and nothing hidden in a reply.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data, *why = NULL;
    char out[CONTROL_LINE_MAX + 1];
    struct control_request request;
    struct control_reply reply;
    if (control_request_parse(line, size, &request, &why) == 0) {
        int length = control_request_print(&request, out, sizeof out);
        must(length == (int)size + 1 && memcmp(out, line, size) == 0);
        must(strchr(request.id, '/') == NULL && strchr(request.id, '.') == NULL);
    } else {
        must(why && *why);
    }
    if (control_reply_parse(line, size, &reply) == 0) {
        int length = control_reply_print(&reply, out, sizeof out);
        must(length == (int)size + 1 && memcmp(out, line, size) == 0);
    }
    return 0;
}
