/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: PID 1 has none, the session has it whole.
 *
 * With PID 1 in the terminal's session, the agent could make PID 1 the foreground group and
 * type a ^C for it. So PID 1 gives it up, and the session's leader takes it.
 */
#ifndef CLAUDEX_INIT_TERMINAL_H
#define CLAUDEX_INIT_TERMINAL_H

#include <sys/types.h>

#include "shared/error.h"

/* Descriptors 0, 1, 2 and no other: what an engine leaked is closed, so that it leads nobody
 * out of the box, and what came closed is /dev/null, so that no file of ours becomes somebody's
 * output. */
int descriptors_clean(struct error *err);

/* Gives up the controlling terminal, if there is one. */
int terminal_give_up(struct error *err);

/* In the session's child: a session of its own, and standard input, where it is a terminal, as
 * its controlling terminal. */
int terminal_take(struct error *err);

/* Makes the terminal at standard input, if it is one, the agent's: programs open /dev/tty and
 * the name of their terminal again. */
int terminal_hand_over(uid_t uid, struct error *err);

/*
 * Once the session runs: PID 1 lets go of its input and output, and keeps an error output that
 * cannot block it (the agent can stop its terminal with ^S for as long as it likes).
 */
void terminal_let_go(void);

#endif
