/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that fetch skills and look at what is in them: a uid of their own, no
 * capability, no file but what they need. Their traffic goes through the gate like any
 * client's.
 */
#ifndef CLAUDEX_INIT_SKILLS_WORKER_H
#define CLAUDEX_INIT_SKILLS_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/git/skill_fetch.h"
#include "init/home/owner.h"
#include "shared/error.h"

struct buf;

struct skill_report { /* one message */
    bool done;
    unsigned percent;
    uint64_t bytes;
    char commit[SKILL_COMMIT_SIZE]; /* done: "" if it failed */
    char why[512];
};

struct skills_worker {
    pid_t pid;
    pid_t ssh;   /* that it fetches from; 0: none */
    int channel; /* -1: none runs */
};

/* Fetches into `folder`, which is the worker's; by ssh as the agent (init/skills_ssh.h), and so
 * only before the session. */
int skills_worker_start(struct skills_worker *worker, uid_t uid, const struct agent *agent,
                        const struct skill_source *source, const char *folder,
                        struct error *err);
/* Once the channel is readable: 1 with a report, 0 for none, and when the worker died one that
 * is done and failed. */
int skills_worker_read(struct skills_worker *worker, struct skill_report *report);
/* The same, and leaves a worker that is done to whoever buries PID 1's children. */
int skills_worker_peek(const struct skills_worker *worker, struct skill_report *report);
/* Ends it, if it still runs. */
void skills_worker_end(struct skills_worker *worker);

/* Asks which commit each reference is now. A report each that is not done, with its number in
 * `percent`, for those that answer; then one that is. */
int skills_worker_look(struct skills_worker *worker, uid_t uid,
                       const struct skill_source *sources, size_t count, struct error *err);

/* Whether the text is a SKILL.md, asked of a process that can do nothing but answer. */
int skills_worker_check(uid_t uid, const struct buf *text, struct error *err);

#endif
