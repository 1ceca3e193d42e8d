/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/git/workspace.h"
#include "init/privs.h"
#include "init/signals.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PATIENCE_MS = 1500, COMMAND_MAX = 700 };

/* --- one round --------------------------------------------------------------------------- */

/* Forks the worker; *channel is our end. */
static pid_t start(const struct job *job, int *channel, struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_errno(err, "cannot make a socket pair for the git worker");
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start a process for the git worker");
    if (pid == 0)
        job_run(job, theirs);
    *channel = take_fd(&ours);
    return pid;
}

/* 0 with a report, its locks in `notes`; -1 where the worker died instead. */
static int receive(int channel, struct job_report *report, int *notes, size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * JOB_PROJECTS_MAX)];
    } control;
    struct iovec bytes = {.iov_base = report, .iov_len = sizeof *report};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n;
    do
        n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n != sizeof *report)
        return -1;
    report->text[sizeof report->text - 1] = '\0';
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS && notes &&
        header->cmsg_len == CMSG_LEN(sizeof(int) * count))
        memcpy(notes, CMSG_DATA(header), sizeof(int) * count);
    return 0;
}

/* For `status`. */
static void tell(struct git_worker *worker, const char *kind, const struct job_report *report)
{
    struct status_trail *told = &worker->told;
    told->failing = report->failed;
    if (report->failed || report->made == 0)
        return;
    told->snapshots += report->made;
    told->kind = kind;
    told->when = time(NULL);
}

/* --- before the session ------------------------------------------------------------------ */

/* A signal from outside that asks to end, 0 where it was something else. */
static int ending_signal(int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
        if (signal_judge(&info) == SIGNAL_FORWARD && signal_ends((int)info.ssi_signo))
            return (int)info.ssi_signo;
    return 0;
}

static int await_first(struct git_worker *worker, pid_t pid, int channel, int signals,
                       struct job_report *report, struct error *err)
{
    struct pollfd events[] = {{.fd = channel, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};
    int patience = PATIENCE_MS;
    for (;;) {
        int n = poll(events, array_length(events), patience);
        if (n == 0) {
            info("recording the state of the projects before the session (--no-git goes "
                 "without)");
            patience = -1;
        }
        int number = n > 0 && events[1].revents ? ending_signal(signals) : 0;
        if (number) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
            (void)error_set(err, "ended by signal %d before the session", number);
            err->status = EXIT_SIGNAL_BASE + number;
            return -1;
        }
        if (n > 0 && events[0].revents)
            return receive(channel, report, worker->notes, worker->job.count) == 0
                       ? 0
                       : error_set(err, "the git worker died before the project was recorded; "
                                        "--no-git goes without it");
    }
}

/* Directly in the workspace; files of a project that are mounted over it are part of it. */
static bool is_project(const struct mount *mount)
{
    static const char workspace[] = BOX_WORKSPACE "/";
    struct stat st;
    return strncmp(mount->destination, workspace, sizeof workspace - 1) == 0 &&
           !strchr(mount->destination + sizeof workspace - 1, '/') &&
           lstat(mount->destination, &st) == 0 && S_ISDIR(st.st_mode);
}

static int add_project(struct git_worker *worker, const struct mount *mount, struct error *err)
{
    const char *name = mount->destination + strlen(BOX_WORKSPACE "/");
    if (worker->job.count == JOB_PROJECTS_MAX)
        return error_set(err, "more than %d projects cannot be recorded; --no-git goes without",
                         JOB_PROJECTS_MAX);
    struct job_project *project = &worker->projects[worker->job.count++];
    project->name = strdup(name);
    project->folder = strdup(mount->destination);
    if (asprintf(&project->audit, BOX_AUDIT "/%s", name) < 0)
        project->audit = NULL;
    return project->name && project->folder && project->audit
               ? 0
               : error_errno(err, "cannot record the projects");
}

