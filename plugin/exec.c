/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/engine/frames.h"
#include "plugin/hold.h"
#include "plugin/terminal/attach.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PIECE = 32 * 1024, LOOK_TRIES = 1000, LOOK_WAIT_MS = 5 };

/* --- making it ------------------------------------------------------------------------ */

static json_t *exec_words(const struct exec *exec)
{
    json_t *words = json_pack("[s, s]", BOX_INIT,
                              exec->entry ? exec->entry
                              : exec->ctl ? "ctl"
                                          : "exec");
    int failed = words ? 0 : -1;
    if (exec->workdir)
        failed |= json_array_append_new(words, json_string("--workdir")) |
                  json_array_append_new(words, json_string(exec->workdir));
    for (size_t i = 0; exec->environment && i < exec->environment->count; i++) {
        const char *text = exec->environment->items[i];
        failed |= json_array_append_new(words, json_string("--pass")) |
                  json_array_append_new(words, json_stringn(text, strcspn(text, "=")));
    }
    if (!exec->ctl && !exec->entry)
        failed |= json_array_append_new(words, json_string("--"));
    for (const char *const *word = exec->command; *word; word++)
        failed |= json_array_append_new(words, json_string(*word));
    if (failed)
        json_decref(words);
    return failed ? NULL : words;
}

static json_t *exec_environment(const struct exec *exec, bool tty)
{
    json_t *list = json_array();
    const char *term = getenv("TERM");
    int failed = 0;
    if (tty && term)
        failed = json_array_append_new(list, json_sprintf("TERM=%s", term));
    for (size_t i = 0; exec->environment && i < exec->environment->count; i++)
        failed |= json_array_append_new(list, json_string(exec->environment->items[i]));
    if (failed)
        json_decref(list);
    return failed ? NULL : list;
}

/* The caller's, NULL on failure. */
static char *exec_create(const struct exec *exec, bool tty, bool open_stdin, int *failure,
                         struct error *err)
{
    char *id = NULL;
    json_t *answer = NULL;
    long status = 0;
    *failure = -1;
    unsigned short rows, columns;
    json_t *body = json_pack(
        "{s:o, s:o, s:s, s:b, s:b, s:b, s:b, s:s}", "Cmd", exec_words(exec), "Env",
        exec_environment(exec, tty), "User", "0:0", "Tty", (int)tty, "AttachStdin",
        (int)open_stdin, "AttachStdout", 1, "AttachStderr", 1, "DetachKeys", ATTACH_NO_KEYS);
    cleanup_free char *path = container_path(exec->box, "/exec");
    if (!body || !path) {
        (void)error_set(err, "the command or a variable is not UTF-8, and the engine takes "
                             "nothing else");
        json_decref(body);
        return NULL;
    }
    attach_terminal_size(&rows, &columns);
    if (tty && rows > 0) /* API 1.42; older engines do not look at it */
        (void)json_object_set_new(body, "ConsoleSize",
                                  json_pack("[i, i]", (int)rows, (int)columns));
    int failed = engine_request(exec->engine, "POST", path, body, &answer, &status, err);
    enum obstacle ignored;
    if (!failed && status >= 400) {
        failed = container_refusal(status, answer, &ignored, err);
        if (status == 404 || status == 409) /* gone; not running */
            *failure = EXEC_NOT_STARTED;
    }
    const char *made = json_string_value(json_object_get(answer, "Id"));
    if (!failed && (!made || !(id = strdup(made))))
        (void)error_set(err, "the engine made a session and did not say which");
    json_decref(answer);
    json_decref(body);
    return id;
}

struct exec_state {
    bool over;
    int status; /* when it is over */
    pid_t pid;  /* as the engine counts; 0: it never ran, or does not yet */
};

static int exec_look(const struct exec *exec, const char *id, struct exec_state *state,
                     struct error *err)
{
    char path[256];
    json_t *answer = NULL;
    (void)snprintf(path, sizeof path, "/exec/%s/json", id);
    if (engine_request(exec->engine, "GET", path, NULL, &answer, NULL, err) < 0)
        return -1;
    const json_t *code = json_object_get(answer, "ExitCode");
    *state = (struct exec_state){
        .over = !json_is_true(json_object_get(answer, "Running")) && json_is_integer(code),
        .status = (int)json_integer_value(code),
        .pid = (pid_t)json_integer_value(json_object_get(answer, "Pid")),
    };
    json_decref(answer);
    return 0;
}

