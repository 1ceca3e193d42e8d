/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/login_judge.h"

#include <string.h>

/* What names nobody, an API key for one, is not refreshed either. */
static const char *judge_codex(const struct login_case *what)
{
    if (!*what->kept->identity || !*what->written->identity)
        return "it does not say whose it is";
    return strcmp(what->kept->identity, what->written->identity) != 0
               ? "it is another account's"
               : NULL;
}

static const char *judge_claude(const struct login_case *what)
{
    const char *before = what->kept->account, *now = what->written->account;
    if (*before && *now && strcmp(before, now) != 0)
        return "it is another account's";
    /* No end: nothing that could be due. */
    const int64_t end = what->kept->fresh;
    if (what->race || (end > 0 && end / 1000 - LOGIN_DUE_SECONDS <= what->now))
        return NULL;
    return "the one that is shared was not at its end";
}

const char *login_judge(const struct login_case *what)
{
    if (!what->kept || what->asked)
        return NULL;
    /* Something else in the file: Claude Code keeps the logins of MCP servers there. But not
     * its end, or who wrote it chose when the next one is due. */
    if (*what->kept->digest && strcmp(what->kept->digest, what->written->digest) == 0 &&
        (what->agent == LOGIN_CODEX || what->kept->fresh == what->written->fresh))
        return NULL;
    return what->agent == LOGIN_CODEX ? judge_codex(what) : judge_claude(what);
}
