/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "init/confine.h"
#include "init/replace.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

/* The field of a line, counted from 0; false where there is none. */
static bool field_of(const char *line, size_t length, int number, const char **field,
                     size_t *size)
{
    const char *end = line + length;
    for (;; number--) {
        const char *colon = memchr(line, ':', (size_t)(end - line));
        *field = line;
        *size = (size_t)((colon ? colon : end) - line);
        if (number == 0)
            return true;
        if (!colon)
            return false;
        line = colon + 1;
    }
}

static bool same_field(const char *a, size_t a_length, const char *b, size_t b_length,
                       int number)
{
    const char *of_a, *of_b;
    size_t a_size, b_size;
    return field_of(a, a_length, number, &of_a, &a_size) &&
           field_of(b, b_length, number, &of_b, &b_size) && a_size == b_size &&
           memcmp(of_a, of_b, a_size) == 0;
}

int accounts_edit(const char *text, size_t length, const char *line, struct buf *out)
{
    enum { NAME = 0, ID = 2 };
    const size_t wanted = strlen(line);
    const char *end = text + length;
    size_t right = 0, wrong = 0; /* lines of the name; of others with the id, before it */
    if (buf_append(out, line, wanted) < 0 || buf_append(out, "\n", 1) < 0)
        return -1;
    for (const char *p = text; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t size = (size_t)((newline ? newline : end) - p);
        if (same_field(p, size, line, wanted, NAME)) {
            bool same = size == wanted && memcmp(p, line, size) == 0;
            *(same ? &right : &wrong) += 1;
        } else {
            if (right == 0 && same_field(p, size, line, wanted, ID))
                wrong++;
            if (buf_append(out, p, size) < 0 || buf_append(out, "\n", 1) < 0)
                return -1;
        }
        p += size + 1;
    }
    if (right == 1 && wrong == 0)
        buf_clear(out);
    return 0;
}

static int set(const char *path, const char *line)
{
    cleanup_buf struct buf text = BUF_INIT(ACCOUNTS_MAX);
    cleanup_buf struct buf edited = BUF_INIT(2 * ACCOUNTS_MAX);
    if (read_regular_file(AT_FDCWD, path, &text) < 0 && errno != ENOENT)
        return -1;
    if (accounts_edit(text.data ? text.data : "", text.length, line, &edited) < 0)
        return -1;
    return edited.length ? replace_file(path, edited.data, edited.length, 0644) : 0;
}

void accounts_set(const struct agent *agent)
{
    char user[256], group[64];
    (void)snprintf(user, sizeof user, AGENT_USER ":x:%u:%u::" AGENT_HOME ":%s",
                   (unsigned)agent->uid, (unsigned)agent->gid, confined_shell());
    (void)snprintf(group, sizeof group, AGENT_USER ":x:%u:", (unsigned)agent->gid);
    const struct {
        const char *path, *line;
    } files[] = {{"/etc/passwd", user}, {"/etc/group", group}};
    for (size_t i = 0; i < array_length(files); i++)
        if (set(files[i].path, files[i].line) < 0)
            warn("cannot give the agent its name in %s: %s", files[i].path, strerror(errno));
}