/* The engine writes why it could not start a session to where its output would be. */
static int not_started(int stream, struct error *err)
{
    char text[512], shown[1024];
    ssize_t n = recv(stream, text, sizeof text, MSG_DONTWAIT);
    const char *words = text;
    if (n > 8 && text[0] <= FRAME_ERROR) { /* the header of a frame */
        words += 8;
        n -= 8;
    }
    while (n > 0 && (words[n - 1] == '\n' || words[n - 1] == '\r'))
        n--;
    (void)error_set(err, "the engine could not start a session in the box: %s",
                    n > 0 ? term_quote(shown, sizeof shown, words, (size_t)n) : "no word why");
    return EXEC_NOT_STARTED;
}

/* There is no request that waits for an exec, neither for its start nor for its end. */
static void pause_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = LOOK_WAIT_MS * 1000000L};
    (void)nanosleep(&moment, NULL);
}

/* Starts it: the connection on which the session's bytes flow, or -1 or EXEC_NOT_STARTED. */
static int exec_start(const struct exec *exec, const char *id, bool tty, struct error *err)
{
    char path[256];
    (void)snprintf(path, sizeof path, "/exec/%s/start", id);
    json_t *body = json_pack("{s:b, s:b}", "Detach", 0, "Tty", (int)tty);
    cleanup_fd int stream = engine_hijack(exec->engine, path, body, err);
    json_decref(body);
    if (stream < 0)
        return engine_cancelled() ? -1 : EXEC_NOT_STARTED;
    for (int tries = 0; tries < LOOK_TRIES; tries++) {
        struct exec_state state;
        if (exec_look(exec, id, &state, err) < 0)
            return -1;
        if (state.over && state.pid == 0 && state.status != 0)
            return not_started(stream, err);
        if (state.over || state.pid > 0)
            break;
        pause_a_moment();
    }
    return take_fd(&stream);
}

/* The stream may end a moment before the engine hears of the session's end. */
static int exec_status(const struct exec *exec, const char *id, struct error *err)
{
    for (int tries = 0; tries < LOOK_TRIES; tries++) {
        struct exec_state state;
        if (exec_look(exec, id, &state, err) < 0)
            return error_prefix(err, "the session's exit status is lost");
        if (state.over)
            return state.status;
        pause_a_moment();
    }
    return error_set(err, "the session's stream ended, but the session runs on");
}

/* --- on the terminal ------------------------------------------------------------------ */

struct target {
    const struct exec *exec;
    const char *id;
};

/* True if the process is one of the box's: an engine in a virtual machine counts its own. */
static bool is_in_box(pid_t pid, const char *box)
{
    char path[64];
    cleanup_buf struct buf text = BUF_INIT(64 * 1024);
    (void)snprintf(path, sizeof path, "/proc/%ld/cgroup", (long)pid);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read_all(fd, &text) == 0 && text.data && strstr(text.data, box);
}

/* The engine has no request for this. */
static bool signal_exec(void *data, int number)
{
    const struct target *target = data;
    struct exec_state state;
    struct error ignored = ERROR_INIT;
    if (!target->exec->local || exec_look(target->exec, target->id, &state, &ignored) < 0 ||
        state.over || state.pid <= 1 || !is_in_box(state.pid, target->exec->box))
        return false;
    return kill(getpgid(state.pid) == state.pid ? -state.pid : state.pid, number) == 0;
}

int exec_attached(const struct exec *exec, const char *detach_keys, struct error *err)
{
    const bool tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    char resize[256];
    int failure;
    cleanup_free char *id = exec_create(exec, tty, true, &failure, err);
    if (!id)
        return failure;
    (void)snprintf(resize, sizeof resize, "/exec/%s/resize", id);
    struct target target = {.exec = exec, .id = id};
    struct attach attach = {.engine = exec->engine,
                            .stream = exec_start(exec, id, tty, err),
                            .tty = tty,
                            .open_stdin = true,
                            .close_stdin = true,
                            .resize = resize,
                            .detach_keys = detach_keys,
                            .signal = signal_exec,
                            .data = &target,
                            .asks = exec->asks,
                            .box = exec->name};
    if (attach.stream < 0)
        return attach.stream;
    switch (attach_run(&attach, err)) {
    case ATTACH_EOF:
        return exec_status(exec, id, err);
    case ATTACH_DETACHED:
        return 0;
    case ATTACH_SIGNAL:
        return err->status;
    case ATTACH_FAILED:
        break;
    }
    return -1;
}

