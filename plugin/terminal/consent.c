/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/consent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "plugin/state.h"
#include "shared/cleanup.h"
#include "shared/control_call.h"

/* Whatever is under way ends (CAN, ST), and VT52's mode, in which nothing below is understood;
 * then a screen of its own, and nothing that was set on the other: colours, character sets,
 * margins, insertion, protection from being erased, and which colours those are that a text
 * without any has, where it could be written in the ground's own (xterm's control sequences;
 * ESC ] R is the Linux console's). */
#define FRESH                                                                                     \
    "\033[m\033(B\017\033[?69l\033[r\033[?6l\033[4l\033[?7h\033[0\"q\033]110\033\\\033]111\033\\" \
    "\033]R\033\\\033[H\033[2J"
#define OURS   "\030\033\\\033<\033[?1049h" FRESH
#define THEIRS "\033[?1049l"
/* There is no third screen: the program draws its own anew. */
#define OURS_OF_THEIRS "\030\033\\\033<\0337" FRESH
#define THEIRS_AGAIN   "\033[2J\0338"

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Not at all for 0. */
static void wake_after(const struct consent *consent, int64_t ms)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};
    (void)timerfd_settime(consent->timer, 0, &when, NULL);
}

static bool is_plain_terminal(void)
{
    const char *term = getenv("TERM");
    return !term || !*term || strcmp(term, "dumb") == 0;
}

static void put(const char *text, consent_write *write, void *context)
{
    write(context, text, strlen(text));
}

static void show(struct consent *consent, consent_write *write, void *context)
{
    if (!consent->shown)
        put(is_plain_terminal()          ? "\r\n"
            : consent->screen->alternate ? OURS_OF_THEIRS
                                         : OURS,
            write, context);
    else
        put(is_plain_terminal() ? "\r\n" : "\033[H\033[2J", write, context);
    consent->shown = true;
    put(consent->question.text, write, context);
}

static void hide(struct consent *consent, consent_write *write, void *context)
{
    if (!consent->shown)
        return;
    put(is_plain_terminal()          ? "\r\n"
        : consent->screen->alternate ? THEIRS_AGAIN
                                     : THEIRS,
        write, context);
    consent->shown = false;
    consent->redraws = consent->screen->alternate || consent->screen->drawing;
}

/* Now, or once the session has written what it was about to. */
static void show_if_due(struct consent *consent, consent_write *write, void *context)
{
    const int64_t now = now_ms(), cut = consent->since + CONSENT_CUT_MS - now;
    if (!consent->shown && !screen_is_between(consent->screen) && cut > 0) {
        wake_after(consent, cut < CONSENT_TRY_MS ? cut : CONSENT_TRY_MS);
        return;
    }
    if (!consent->shown) {
        show(consent, write, context);
        question_typed_before(&consent->question, now);
    }
    const bool was = consent->question.ready;
    const int64_t left = question_settle(&consent->question, now);
    wake_after(consent, left);
    if (left == 0 && !was) {
        char line[128];
        put(question_prompt(&consent->question, line, sizeof line), write, context);
    }
}

/* --- the box ------------------------------------------------------------------------------ */

static int each(void *context, const json_t *item)
{
    struct consent *consent = context;
    const int64_t now = now_ms();
    if (question_take(&consent->question, item, consent->box, now))
        consent->since = now;
    return 0;
}

void consent_begin(struct consent *consent, const char *box, const struct screen *screen)
{
    consent->box = box;
    consent->screen = screen;
    consent->follow =
        (struct follow){.bytes = BUF_INIT(FOLLOW_LINE_MAX), .each = each, .context = consent};
    consent->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (consent->timer >= 0)
        wake_after(consent, CONSENT_TRY_MS);
}

/* A box that does not answer is not up yet; one that says no asks nobody. */
static void attend(struct consent *consent)
{
    consent->fd = follow_open(consent->box, CONTROL_ATTEND);
    if (consent->fd >= 0 || errno == EACCES)
        return;
    /* What is fetched for a box before its session may take minutes. */
    const bool soon = consent->tries < CONSENT_TRIES_SOON;
    consent->tries += soon;
    wake_after(consent, soon ? CONSENT_TRY_MS : CONSENT_RETRY_MS);
}

void consent_take(struct consent *consent, consent_write *write, void *context)
{
    char bytes[CONTROL_LINE_MAX];
    const uint32_t before = consent->question.number;
    ssize_t n = read(consent->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || follow_feed(&consent->follow, bytes, (size_t)n) < 0) {
        close(take_fd(&consent->fd));
        consent->question.stands = false;
        buf_clear(&consent->follow.bytes);
        wake_after(consent, CONSENT_RETRY_MS);
    }
    if (!consent->question.stands) {
        hide(consent, write, context);
        return;
    }
    if (consent->shown && consent->question.number != before) {
        show(consent, write, context);
        question_typed_before(&consent->question, now_ms());
    }
    show_if_due(consent, write, context);
}

void consent_tick(struct consent *consent, consent_write *write, void *context)
{
    uint64_t count;
    if (read(consent->timer, &count, sizeof count) < 0)
        return;
    if (consent->fd < 0)
        attend(consent);
    else if (consent->question.stands)
        show_if_due(consent, write, context);
}

/* --- the answer --------------------------------------------------------------------------- */

/* Where it does not arrive the question stands until its time is over, and is a no then. */
static void answer(struct consent *consent, bool yes)
{
    struct error ignored = ERROR_INIT;
    struct control_request request = {.word = yes ? CONTROL_SIGN_YES : CONTROL_SIGN_NO,
                                      .mode = NETWORK_LOCKDOWN,
                                      .number = consent->question.number};
    struct control_reply reply;
    cleanup_free char *folder = state_box(consent->box, &ignored);
    cleanup_free char *control = folder ? state_control(folder) : NULL;
    if (control)
        (void)control_call(control, &request, CONTROL_REPLY_MS, &reply, &ignored);
    consent->question.stands = false;
}

bool consent_type(struct consent *consent, const char *bytes, size_t length,
                  consent_write *write, void *context)
{
    char line[128];
    if (!consent->shown)
        return false;
    if (!consent->question.ready) {
        question_typed_before(&consent->question, now_ms());
        return false;
    }
    /* What comes along with an answer belongs to it. */
    for (size_t i = 0; i < length; i++) {
        const enum question_key key = question_type(&consent->question, bytes[i]);
        if (key == QUESTION_HELD)
            continue;
        answer(consent, key == QUESTION_YES);
        hide(consent, write, context);
        return true;
    }
    put(is_plain_terminal() ? "" : "\r\033[K", write, context);
    put(question_prompt(&consent->question, line, sizeof line), write, context);
    return true;
}

bool consent_redraws(struct consent *consent)
{
    const bool redraws = consent->redraws;
    consent->redraws = false;
    return redraws;
}

void consent_end(struct consent *consent, consent_write *write, void *context)
{
    hide(consent, write, context);
    if (consent->fd >= 0)
        close(take_fd(&consent->fd));
    if (consent->timer >= 0)
        close(take_fd(&consent->timer));
    buf_free(&consent->follow.bytes);
}
