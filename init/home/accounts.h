/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's name: AGENT_USER in /etc/passwd (passwd(5)) and /etc/group (group(5)) gets the
 * agent's ids, whatever the image said, so that programs that ask who they are hear it.
 */
#ifndef CLAUDEX_INIT_HOME_ACCOUNTS_H
#define CLAUDEX_INIT_HOME_ACCOUNTS_H

#include <stddef.h>

#include "init/home/owner.h"
#include "shared/error.h"

struct buf;

enum { ACCOUNTS_MAX = 1 << 20 }; /* bytes of either file */

/*
 * Pure. The text with exactly one line of the name that `line` begins with: `line` itself (no
 * newline). It comes first where another name has the same id, in the third field, because
 * getpwuid(3) takes the first. `out` stays empty if the text is right as it is. 0, or -1 when
 * out does not take it.
 */
int accounts_edit(const char *text, size_t length, const char *line, struct buf *out);

/* Both files. What cannot be written, as in a read-only image, is a warning: the agent works
 * without a name. */
void accounts_set(const struct agent *agent);

#endif
