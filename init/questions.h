/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures that somebody has to say yes to, as PID 1 sees them: the terminals of the host
 * that are attached (CONTROL_ATTEND), the one question that stands, and the answer
 * (CONTROL_SIGN_YES, _NO). All of these come through the control FIFOs, which nobody in the box
 * can reach, and so no answer is the box's own. Terminals are told, a line of JSON each:
 *
 *     {"question": 7, "key": "SHA256:…", "comment": "me@work", "user": "git", …}
 *     {"over": 7}
 *
 * the first with what BOX_SIGNATURES has (init/signatures.h), the second once it is answered or
 * nobody waits for that any more. A number is never used again.
 */
#ifndef CLAUDEX_INIT_QUESTIONS_H
#define CLAUDEX_INIT_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "init/control_fifo.h"
#include "init/loop.h"
#include "init/ssh/message.h"

enum { QUESTION_TERMINALS_MAX = 8 };

struct questions {
    bool asked;        /* of this session; else there is nothing to attend */
    struct loop *loop; /* borrowed */
    int terminals[QUESTION_TERMINALS_MAX]; /* FIFOs; -1 */
    bool stands;
    uint32_t number; /* of the question that stands, or the last one that did */
    struct signature signature;
    void (*answered)(void *context, enum consent consent);
    void *context;
};

void questions_init(struct questions *questions, bool asked);

/* In the place of the one that stands, if one does. The answer comes by `answered`: a
 * CONSENT_NOBODY as soon as there is no terminal (any more), perhaps from within this call. */
void questions_ask(struct questions *questions, const struct signature *signature);
/* Nobody waits for the answer any more. */
void questions_withdraw(struct questions *questions);

/* Carries out what is about this, asked through `fifo`; true if the request is that. */
bool questions_request(struct questions *questions, const struct control_fifo *fifo,
                       const struct control_request *request, struct control_reply *reply);

#endif
