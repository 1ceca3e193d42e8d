/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/agent.h"

#include <string.h>

#include "shared/names.h"

/* Ended by NULL, which each list says itself. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__})

const struct agent agents[] = {
    {"claude", LABEL_CLAUDE, WORDS("claude", NULL),
     WORDS("--dangerously-skip-permissions", NULL)},
    /* Its own sandbox needs namespaces, which the box denies: the box is the sandbox. */
    {"codex", LABEL_CODEX, WORDS("codex", "-c", "sandbox_mode=\"danger-full-access\"", NULL),
     WORDS("-c", "approval_policy=\"never\"", NULL)},
    {"shell", NULL, WORDS(NULL), WORDS(NULL)},
};
const size_t agent_count = array_length(agents);

const struct agent *agent_find(const char *name)
{
    for (size_t i = 0; i < agent_count; i++)
        if (strcmp(agents[i].name, name) == 0)
            return &agents[i];
    return NULL;
}

static int add_all(struct strings *argv, const char *const *words)
{
    for (; *words; words++)
        if (strings_add(argv, *words) < 0)
            return -1;
    return 0;
}

int agent_command(const struct session *session, struct strings *argv)
{
    const struct agent *agent = agent_find(session->agent.name);
    if (agent ? add_all(argv, agent->start) : strings_add(argv, session->agent.name))
        return -1;
    if (agent && session->agent.yolo && add_all(argv, agent->yolo) < 0)
        return -1;
    /* A shell's name is PID 1's to know, but arguments need one in front of them. */
    if (argv->count == 0 && session->agent.args.count > 0 && strings_add(argv, "sh") < 0)
        return -1;
    return session->agent.args.count
               ? add_all(argv, (const char *const *)session->agent.args.items)
               : 0;
}
