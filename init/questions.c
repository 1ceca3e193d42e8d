/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/questions.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/signatures.h"
#include "shared/cleanup.h"
#include "shared/names.h"

void questions_init(struct questions *questions, bool asked)
{
    *questions = (struct questions){.asked = asked};
    for (size_t i = 0; i < array_length(questions->terminals); i++)
        questions->terminals[i] = -1;
}

/* --- terminals --------------------------------------------------------------------------- */

static int *find(struct questions *questions, int fd)
{
    for (size_t i = 0; i < array_length(questions->terminals); i++)
        if (questions->terminals[i] == fd)
            return &questions->terminals[i];
    return NULL;
}

static bool is_attended(const struct questions *questions)
{
    for (size_t i = 0; i < array_length(questions->terminals); i++)
        if (questions->terminals[i] >= 0)
            return true;
    return false;
}

static void answer(struct questions *questions, enum consent consent)
{
    questions_withdraw(questions);
    questions->answered(questions->context, consent);
}

static void let_go(struct questions *questions, int *terminal)
{
    loop_remove(questions->loop, *terminal);
    close(take_fd(terminal));
}

/* We only write: what is ready is the end of its reader. */
static void terminal_ready(void *context, int fd, uint32_t events)
{
    struct questions *questions = context;
    int *terminal = find(questions, fd);
    (void)events;
    if (terminal)
        let_go(questions, terminal);
    if (questions->stands && !is_attended(questions))
        answer(questions, CONSENT_NOBODY);
}

/* At most PIPE_BUF bytes: all or none, pipe(7). One that does not read would miss the end of a
 * question, and is as good as gone. */
static void tell(struct questions *questions, int *terminal, const char *line)
{
    const size_t length = strlen(line);
    if (*terminal >= 0 &&
        (length > CONTROL_LINE_MAX || write(*terminal, line, length) != (ssize_t)length))
        let_go(questions, terminal);
}

static void tell_all(struct questions *questions, const char *line)
{
    for (size_t i = 0; i < array_length(questions->terminals); i++)
        tell(questions, &questions->terminals[i], line);
}

/* --- the question ------------------------------------------------------------------------ */

/* The caller's; NULL when out of memory. */
static char *print(const struct questions *questions)
{
    json_t *json = json_pack("{s:I}", "question", (json_int_t)questions->number);
    char *line = NULL;
    cleanup_free char *text = json && signature_describe(&questions->signature, json) == 0
                                  ? json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER)
                                  : NULL;
    json_decref(json);
    return text && asprintf(&line, "%s\n", text) >= 0 ? line : NULL;
}

void questions_ask(struct questions *questions, const struct signature *signature)
{
    questions_withdraw(questions);
    questions->number++;
    questions->signature = *signature;
    questions->stands = true;
    cleanup_free char *line = print(questions);
    if (line)
        tell_all(questions, line);
    if (!line || !is_attended(questions))
        answer(questions, CONSENT_NOBODY);
}

void questions_withdraw(struct questions *questions)
{
    char line[32];
    if (!questions->stands)
        return;
    questions->stands = false;
    (void)snprintf(line, sizeof line, "{\"over\":%u}\n", questions->number);
    tell_all(questions, line);
}

/* --- requests ---------------------------------------------------------------------------- */

static void refuse(struct control_reply *reply, const char *why)
{
    reply->status = EXIT_CLAUDEX;
    (void)snprintf(reply->text, sizeof reply->text, "%s", why);
}

static void attend(struct questions *questions, const struct control_fifo *fifo,
                   struct control_reply *reply)
{
    int *terminal = find(questions, -1);
    if (!terminal) {
        refuse(reply, "too many terminals attend already");
        return;
    }
    cleanup_fd int fd = control_fifo_reply_open(fifo, reply->id);
    if (fd < 0 || loop_add(questions->loop, fd, terminal_ready, questions) < 0) {
        refuse(reply, "there is no way to ask this terminal");
        return;
    }
    *terminal = take_fd(&fd);
    /* The answer goes the same way, and first. */
    control_fifo_reply_write(*terminal, reply);
    reply->status = CONTROL_LATER;
    cleanup_free char *line = questions->stands ? print(questions) : NULL;
    if (line)
        tell(questions, terminal, line);
}

bool questions_request(struct questions *questions, const struct control_fifo *fifo,
                       const struct control_request *request, struct control_reply *reply)
{
    const bool answers = request->word == CONTROL_SIGN_YES || request->word == CONTROL_SIGN_NO;
    if (!answers && request->word != CONTROL_ATTEND)
        return false;
    if (!questions || !questions->asked || !questions->loop)
        refuse(reply, "no signature is asked about in this box");
    else if (!answers)
        attend(questions, fifo, reply);
    else if (!questions->stands || request->number != questions->number)
        refuse(reply, "that question does not stand any more");
    else
        answer(questions, request->word == CONTROL_SIGN_YES ? CONSENT_YES : CONSENT_NO);
    return true;
}
