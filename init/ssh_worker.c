/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/seccomp.h"
#include "init/signals.h"
#include "init/signatures.h"
#include "init/ssh/message.h"
#include "init/ssh/proxy.h"
#include "init/ssh_upstream.h"
#include "init/worker.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

#define VARIABLE "SSH_AUTH_SOCK"

enum { BACKLOG = 4096, MESSAGES_A_TURN = 32 };

/* --- the socket -------------------------------------------------------------------------- */

static bool is_set(const struct strings *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        if (strncmp(environment->items[i], VARIABLE "=", sizeof VARIABLE) == 0)
            return true;
    return false;
}

static int set_variable(struct strings *environment, struct error *err)
{
    if (is_set(environment) || strings_add(environment, VARIABLE "=" BOX_SSH_SOCKET) == 0)
        return 0;
    return error_errno(err, "cannot set " VARIABLE);
}

int ssh_worker_environment(const struct session *session, struct strings *environment,
                           struct error *err)
{
    struct stat st;
    if (!session->ssh.agent || lstat(BOX_SSH_SOCKET, &st) < 0 || !S_ISSOCK(st.st_mode))
        return 0;
    return set_variable(environment, err);
}

/* Nobody but root can put anything into BOX_PUBLIC, and nobody but the agent connect. */
static int make_socket(const struct agent *agent, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = BOX_SSH_SOCKET};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, "cannot make a socket for the ssh agent");
    mode_t before = umask(0177);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    (void)umask(before);
    if (bound < 0 || chown(BOX_SSH_SOCKET, agent->uid, agent->gid) < 0 ||
        listen(fd, BACKLOG) < 0)
        return error_errno(err, "cannot make " BOX_SSH_SOCKET);
    return take_fd(&fd);
}

static void answered(void *context, enum consent consent);

int ssh_worker_bind(struct ssh_worker *worker, const struct session *session,
                    const struct agent *agent, uid_t shift, struct strings *environment,
                    struct error *err)
{
    *worker = (struct ssh_worker)SSH_WORKER_INIT;
    questions_init(&worker->questions, session->ssh.agent && session->ssh.confirm);
    worker->questions.answered = answered;
    worker->questions.context = worker;
    worker->session = session;
    worker->uid = UID_SSH_PROXY + shift;
    worker->agent = agent->uid;
    /* What an earlier start of this container left. */
    if (unlink(BOX_SSH_SOCKET) < 0 && errno != ENOENT)
        return error_errno(err, "cannot remove " BOX_SSH_SOCKET);
    if (!session->ssh.agent || !session->box.ssh)
        return 0;
    cleanup_fd int first = ssh_upstream_connect(session->box.ssh);
    if (first < 0 && errno != EAGAIN) {
        warn("the host's ssh agent does not answer (%s); the box has none", strerror(errno));
        return 0;
    }
    worker->listener = make_socket(agent, err);
    return worker->listener < 0 ? -1 : set_variable(environment, err);
}

/* --- the proxy's process ----------------------------------------------------------------- */

static void child(void *context, int control)
{
    static struct proxy proxy;
    const struct ssh_worker *worker = context;
    struct error err = ERROR_INIT;
    struct proxy_setup setup = {.listener = worker->listener,
                                .control = control,
                                .agent = worker->agent,
                                .session = worker->session};
    int *const keep[] = {&setup.listener, &setup.control};
    signals_reset();
    worker_raise_descriptors();
    if (worker_keep(keep, array_length(keep), &err) < 0 ||
        proxy_prepare(&proxy, &setup, &err) < 0 ||
        worker_become(worker->uid, seccomp_enforce_ssh, &err) < 0) {
        warn("the ssh proxy cannot start: %s", err.text);
        _exit(EXIT_CLAUDEX);
    }
    proxy_run(&proxy);
}

/* --- what it asks ------------------------------------------------------------------------ */

static void let_go(struct ssh_worker *worker)
{
    worker_let_go(&worker->process);
    questions_withdraw(&worker->questions);
}

/* One that does not read its answers has its own clients wait, nobody else. A descriptor of -1
 * is none. */
