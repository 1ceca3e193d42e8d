/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/git/become.h"
#include "init/git/sessions.h"
#include "init/git/store.h"
#include "init/git/workspace.h"
#include "init/signals.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { CHANNEL_FD = STDERR_FILENO + 1 };

/* One project while the round lasts. */
struct work {
    const struct job *job;
    struct actor actor;
    int roots[JOB_PROJECTS_MAX];
    struct audit audits[JOB_PROJECTS_MAX];
    struct snapshot_result results[JOB_PROJECTS_MAX];
    int notes[JOB_PROJECTS_MAX]; /* of the open session */
};

static int open_roots(void *context, struct error *err)
{
    struct work *work = context;
    for (size_t i = 0; i < work->job->count; i++) {
        const char *folder = work->job->projects[i].folder;
        work->roots[i] = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (work->roots[i] < 0)
            return error_errno(err, "cannot open %s to record it", quoted(folder));
    }
    return 0;
}

static struct snapshot snapshot_of(const struct work *work, size_t i, const char *objects)
{
    const struct job *job = work->job;
    struct snapshot what = {
        .kind = job->kind,
        .session = job->session,
        .objects = objects,
        .root = work->roots[i],
        .gather_ignore = job->first,
        .ignored_too = job->ignored_too,
        .only_if_changed = job->only_if_changed,
        .write_back = !job->first,
    };
    what.session.project = job->projects[i].folder;
    return what;
}

static int take(struct work *work, size_t i, const struct snapshot *what, struct error *err)
{
    entries_free(&work->results[i].entries);
    return snapshot_take(&work->audits[i], &work->actor, what, &work->results[i], err);
}

/* Sessions that were killed end now: what is in the project is what they left, or what their
 * user made of it since. */
static int close_left_open(struct work *work, size_t i, const char *objects, struct error *err)
{
    struct left_open left = {0};
    while (sessions_next_dead(&work->audits[i], &left, err) > 0) {
        struct snapshot what = snapshot_of(work, i, objects);
        what.kind = "killed";
        what.session = left.session;
        what.session.project = work->job->projects[i].folder;
        what.gather_ignore = false;
        what.only_if_changed = false;
        if (take(work, i, &what, err) < 0)
            return -1;
        sessions_bury(&work->audits[i], &left);
    }
    return err->text[0] ? -1 : 0;
}

static int one_project(struct work *work, size_t i, struct job_report *report,
                       struct error *err)
{
    const struct job *job = work->job;
    char objects[256], hex[2 * OID_SIZE + 1];
    (void)snprintf(objects, sizeof objects, "%s/objects", job->projects[i].audit);
    if (audit_open(&work->audits[i], job->projects[i].audit, err) < 0)
        return -1;
    if (job->first && close_left_open(work, i, objects, err) < 0)
        return -1;
    const struct snapshot what = snapshot_of(work, i, objects);
    if (take(work, i, &what, err) < 0)
        return -1;
    if (job->first &&
        (work->notes[i] = sessions_open(&work->audits[i], &job->session, err)) < 0)
        return -1;
    if (job->last)
        sessions_end(&work->audits[i], &job->session);
    oid_print(work->results[i].oid, hex);
    size_t used = strlen(report->text);
    (void)snprintf(report->text + used, sizeof report->text - used, "%s %s %s\n",
                   work->results[i].made ? "made" : "same", quoted(job->projects[i].name), hex);
    report->made += work->results[i].made;
    return 0;
}

static int make_workspace(void *context, struct error *err)
{
    const struct work *work = context;
    struct workspace_project projects[JOB_PROJECTS_MAX];
    for (size_t i = 0; i < work->job->count; i++)
        projects[i] = (struct workspace_project){.name = work->job->projects[i].name,
                                                 .audit = work->job->projects[i].audit,
                                                 .tree = work->results[i].tree,
                                                 .entries = &work->results[i].entries};
    return workspace_make(projects, work->job->count, work->job->agent, work->job->agent_group,
                          err);
}

static int round_of(struct work *work, struct job_report *report, struct error *err)
{
    const struct job *job = work->job;
    if (become_git_worker(job->worker, job->agent, job->agent_group, err) < 0 ||
        actor_start(&work->actor, job->worker, job->worker, err) < 0 ||
        store_library(err) < 0 || actor_run(&work->actor, open_roots, work, err) < 0)
        return -1;
    for (size_t i = 0; i < job->count; i++)
        if (one_project(work, i, report, err) < 0)
            return -1;
    if (job->first && job->workspace)
        return actor_run(&work->actor, make_workspace, work, err);
    return 0;
}

/* The locks on the notes are PID 1's from here on. */
static int send_report(int channel, const struct job_report *report, const int *notes,
                       size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * JOB_PROJECTS_MAX)];
    } control = {0};
    struct iovec bytes = {.iov_base = (void *)report, .iov_len = sizeof *report};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), notes, sizeof(int) * count);
    }
    return sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

void job_run(const struct job *job, int channel)
{
    static struct work work;
    static struct job_report report;
    struct error err = ERROR_INIT;
    work.job = job;
    signals_reset();
    (void)umask(022);
    for (size_t i = 0; i < JOB_PROJECTS_MAX; i++) {
        work.audits[i] = (struct audit)AUDIT_INIT;
        work.roots[i] = work.notes[i] = -1;
    }
    if (dup3(channel, CHANNEL_FD, O_CLOEXEC) < 0 && channel != CHANNEL_FD)
        _exit(EXIT_CLAUDEX);
    if (close_range(CHANNEL_FD + 1, ~0U, 0) < 0)
        _exit(EXIT_CLAUDEX);
    if (round_of(&work, &report, &err) < 0) {
        report.failed = true;
        (void)snprintf(report.text, sizeof report.text, "%s", err.text);
    }
    (void)send_report(CHANNEL_FD, &report, work.notes,
                      job->first && !report.failed ? job->count : 0);
    close(CHANNEL_FD);
    /* Nobody waits for what follows. */
    for (size_t i = 0; i < job->count && !report.failed && !job->last; i++) {
        struct error untidy = ERROR_INIT;
        audit_reserve(&work.audits[i]);
        if (audit_tidy(&work.audits[i], &untidy) < 0)
            warn("%s", untidy.text);
    }
    _exit(report.failed ? EXIT_CLAUDEX : 0);
}
