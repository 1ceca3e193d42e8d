/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for, and how it differs from what was agreed to. Pure. */
#include "plugin/config/trust.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum {
    LINE_TEXT_MAX = 2 * CONFIG_LINE_MAX, /* a value, and a path behind it */
    SHOWN_MAX = 4 * LINE_TEXT_MAX,       /* every byte of it as \xNN */
    ALL_MAX = TRUST_LINES_MAX * (SHOWN_MAX + 512),
};

void trust_request_free(struct trust_request *request)
{
    strings_free(&request->lines);
    free(request->numbers);
    *request = (struct trust_request){.folder = NULL};
}

void approval_free(struct approval *approval)
{
    free(approval->folder);
    strings_free(&approval->lines);
    *approval = (struct approval){.folder = NULL};
}

void approvals_free(struct approvals *approvals)
{
    for (size_t i = 0; i < approvals->count; i++)
        approval_free(&approvals->items[i]);
    free(approvals->items);
    *approvals = (struct approvals){NULL, 0};
}

static int add_line(struct trust_request *request, const struct config_entry *entry,
                    const char *path)
{
    cleanup_buf struct buf text = BUF_INIT(LINE_TEXT_MAX);
    int *numbers =
        reallocarray(request->numbers, request->lines.count + 1, sizeof *request->numbers);
    if (!numbers)
        return -1;
    request->numbers = numbers;
    if (buf_printf(&text, "[%s%s%s] %s", entry->section, entry->name ? "." : "",
                   entry->name ? entry->name : "", entry->key) < 0 ||
        (entry->value[0] && buf_printf(&text, " = %s", entry->value) < 0) ||
        (path && strcmp(path, entry->value) != 0 && buf_printf(&text, " (%s)", path) < 0) ||
        strings_add(&request->lines, text.data) < 0)
        return -1;
    numbers[request->lines.count - 1] = entry->line;
    return 0;
}

int trust_hash(struct trust_request *request)
{
    SHA2_CTX context;
    SHA256Init(&context);
    for (size_t i = 0; i < request->lines.count; i++) {
        const char *line = request->lines.items[i];
        SHA256Update(&context, (const uint8_t *)line, strlen(line) + 1);
    }
    return SHA256End(&context, request->hash) ? 0 : -1;
}

int trust_request_make(struct trust_request *request, const struct config *config,
                       const struct config_paths *paths, const struct folder *folder,
                       const struct project_file *file, struct error *err)
{
    request->folder = folder->path;
    request->file = file->name ? file->shown : folder->path;
    for (size_t i = 0; file->name && i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (entry->source != CONFIG_PROJECT || strcmp(entry->file, file->shown) != 0 ||
            config_entry_is_safe(entry))
            continue;
        if (request->lines.count == TRUST_LINES_MAX)
            return error_set(err,
                             "%s asks for more than %d things that would widen the box; nobody "
                             "can agree to so many",
                             quoted(file->shown), TRUST_LINES_MAX);
        if (add_line(request, entry, paths->items[i]) < 0)
            return error_set(err, "out of memory");
    }
    return trust_hash(request) < 0 ? error_set(err, "out of memory") : 0;
}

/* How often a line is among the first `count`. */
static size_t occurrences(const struct strings *lines, size_t count, const char *line)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(lines->items[i], line) == 0;
    return found;
}

/* True for a line of `lines`, the `at`th, that the other list has not (as often). */
static bool is_news(const struct strings *lines, size_t at, const struct strings *others)
{
    const char *line = lines->items[at];
    return occurrences(lines, at + 1, line) > occurrences(others, others->count, line);
}

static int describe_line(struct buf *out, const char *mark, const char *file, int number,
                         const char *line)
{
    char text[SHOWN_MAX + 1], name[1024], where[1100] = "";
    term_quote(text, sizeof text, line, strlen(line));
    if (number > 0)
        (void)snprintf(where, sizeof where,
                       "%s:%d: ", term_quote(name, sizeof name, file, strlen(file)), number);
    return buf_printf(out, "%s%s%s%s", out->length ? "\n" : "", mark, where, text);
}

char *trust_describe(const struct trust_request *request, const struct approval *before)
{
    cleanup_buf struct buf out = BUF_INIT(ALL_MAX);
    for (size_t i = 0; before && i < before->lines.count; i++)
        if (is_news(&before->lines, i, &request->lines) &&
            describe_line(&out, "- ", NULL, 0, before->lines.items[i]) < 0)
            return NULL;
    for (size_t i = 0; i < request->lines.count; i++) {
        const char *mark = !before                                       ? ""
                           : is_news(&request->lines, i, &before->lines) ? "+ "
                                                                         : "  ";
        if (describe_line(&out, mark, request->file, request->numbers[i],
                          request->lines.items[i]) < 0)
            return NULL;
    }
    return buf_take(&out);
}

bool trust_covers(const struct approval *approval, const struct trust_request *request)
{
    if (approval->lines.count != request->lines.count)
        return false;
    for (size_t i = 0; i < request->lines.count; i++)
        if (strcmp(approval->lines.items[i], request->lines.items[i]) != 0)
            return false;
    return true;
}
