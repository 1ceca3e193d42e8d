/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/ignore.c */
/* A .gitignore of anybody's against paths of anybody's: the first line is a path, the rest the
 * file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/git/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    if (!newline)
        return 0;
    cleanup_free char *path = strndup((const char *)data, (size_t)(newline - data));
    cleanup_ignore struct ignore ignore = {0}, again = {0}, raw = {0};
    cleanup_buf struct buf bytes = BUF_INIT(IGNORE_ALL_MAX);
    const char *text = (const char *)newline + 1;
    size_t length = size - (size_t)(newline + 1 - data);
    (void)ignore_parse(text, length, &raw);
    if (!path || ignore_add(&ignore, "", text, length) < 0)
        return 0;
    enum ignore_verdict verdict = ignore_judge(&ignore.files[0], path, true);
    if (ignore_print(&ignore, &bytes) < 0 ||
        ignore_parse(bytes.data, bytes.length, &again) < 0 ||
        ignore_judge(&again.files[0], path, true) != verdict)
        abort();
    return 0;
}