/* --- through pipes -------------------------------------------------------------------- */

struct pump {
    const struct exec_pipes *pipes;
    struct frames frames;
    struct buf outgoing;
    int stream;
    bool sourced; /* the source has ended */
    struct error *err;
};

static int pump_out(struct pump *pump)
{
    struct buf *out = &pump->outgoing;
    if (out->length == 0 && !pump->sourced) {
        char *room = buf_reserve(out, PIECE);
        long n = !room ? error_set(pump->err, "out of memory")
                 : pump->pipes->source
                     ? pump->pipes->source(pump->pipes->source_data, room, PIECE, pump->err)
                     : 0;
        if (n < 0)
            return -1;
        out->length += (size_t)n;
        pump->sourced = n == 0;
        if (pump->sourced)
            (void)shutdown(pump->stream, SHUT_WR);
    }
    ssize_t n = out->length == 0
                    ? 0
                    : send(pump->stream, out->data, out->length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0)
        buf_consume(out, (size_t)n);
    /* Who reads no more has ended, and its exit status says why. */
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        buf_clear(out);
        pump->sourced = true;
    }
    return 0;
}

/* 1 while there is more, 0 at the end, -1. */
static int pump_in(struct pump *pump)
{
    char bytes[PIECE];
    ssize_t n = recv(pump->stream, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR
                   ? 1
                   : error_errno(pump->err, "the connection to the engine was lost");
    const char *at = bytes;
    size_t length = (size_t)n;
    struct frame_piece piece;
    int more;
    while ((more = frames_next(&pump->frames, &at, &length, &piece)) > 0) {
        if (piece.stream == FRAME_ERROR)
            return error_set(pump->err, "the engine's stream broke");
        struct buf *complaints = pump->pipes->complaints;
        if (piece.stream == FRAME_STDERR && complaints) {
            size_t room = complaints->max - complaints->length;
            (void)buf_append(complaints, piece.bytes,
                             piece.length < room ? piece.length : room);
        }
        if (piece.stream == FRAME_STDOUT && pump->pipes->sink &&
            pump->pipes->sink(pump->pipes->sink_data, piece.bytes, piece.length, pump->err) < 0)
            return -1;
    }
    return more < 0 ? error_set(pump->err, "the engine's stream broke") : n > 0;
}

/* Until the session's end. Signals are let in only while we wait, so that none comes between
 * the question whether we are cancelled and the wait. */
static int pump_run(struct pump *pump)
{
    sigset_t before;
    signals_hold(&before);
    int more = 1;
    while (more > 0) {
        struct pollfd fd = {.fd = pump->stream, .events = POLLIN};
        if (pump->outgoing.length > 0 || !pump->sourced)
            fd.events |= POLLOUT;
        if (ppoll(&fd, 1, NULL, &before) < 0 && errno != EINTR)
            more = error_errno(pump->err, "poll");
        else if (engine_cancelled())
            more = error_set(pump->err, "cancelled");
        else if ((fd.revents & POLLOUT) && pump_out(pump) < 0)
            more = -1;
        else if (fd.revents & ~POLLOUT)
            more = pump_in(pump);
    }
    signals_release(&before);
    return more;
}

int exec_piped(const struct exec *exec, const struct exec_pipes *pipes, struct error *err)
{
    int failure;
    cleanup_free char *id = exec_create(exec, false, true, &failure, err);
    if (!id)
        return failure;
    cleanup_fd int stream = exec_start(exec, id, false, err);
    if (stream < 0)
        return stream;
    struct pump pump = {
        .pipes = pipes, .outgoing = BUF_INIT(2 * PIECE), .stream = stream, .err = err};
    int failed = pump_run(&pump);
    buf_free(&pump.outgoing);
    return failed ? -1 : exec_status(exec, id, err);
}