static void tell(const struct ssh_worker *worker, const struct message *message, int upstream)
{
    uint8_t bytes[MESSAGE_MAX];
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof upstream)] = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = message_print(message, bytes)};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (upstream >= 0) {
        packet.msg_control = room;
        packet.msg_controllen = sizeof room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof upstream);
        memcpy(CMSG_DATA(head), &upstream, sizeof upstream);
    }
    (void)sendmsg(worker->process.control, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void connect_one(const struct ssh_worker *worker)
{
    cleanup_fd int upstream = ssh_upstream_connect(worker->session->box.ssh);
    if (upstream < 0)
        tell(worker, &(struct message){.kind = MESSAGE_NONE, .error = errno}, -1);
    else
        tell(worker, &(struct message){.kind = MESSAGE_GIVEN}, upstream);
}

static void answered(void *context, enum consent consent)
{
    const struct ssh_worker *worker = context;
    if (worker->process.control >= 0)
        tell(worker,
             &(struct message){
                 .kind = MESSAGE_CONSENT, .number = worker->question, .consent = consent},
             -1);
}

static void note(struct ssh_worker *worker, const struct signature *signature)
{
    if (signature_note(signature, ++worker->signatures) < 0)
        warn("a signature by the key %s (%s) could not be noted: %s", quoted(signature->key),
             signature_result_name(signature->result), strerror(errno));
}

static void ask(struct ssh_worker *worker, const struct message *message)
{
    worker->question = message->number;
    questions_ask(&worker->questions, &message->signature);
}

static void messages_ready(void *context, int fd, uint32_t events)
{
    struct ssh_worker *worker = context;
    (void)fd;
    for (int i = 0; i < MESSAGES_A_TURN && worker->process.control >= 0; i++) {
        uint8_t bytes[MESSAGE_MAX + 1];
        struct message message;
        ssize_t n = worker_receive(&worker->process, events, bytes, sizeof bytes);
        if (n < 0)
            let_go(worker);
        if (n <= 0)
            return;
        if (message_parse(bytes, (size_t)n, &message) < 0)
            continue;
        if (message.kind == MESSAGE_WANT)
            connect_one(worker);
        else if (message.kind == MESSAGE_SIGNATURE)
            note(worker, &message.signature);
        else if (message.kind == MESSAGE_QUESTION)
            ask(worker, &message);
        else if (message.kind == MESSAGE_WITHDRAWN && message.number == worker->question)
            questions_withdraw(&worker->questions);
    }
}

/* --- its life ---------------------------------------------------------------------------- */

static int start(struct ssh_worker *worker, struct error *err);

/* Clients are refused at once, instead of waiting for nobody. */
static void give_up(struct ssh_worker *worker, const char *why)
{
    warn("the box has no ssh agent any more: %s", why);
    (void)unlink(BOX_SSH_SOCKET);
    close(take_fd(&worker->listener));
}

static void died(void *context, int status)
{
    struct ssh_worker *worker = context;
    struct error err = ERROR_INIT;
    worker->process.pid = 0;
    let_go(worker);
    if (++worker->deaths > SSH_DEATHS_MAX) {
        give_up(worker, "the ssh proxy died too often");
        return;
    }
    warn("the ssh proxy died with status %d; starting another", child_exit_status(status));
    if (start(worker, &err) < 0)
        give_up(worker, err.text);
}

static int start(struct ssh_worker *worker, struct error *err)
{
    static const struct worker_kind kind = {
        .name = "the ssh proxy", .child = child, .ready = messages_ready, .died = died};
    return worker_start(&worker->process, &kind, worker, err);
}

void ssh_worker_give_back(struct ssh_worker *worker)
{
    let_go(worker);
    if (worker->process.pid > 0) {
        (void)kill(worker->process.pid, SIGKILL);
        while (waitpid(worker->process.pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    worker->process.pid = 0;
}

void ssh_worker_start(struct ssh_worker *worker, struct loop *loop, struct children *children)
{
    struct error err = ERROR_INIT;
    worker->process.loop = loop;
    worker->process.children = children;
    worker->questions.loop = loop;
    if (worker->listener >= 0 && start(worker, &err) < 0)
        give_up(worker, err.text);
}
