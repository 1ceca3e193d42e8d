/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/follow.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "plugin/state.h"
#include "shared/cleanup.h"
#include "shared/control_call.h"

int follow_feed(struct follow *follow, const char *bytes, size_t length)
{
    if (buf_append(&follow->bytes, bytes, length) < 0)
        return -1;
    const char *end;
    while ((end = memchr(follow->bytes.data, '\n', follow->bytes.length))) {
        const size_t size = (size_t)(end - follow->bytes.data);
        json_t *item = json_loadb(follow->bytes.data, size, 0, NULL);
        int ends = json_is_object(item) ? follow->each(follow->context, item) : 0;
        json_decref(item);
        buf_consume(&follow->bytes, size + 1);
        if (ends)
            return -1;
    }
    return 0;
}

int follow_open(const char *box_name, enum control_word word)
{
    struct error ignored = ERROR_INIT;
    struct control_reply reply = {.status = 0};
    cleanup_free char *folder = state_box(box_name, &ignored);
    cleanup_free char *control = folder ? state_control(folder) : NULL;
    int lines = -1;
    if (!control ||
        control_call_follow(control, word, CONTROL_REPLY_MS, &reply, &lines, &ignored) != 0)
        return -1;
    cleanup_fd int fd = lines;
    errno = EACCES;
    return reply.status == 0 ? take_fd(&fd) : -1;
}