/* A volume comes as root's; one that an earlier box used is its git worker's already. */
static int own_audit(const struct git_worker *worker, const char *path, struct error *err)
{
    struct stat st;
    if (mkdir(path, 0711) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make %s", quoted(path));
    if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return error_set(err, "%s is no folder", quoted(path));
    if (st.st_uid == worker->job.worker)
        return 0;
    if (st.st_uid != 0)
        return error_set(err,
                         "the audit trail in %s belongs to uid %u, and the git worker of this "
                         "box is uid %u, because of who owns the folders; start them apart",
                         quoted(path), (unsigned)st.st_uid, (unsigned)worker->job.worker);
    if (chmod(path, 0711) < 0 || chown(path, worker->job.worker, worker->job.worker) < 0)
        return error_errno(err, "cannot give %s to the git worker", quoted(path));
    return 0;
}

static int find_projects(struct git_worker *worker, struct error *err)
{
    const struct session *session = worker->session;
    if (mkdir(BOX_AUDIT, 0711) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make " BOX_AUDIT);
    for (size_t i = 0; i < session->box.mount_count; i++)
        if (is_project(&session->box.mounts[i]) &&
            add_project(worker, &session->box.mounts[i], err) < 0)
            return -1;
    for (size_t i = 0; i < worker->job.count; i++)
        if (own_audit(worker, worker->projects[i].audit, err) < 0)
            return -1;
    return 0;
}

/* As a JSON list, cut where it is long: one line, and no word of it runs into the next. */
static char *command_text(char *const *command)
{
    json_t *words = json_array();
    for (; command && *command; command++)
        (void)json_array_append_new(words, json_string(*command));
    char *text = json_dumps(words, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(words);
    if (text && strlen(text) > COMMAND_MAX)
        (void)snprintf(text + COMMAND_MAX, 4, "...");
    return text;
}

static void name_session(struct git_worker *worker)
{
    unsigned random = 0;
    struct tm tm;
    char when[32];
    time_t now = time(NULL);
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (unsigned)now; /* only to tell boxes of one second apart */
    (void)strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    (void)snprintf(worker->id, sizeof worker->id, "%.255s.%s.%04x", worker->session->box.name,
                   when, random & 0xffff);
}

int git_worker_begin(struct git_worker *worker, const struct session *session,
                     const struct agent *agent, uid_t shift, char *const *command,
                     const char *mode, int signals, struct error *err)
{
    *worker = (struct git_worker)GIT_WORKER_INIT;
    for (size_t i = 0; i < SNAPSHOT_CLIENTS_MAX; i++)
        worker->served[i] = worker->waiting[i] = -1;
    if (!session->git.track)
        return 0;
    worker->session = session;
    worker->job = (struct job){.projects = worker->projects,
                               .agent = agent->uid,
                               .agent_group = agent->gid,
                               .worker = UID_GIT_WORKER + shift,
                               .ignored_too = session->git.ignored};
    worker->command = command_text(command);
    name_session(worker);
    if (!worker->command || find_projects(worker, err) < 0)
        return worker->command ? -1 : error_errno(err, "cannot record the projects");
    if (worker->job.count == 0)
        return 0;
    worker->job.session = (struct trail_session){.id = worker->id,
                                                 .box = session->box.name,
                                                 .agent = session->agent.name,
                                                 .command = worker->command,
                                                 .mode = mode};
    struct job first = worker->job;
    first.kind = "start";
    first.first = true;
    int there = workspace_prepare(agent->uid, agent->gid, err);
    if (there < 0)
        return -1;
    first.workspace = there == 0;
    struct job_report report;
    int channel = -1;
    pid_t pid = start(&first, &channel, err);
    cleanup_fd int closing = channel;
    if (pid < 0 || await_first(worker, pid, closing, signals, &report, err) < 0)
        return -1;
    if (report.failed)
        return error_set(err, "%s; --no-git goes without the audit trail", report.text);
    tell(worker, first.kind, &report);
    worker->on = true;
    return 0;
}

/* --- while the session runs -------------------------------------------------------------- */

static void next(struct git_worker *worker);

static void answer(int *clients, const char *text)
{
    for (size_t i = 0; i < SNAPSHOT_CLIENTS_MAX; i++) {
        if (clients[i] < 0)
            continue;
        (void)send(clients[i], text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
        close(take_fd(&clients[i]));
    }
}

/* The report, or the channel's end. The process itself goes on tidying up. */
static void reported(void *context, int fd, uint32_t events)
{
    (void)events;
    struct git_worker *worker = context;
    struct job_report report;
    if (receive(fd, &report, NULL, 0) < 0) {
        report.failed = true;
        (void)snprintf(report.text, sizeof report.text, "the git worker died");
    }
    tell(worker, worker->kind, &report);
    if (report.failed)
        warn("no snapshot could be taken: %s", report.text);
    char text[sizeof report.text + 16];
    (void)snprintf(text, sizeof text, "%s%s%s", report.failed ? "error " : "", report.text,
                   report.failed ? "\n" : "");
    answer(worker->served, text);
    loop_remove(worker->loop, fd);
    close(take_fd(&worker->channel));
}

static void ended(void *context, int status)
{
    struct git_worker *worker = context;
    (void)status; /* what went wrong, the report or its absence says */
    if (worker->channel >= 0)
        reported(worker, worker->channel, 0);
    worker->pid = 0;
    next(worker);
}

static void next(struct git_worker *worker)
{
    struct error err = ERROR_INIT;
    if (worker->pid > 0 || !worker->due)
        return;
    struct job job = worker->job;
    job.kind = worker->kind = worker->due;
    job.only_if_changed = true;
    worker->due = NULL;
    memcpy(worker->served, worker->waiting, sizeof worker->served);
    for (size_t i = 0; i < SNAPSHOT_CLIENTS_MAX; i++)
        worker->waiting[i] = -1;
    worker->pid = start(&job, &worker->channel, &err);
    if (worker->pid > 0 && children_add(worker->children, worker->pid, ended, worker) == 0 &&
        loop_add(worker->loop, worker->channel, reported, worker) == 0)
        return;
    warn("no snapshot could be taken: %s", err.text[0] ? err.text : strerror(errno));
    answer(worker->served, "error PID 1 has no room for another process\n");
    if (worker->pid > 0)
        (void)kill(worker->pid, SIGKILL);
    if (worker->channel >= 0)
        close(take_fd(&worker->channel));
    worker->pid = 0;
}

void git_worker_want(struct git_worker *worker, const char *kind)
{
    if (!worker->due || strcmp(worker->due, "interval") == 0 || strcmp(kind, "asked") == 0)
        worker->due = kind;
    next(worker);
}

/* --- after it ---------------------------------------------------------------------------- */

static void await_report(int channel)
{
    struct job_report report;
    struct pollfd event = {.fd = channel, .events = POLLIN};
    if (poll(&event, 1, PATIENCE_MS) == 0) {
        info("recording the state of the projects after the session");
        (void)poll(&event, 1, -1);
    }
    if (receive(channel, &report, NULL, 0) < 0)
        warn("the state after the session could not be recorded: the git worker died");
    else if (report.failed)
        warn("the state after the session could not be recorded: %s", report.text);
}

void git_worker_end(struct git_worker *worker)
{
    struct error err = ERROR_INIT;
    if (!worker->on)
        return;
    if (worker->pid > 0)
        (void)waitpid(worker->pid, NULL, 0);
    struct job last = worker->job;
    last.kind = "end";
    last.last = true;
    int channel = -1;
    pid_t pid = start(&last, &channel, &err);
    if (pid < 0) {
        warn("the state after the session could not be recorded: %s", err.text);
        return;
    }
    await_report(channel);
    close(channel);
}
