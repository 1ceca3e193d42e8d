/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/transfer.h"

#include <string.h>

#include "shared/buf.h"
#include "shared/log.h"

int transfer_parse(const char *text, char **box, const char **path)
{
    const char *colon = strchr(text, ':');
    /* ./a:b and /a:b are paths of the host. */
    if (!colon || colon[1] == '\0' || memchr(text, '/', (size_t)(colon - text)))
        return -1;
    *box = colon > text ? strndup(text, (size_t)(colon - text)) : NULL;
    *path = colon + 1;
    return colon > text && !*box ? -1 : 0;
}

int transfer_split(const char *path, char **folder, char **name)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    size_t folder_end = start;
    while (folder_end > 1 && path[folder_end - 1] == '/')
        folder_end--;
    *name = start == end ? strdup(".") : strndup(path + start, end - start);
    *folder = start == 0 ? strdup(".") : strndup(path, folder_end);
    if (*name && *folder)
        return 0;
    free(*name);
    free(*folder);
    *name = *folder = NULL;
    return -1;
}

int transfer_run(const struct exec *exec, const struct exec_pipes *pipes, int fine,
                 const char *what, struct error *err)
{
    cleanup_buf struct buf complaints = BUF_INIT(2048);
    struct exec_pipes all = *pipes;
    char text[1024];
    all.complaints = &complaints;
    int status = exec_piped(exec, &all, err);
    if (status < 0)
        return -1;
    if (status <= fine)
        return status;
    while (complaints.length > 0 && complaints.data[complaints.length - 1] == '\n')
        complaints.length--;
    return error_set(err, "%s in the box: %s", what,
                     complaints.length > 0
                         ? term_quote(text, sizeof text, complaints.data, complaints.length)
                         : "it failed without a word");
}
