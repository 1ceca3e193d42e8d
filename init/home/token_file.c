/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/token_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/parse.h"

#define HEAD "claudex-login 2"

int token_file_print(const struct login *login, const char *bytes, size_t length,
                     struct buf *out)
{
    if (buf_printf(out, HEAD "\n%" PRId64 "\n%s\n%s\n%s\n%s\n%" PRId64 "\n%s\n%zu\n",
                   login->fresh, login->account, login->identity, login->digest, login->box,
                   login->when, login->details, length) < 0)
        return -1;
    return buf_append(out, bytes, length);
}

/* The next line, without its end, into line[size]. */
static int take_line(const char **text, size_t *left, char *line, size_t size)
{
    const char *end = memchr(*text, '\n', *left);
    size_t length = end ? (size_t)(end - *text) : 0;
    if (!end || length >= size || memchr(*text, '\0', length))
        return -1;
    memcpy(line, *text, length);
    line[length] = '\0';
    *text += length + 1;
    *left -= length + 1;
    return 0;
}

static int take_number(const char **text, size_t *left, int64_t *number)
{
    char line[24], *end;
    if (take_line(text, left, line, sizeof line) < 0)
        return -1;
    *number = strtoimax(line, &end, 10);
    return end == line || *end ? -1 : 0;
}

int token_file_parse(const char *text, size_t size, struct login *login, const char **at,
                     size_t *length)
{
    char head[sizeof HEAD];
    int64_t bytes;
    *login = (struct login){0};
    if (take_line(&text, &size, head, sizeof head) < 0 || strcmp(head, HEAD) != 0 ||
        take_number(&text, &size, &login->fresh) < 0 ||
        take_line(&text, &size, login->account, sizeof login->account) < 0 ||
        take_line(&text, &size, login->identity, sizeof login->identity) < 0 ||
        take_line(&text, &size, login->digest, sizeof login->digest) < 0 ||
        take_line(&text, &size, login->box, sizeof login->box) < 0 ||
        take_number(&text, &size, &login->when) < 0 ||
        take_line(&text, &size, login->details, sizeof login->details) < 0 ||
        take_number(&text, &size, &bytes) < 0 || size == 0 || size > LOGIN_FILE_MAX ||
        bytes != (int64_t)size)
        return -1;
    *at = text;
    *length = size;
    return 0;
}
