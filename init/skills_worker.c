/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/home/skill_text.h"
#include "init/landlock.h"
#include "init/privs.h"
#include "init/seccomp.h"
#include "init/signals.h"
#include "init/skills_ssh.h"
#include "init/worker.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { CHANNEL = STDERR_FILENO + 1, CHECK_MS = 3000, CPU_SECONDS = 120 };

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

/* What names, certificates and libc's resolver need. */
static const char *const readable[] = {"/etc", "/usr/share/ca-certificates",
                                       "/usr/local/share/ca-certificates", "/dev/null",
                                       "/dev/urandom"};

static void limit(unsigned what, rlim_t most)
{
    const struct rlimit value = {most, most};
    (void)setrlimit(what, &value); /* the rest still holds */
}

/* Who reaches the network reads what that takes, and writes below `folder`, if there is one. */
static int shut_in(uid_t uid, const char *folder, struct error *err)
{
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_FSIZE, SKILL_FETCH_BYTES_MAX + (64 << 20));
    limit(RLIMIT_CORE, 0);
    cleanup_fd int rules = landlock_fetcher(readable, array_length(readable), folder, err);
    if (rules < 0 && *err->text)
        return -1;
    if (privs_become(uid, uid, err) < 0)
        return -1;
    if (rules >= 0 && landlock_enforce(rules, err) < 0)
        return -1;
    return seccomp_enforce(err) < 0 ? -1 : privs_verify(uid, uid, err);
}

static void tell(const struct skill_report *report, int flags)
{
    (void)send(CHANNEL, report, sizeof *report, MSG_NOSIGNAL | flags);
}

static void on_progress(void *context, unsigned percent, uint64_t bytes)
{
    (void)context;
    const struct skill_report report = {.percent = percent, .bytes = bytes};
    tell(&report, MSG_DONTWAIT); /* the next one will do */
}

/* What a worker is to do. Each kind of work needs some of it. */
struct task {
    uid_t uid;
    const struct skill_source *sources;
    size_t count;
    struct skill_stream *stream; /* to ssh, or NULL */
    const char *folder;
    const struct buf *text;
};

static void fetch(const struct task *task)
{
    struct error err = ERROR_INIT;
    struct skill_report report = {.done = true};
    const struct skill_fetch what = {.source = task->sources,
                                     .folder = task->folder,
                                     .authorities = AUTHORITIES,
                                     .stream = task->stream,
                                     .progress = on_progress};
    (void)setenv("HOME", task->folder, 1);
    if (shut_in(task->uid, task->folder, &err) < 0 ||
        skill_fetch(&what, report.commit, &err) < 0)
        report.commit[0] = '\0';
    (void)snprintf(report.why, sizeof report.why, "%s", err.text);
    tell(&report, 0);
}

static void look(const struct task *task)
{
    struct error err = ERROR_INIT;
    (void)setenv("HOME", "/nonexistent", 1);
    if (shut_in(task->uid, NULL, &err) < 0)
        return;
    for (size_t i = 0; i < task->count; i++) {
        struct skill_report report = {.percent = (unsigned)i};
        err = (struct error)ERROR_INIT;
        if (skill_look(&task->sources[i], AUTHORITIES, report.commit, &err) == 0)
            tell(&report, 0);
    }
    /* The end of the channel says that it is done. */
}

static void check(const struct task *task)
{
    struct error err = ERROR_INIT;
    struct skill_report report = {.done = true};
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_CORE, 0);
    if (worker_become(task->uid, seccomp_enforce_parser, &err) == 0 &&
        skill_text_check(task->text->data, task->text->length, &err) == 0)
        report.commit[0] = '+';
    (void)snprintf(report.why, sizeof report.why, "%s", err.text);
    (void)!write(CHANNEL, &report, sizeof report);
}

/* --- starting and hearing them ----------------------------------------------------------- */

