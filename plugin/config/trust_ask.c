/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the user, or refusing. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/config/trust.h"
#include "plugin/terminal/confirm.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { LINES_ROOM = 1200 };

/* As many whole lines as an error has room for. */
static int refuse(const struct trust_request *request, const struct approval *before,
                  struct error *err)
{
    cleanup_free char *lines = trust_describe(request, before);
    if (!lines)
        return error_set(err, "out of memory");
    size_t shown = 0;
    while (lines[shown]) {
        size_t next = shown + strcspn(lines + shown, "\n");
        if (next > LINES_ROOM)
            break;
        shown = lines[next] ? next + 1 : next;
    }
    const char *more = lines[shown] ? "and more; docker claudex trust shows all\n" : "";
    const bool whole = !*more;
    return error_set(err,
                     "a project's file is not trusted, and what %s asks for would widen the "
                     "box%s:\n%.*s%s%snothing was started. Agree to exactly these lines with "
                     "docker claudex trust %s, or with --trust; on a terminal you are asked",
                     quoted(request->file), before ? " and has changed" : "", (int)shown, lines,
                     whole ? "\n" : "", more, quoted(request->folder));
}

static int remember(const struct trust_request *request)
{
    struct error why = ERROR_INIT;
    if (trust_remember(request, &why) < 0)
        warn("this is not remembered: %s", why.text);
    return 0;
}

static int show(const struct trust_request *request, const struct approval *before,
                const char *question, struct error *err)
{
    char head[1024];
    cleanup_free char *lines = trust_describe(request, before);
    cleanup_free char *text = NULL;
    (void)snprintf(head, sizeof head, "%s%s what would widen the box%s:", quoted(request->file),
                   question ? " asks for" : ": agreed to",
                   before ? ", and has changed since you agreed" : "");
    if (!lines || asprintf(&text, "%s\n%s%s", head, lines,
                           question ? "\nanybody may have written this, an agent too; agree "
                                      "only to what you understand"
                                    : "") < 0) {
        text = NULL;
        return error_set(err, "out of memory");
    }
    return log_ask(text, question) < 0 ? error_errno(err, "cannot show what is asked for") : 0;
}

int trust_settle(const struct trust_request *request, enum trust_answer answer,
                 struct error *err)
{
    char question[512];
    cleanup_approval struct approval before = {.folder = NULL};
    int found = trust_find(request->folder, &before, err);
    if (found < 0)
        return -1;
    const struct approval *known = found ? &before : NULL;
    if (known && trust_covers(known, request))
        return 0;
    if (answer == TRUST_AGREED)
        return show(request, known, NULL, err) < 0 ? -1 : remember(request);
    if (!confirm_possible())
        return refuse(request, known, err);
    (void)snprintf(question, sizeof question, "allow this for %s? [y/N]",
                   quoted(request->folder));
    confirm_flush();
    if (show(request, known, question, err) < 0)
        return -1;
    if (!confirm_read())
        return error_set(err, "not agreed to, so nothing is done");
    return remember(request);
}

int trust_check(const struct config *config, const struct config_paths *paths,
                const struct folders *projects, const struct project_files *files,
                enum trust_answer answer, struct error *err)
{
    for (size_t i = 0; i < projects->count; i++) {
        cleanup_trust_request struct trust_request request = {.folder = NULL};
        struct error ignored = ERROR_INIT;
        if (trust_request_make(&request, config, paths, &projects->items[i], &files->items[i],
                               err) < 0)
            return -1;
        if (request.lines.count == 0)
            (void)trust_forget(request.folder, &ignored);
        else if (trust_settle(&request, answer, err) < 0)
            return -1;
    }
    return 0;
}
