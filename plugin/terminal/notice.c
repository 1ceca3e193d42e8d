/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/notice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/policy/denial.h"
#include "shared/cleanup.h"
#include "shared/control.h"
#include "shared/log.h"

enum { LINE_TEXT_MAX = 2048 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static bool has(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

static int each(void *context, const json_t *item)
{
    return notice_add(context, item);
}

int notice_add(struct notice *notice, const json_t *item)
{
    char line[LINE_TEXT_MAX];
    const char *host = text_of(item, "host");
    const bool asked = json_is_true(json_object_get(item, "asked"));
    struct strings *hosts = asked ? &notice->asked : &notice->refused;
    const bool again = has(hosts, host);
    /* Asked once more is said once more: somebody waits for an answer. */
    if ((again && !asked) || hosts->count >= NOTICE_HOSTS_MAX)
        return 0;
    if (!again)
        (void)strings_add(hosts, host);
    if (notice->lines < NOTICE_LINES_MAX)
        (void)strings_add(&notice->pending,
                          denial_line(item, "docker claudex", line, sizeof line));
    notice->lines++;
    if (notice->lines == NOTICE_LINES_MAX)
        (void)strings_add(&notice->pending,
                          "more is refused; to see it: docker claudex denied");
    return 0;
}

void notice_begin(struct notice *notice)
{
    if (!notice->box || notice->tries >= NOTICE_TRIES_MAX)
        return;
    notice->tries++;
    /* Without a terminal what is on stderr may be a program's to read. */
    if (!isatty(notice->tty ? STDOUT_FILENO : STDERR_FILENO))
        return;
    notice->fd = follow_open(notice->box, CONTROL_FOLLOW);
    if (notice->fd < 0)
        return;
    notice->tries = NOTICE_TRIES_MAX;
    notice->follow =
        (struct follow){.bytes = BUF_INIT(FOLLOW_LINE_MAX), .each = each, .context = notice};
}

static void write_text(const char *text, notice_write *write, void *context)
{
    write(context, text, strlen(text));
}

static void say_lines(struct notice *notice, notice_write *write, void *context)
{
    for (size_t i = 0; i < notice->pending.count; i++) {
        write_text("claudex: ", write, context);
        write_text(notice->pending.items[i], write, context);
        write_text("\r\n", write, context);
    }
    strings_free(&notice->pending);
}

/* The last one; what was the title before is kept by the terminal, where it knows how
 * (XTWINOPS 22 and 23). */
static void say_title(struct notice *notice, notice_write *write, void *context)
{
    if (!notice->titled)
        write_text("\033[22;2t", write, context);
    notice->titled = true;
    write_text("\033]2;claudex: ", write, context);
    write_text(notice->pending.items[notice->pending.count - 1], write, context);
    write_text("\033\\", write, context);
    strings_free(&notice->pending);
}

static void say(struct notice *notice, notice_write *write, void *context)
{
    if (notice->pending.count == 0)
        return;
    if (!notice->tty) {
        for (size_t i = 0; i < notice->pending.count; i++)
            info("%s", notice->pending.items[i]);
        strings_free(&notice->pending);
    } else if (screen_takes_line(&notice->screen)) {
        say_lines(notice, write, context);
    } else if (screen_is_between(&notice->screen) &&
               (notice->screen.drawing || notice->screen.alternate)) {
        say_title(notice, write, context);
    }
}

void notice_take(struct notice *notice, notice_write *write, void *context)
{
    char bytes[CONTROL_LINE_MAX];
    ssize_t n = read(notice->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || follow_feed(&notice->follow, bytes, (size_t)n) < 0)
        close(take_fd(&notice->fd));
    say(notice, write, context);
}

void notice_pass(struct notice *notice, const char *bytes, size_t length, notice_write *write,
                 void *context)
{
    size_t from = 0;
    for (size_t i = 0; notice->box && notice->tty && i < length; i++) {
        screen_feed(&notice->screen, bytes[i]);
        if (notice->pending.count == 0 || !screen_takes_line(&notice->screen))
            continue;
        write(context, bytes + from, i + 1 - from);
        from = i + 1;
        say_lines(notice, write, context);
    }
    if (length > from)
        write(context, bytes + from, length - from);
    if (notice->tty)
        say(notice, write, context);
}

static void say_once_more(const char *what, const struct strings *list)
{
    char hosts[1024] = "", one[300];
    size_t used = 0, shown = 0;
    for (; shown < list->count && used + sizeof one + 2 < sizeof hosts; shown++) {
        const char *host = list->items[shown];
        term_quote(one, sizeof one, host, strlen(host));
        used +=
            (size_t)snprintf(hosts + used, sizeof hosts - used, "%s%s", used ? ", " : "", one);
    }
    if (shown > 0)
        info("%s meanwhile: %s%s", what, hosts, shown < list->count ? ", …" : "");
}

void notice_end(struct notice *notice)
{
    if (notice->titled)
        (void)!write(STDOUT_FILENO, "\033[23;2t", strlen("\033[23;2t"));
    /* Lines are still to be seen; a title is not. */
    if (notice->tty && (notice->titled || notice->pending.count > 0)) {
        say_once_more("refused", &notice->refused);
        say_once_more("asked for", &notice->asked);
    }
    if (notice->fd >= 0)
        close(take_fd(&notice->fd));
    strings_free(&notice->refused);
    strings_free(&notice->asked);
    strings_free(&notice->pending);
    buf_free(&notice->follow.bytes);
}
