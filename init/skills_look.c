/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills_look.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/home/skill_cache.h"
#include "init/skills_remote.h"
#include "init/skills_worker.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { LOOK_SECONDS = 12 * 3600 };

struct looking {
    int cache;
    struct loop *loop;
    struct skills_worker worker;
    struct skill_source sources[REMOTE_MAX];
    size_t count;
};

static void report_ready(void *context, int fd, uint32_t events)
{
    struct looking *looking = context;
    struct skill_report report;
    (void)events;
    if (skills_worker_peek(&looking->worker, &report) == 0)
        return;
    if (!report.done) {
        if (report.percent < looking->count && strlen(report.commit) == SKILL_COMMIT_SIZE - 1)
            skill_cache_see(looking->cache, &looking->sources[report.percent], report.commit);
        return;
    }
    loop_remove(looking->loop, fd);
    close(take_fd(&looking->worker.channel));
    close(take_fd(&looking->cache));
}

/* Its channel says all; that it is dead is nothing more. */
static void worker_ended(void *context, int status)
{
    (void)context;
    (void)status;
}

void skills_look(const struct session *session, uid_t shift, struct loop *loop,
                 struct children *children)
{
    static struct looking looking;
    const struct strings *list = &session->skills.remote;
    struct error err = ERROR_INIT;
    looking = (struct looking){.cache = -1, .loop = loop, .worker = {.channel = -1}};
    if (list->count == 0 || (looking.cache = skill_cache_open(&err)) < 0)
        return;
    for (size_t i = 0; i < list->count && looking.count < REMOTE_MAX; i++) {
        const char *equals = strchr(list->items[i], '='), *why;
        struct skill_source *source = &looking.sources[looking.count];
        if (equals && skill_source_parse(equals + 1, source, &why) == 0 && !source->is_commit &&
            !*source->login && skill_cache_seen_age(looking.cache, source) > LOOK_SECONDS)
            looking.count++;
    }
    if (looking.count == 0 || skills_worker_look(&looking.worker, UID_HOME_WORKER + shift,
                                                 looking.sources, looking.count, &err) < 0) {
        if (looking.count > 0)
            warn("%s", err.text);
        close(take_fd(&looking.cache));
        return;
    }
    if (children_add(children, looking.worker.pid, worker_ended, NULL) < 0 ||
        loop_add(loop, looking.worker.channel, report_ready, &looking) < 0) {
        warn("cannot wait for who asks after skills: %s", strerror(errno));
        close(take_fd(&looking.worker.channel)); /* it ends when it has something to say */
        close(take_fd(&looking.cache));
    }
}
