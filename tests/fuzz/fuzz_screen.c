/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/notice.c plugin/terminal/screen.c plugin/policy/denial.c
 * plugin/terminal/follow.c plugin/state.c plugin/state_control.c plugin/policy/wide.c */
/*
 * A session's output, however it is cut: what is put in changes none of its bytes and none of
 * their order, and where nothing was refused nothing is put in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/terminal/notice.h"
#include "shared/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check {
    const char *bytes; /* what must still come */
    size_t left;
    const struct notice *notice;
};

static void come(void *context, const char *bytes, size_t length)
{
    struct check *check = context;
    const bool ours = bytes < check->bytes || bytes >= check->bytes + check->left + 1;
    if (ours)
        return; /* put in */
    if (length > check->left || bytes != check->bytes)
        abort();
    check->bytes += length;
    check->left -= length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct notice notice = NOTICE_INIT;
    notice.box = "box";
    notice.tty = true;
    if (size < 1)
        return 0;
    const size_t cut = data[0] % size;
    char *copy = malloc(size);
    memcpy(copy, data, size);
    struct check check = {.bytes = copy, .left = size, .notice = &notice};
    notice_pass(&notice, copy, cut, come, &check);
    if (check.left != size - cut || notice.titled)
        abort();
    (void)strings_add(&notice.pending, "refused");
    notice_pass(&notice, copy + cut, size - cut, come, &check);
    if (check.left != 0)
        abort();
    notice.titled = false;
    strings_free(&notice.pending);
    notice_end(&notice);
    free(copy);
    return 0;
}