/* In the worker: closes all but the standard three, the channel and the stream to ssh. */
static int keep(int channel, struct skill_stream *stream)
{
    struct error err = ERROR_INIT;
    int none = -1;
    int *const all[] = {&channel, stream ? &stream->data : &none,
                        stream ? &stream->said : &none};
    return worker_keep(all, array_length(all), &err);
}

static void end_process(pid_t *pid)
{
    if (*pid <= 0)
        return;
    (void)kill(*pid, SIGKILL);
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *pid = 0;
}

/* Starts a process that does `work` and ends. */
static int start(struct skills_worker *worker, void (*work)(const struct task *task),
                 const struct task *task, struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_errno(err, "cannot make a socket pair for a worker");
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    worker->pid = fork();
    if (worker->pid < 0)
        return error_errno(err, "cannot start a process that looks after skills");
    if (worker->pid == 0) {
        if (keep(theirs, task->stream) < 0)
            _exit(1);
        signals_reset();
        (void)signal(SIGPIPE, SIG_IGN);
        work(task);
        _exit(0);
    }
    worker->channel = take_fd(&ours);
    return 0;
}

int skills_worker_start(struct skills_worker *worker, uid_t uid, const struct agent *agent,
                        const struct skill_source *source, const char *folder,
                        struct error *err)
{
    struct skill_stream stream = {-1, -1};
    struct task task = {.uid = uid, .sources = source, .count = 1, .folder = folder};
    worker->ssh = 0;
    if (*source->login) {
        task.stream = &stream;
        worker->ssh = skills_ssh_start(source, agent, &stream, err);
        if (worker->ssh < 0)
            return -1;
    }
    int failed = start(worker, fetch, &task, err);
    if (task.stream) {
        close(stream.data);
        close(stream.said);
    }
    if (failed)
        end_process(&worker->ssh);
    return failed;
}

int skills_worker_look(struct skills_worker *worker, uid_t uid,
                       const struct skill_source *sources, size_t count, struct error *err)
{
    const struct task task = {.uid = uid, .sources = sources, .count = count};
    return start(worker, look, &task, err);
}

/* What a worker says is as little to be trusted as what it read. */
static void clean(struct skill_report *report)
{
    /* A bool of another byte than 0 or 1 may be true here and false there. */
    report->done = *(const unsigned char *)&report->done != 0;
    report->why[sizeof report->why - 1] = '\0';
    report->commit[SKILL_COMMIT_SIZE - 1] = '\0';
    for (char *c = report->why; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    if (strspn(report->commit, "0123456789abcdef+") != strlen(report->commit))
        report->commit[0] = '\0';
}

int skills_worker_peek(const struct skills_worker *worker, struct skill_report *report)
{
    ssize_t length = recv(worker->channel, report, sizeof *report, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (length != sizeof *report)
        *report =
            (struct skill_report){.done = true, .why = "the process that fetched it died"};
    clean(report);
    return 1;
}

int skills_worker_read(struct skills_worker *worker, struct skill_report *report)
{
    int there = skills_worker_peek(worker, report);
    if (there && report->done)
        skills_worker_end(worker);
    return there;
}

void skills_worker_end(struct skills_worker *worker)
{
    if (worker->channel < 0)
        return;
    end_process(&worker->pid);
    end_process(&worker->ssh);
    close(take_fd(&worker->channel));
}

int skills_worker_check(uid_t uid, const struct buf *text, struct error *err)
{
    struct skill_report report = {.done = true, .why = "looking at its SKILL.md failed"};
    struct skills_worker worker = {.channel = -1};
    const struct task task = {.uid = uid, .text = text};
    if (start(&worker, check, &task, err) < 0)
        return -1;
    struct pollfd answer = {.fd = worker.channel, .events = POLLIN};
    if (poll(&answer, 1, CHECK_MS) > 0)
        (void)skills_worker_read(&worker, &report);
    skills_worker_end(&worker);
    return report.commit[0] == '+' ? 0 : error_set(err, "%s", report.why);
}
