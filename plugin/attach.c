/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "plugin/consent.h"
#include "plugin/frames.h"
#include "plugin/keys.h"
#include "plugin/notice.h"
#include "plugin/terminal.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"

enum {
    PIECE = 32 * 1024,
    RESIZE_TRIES = 20, /* a session that is just being started has no terminal yet */
    RESIZE_WAIT_MS = 25,
    STOP_SIGNALS_MAX = 3, /* the last one kills, as docker run has it */
};

static const int watched[] = {SIGWINCH, SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                              SIGUSR1,  SIGUSR2, SIGTSTP, SIGCONT};

/* One attachment under way. */
struct state {
    struct attach *attach;
    struct error *err;
    struct keys keys;
    struct frames frames;
    struct notice notice;
    struct consent consent;
    struct buf typed;    /* on its way to the session */
    int stream, signals; /* the latter from signalfd(2) */
    bool seen_output;
    bool typing;  /* somebody sits at a terminal, and may type the detach keys */
    bool reading; /* standard input is still open */
    bool half_closed;
    bool paused;  /* standard input belongs to another job of the terminal for now */
    bool unread;  /* nobody reads our standard output any more */
    int stops;    /* SIGINT and SIGTERM so far */
    int resizing; /* tries left */
    enum attach_end end;
    bool ended;
};

void attach_terminal_size(unsigned short *rows, unsigned short *columns)
{
    struct winsize size = {0};
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *rows = size.ws_row;
    *columns = size.ws_col;
}

static void finish(struct state *state, enum attach_end end)
{
    if (!state->ended)
        state->end = end;
    state->ended = true;
}

static void fail(struct state *state, const char *what)
{
    (void)error_errno(state->err, "%s", what);
    finish(state, ATTACH_FAILED);
}

/* --- requests beside the stream ------------------------------------------------------- */

static bool set_size(const struct state *state, unsigned rows, unsigned columns)
{
    char path[256];
    struct error ignored = ERROR_INIT;
    long status = 0;
    (void)snprintf(path, sizeof path, "%s?h=%u&w=%u", state->attach->resize, rows, columns);
    return engine_request(state->attach->engine, "POST", path, NULL, NULL, &status, &ignored) ==
               0 &&
           status < 300;
}

static void resize(struct state *state)
{
    unsigned short rows, columns;
    attach_terminal_size(&rows, &columns);
    /* A size that could not be set is no reason to end a session. */
    if (!state->attach->tty || !state->attach->resize || rows == 0 ||
        set_size(state, rows, columns))
        state->resizing = 0;
    else
        state->resizing--;
}

/* A program that draws does so anew at another size. */
static void redraw(struct state *state)
{
    unsigned short rows, columns;
    attach_terminal_size(&rows, &columns);
    if (!state->attach->resize || rows == 0)
        return;
    (void)set_size(state, rows + 1U, columns + 1U);
    state->resizing = RESIZE_TRIES;
    resize(state);
}

static bool pass_on(const struct state *state, int number)
{
    return state->attach->signal && state->attach->signal(state->attach->data, number);
}

static void on_signal(struct state *state, int number, bool ours)
{
    const bool is_stop = number == SIGINT || number == SIGTERM;
    /* One Ctrl-C comes twice: from the terminal, and as the SIGTERM that plugin/signals makes
     * of the docker CLI's word about the same key. */
    if (ours && state->stops > 0)
        return;
    state->stops += is_stop;
    bool passed =
        pass_on(state, is_stop && state->stops >= STOP_SIGNALS_MAX ? SIGKILL : number);
    if (passed && !state->attach->tty)
        return;
    state->err->status = 128 + number;
    (void)snprintf(state->err->text, sizeof state->err->text, "ended by SIG%s",
                   sigabbrev_np(number));
    finish(state, ATTACH_SIGNAL);
}

/* The terminal goes back to the shell while we are stopped. */
static void suspend(struct state *state)
{
    terminal_restore();
    (void)raise(SIGSTOP);
    state->paused = false;
}

static void take_signals(struct state *state)
{
    struct signalfd_siginfo info;
    while (!state->ended && read(state->signals, &info, sizeof info) == sizeof info) {
        const int number = (int)info.ssi_signo;
        switch (number) {
        case SIGTSTP:
            suspend(state);
            break;
        case SIGCONT:
            state->paused = false;
            if (state->attach->tty && terminal_raw() < 0)
                fail(state, "cannot set the terminal's mode");
            state->resizing = RESIZE_TRIES;
            break;
        case SIGWINCH:
            state->resizing = RESIZE_TRIES;
            break;
        default:
            on_signal(state, number, info.ssi_pid == (uint32_t)getpid());
        }
    }
    if (state->resizing == RESIZE_TRIES)
        resize(state);
}

static void show_output(void *context, const char *bytes, size_t length);

/* --- towards the session -------------------------------------------------------------- */

/* A session gets its terminal only at its start, and an interrupt that is typed on a terminal
 * without one is lost. Until something has been written there, it goes as a signal, too. */
static void type_interrupt(struct state *state, const char *bytes, size_t length)
{
    const char ctrl_c = 'C' & 0x1f;
    if (!state->seen_output && memchr(bytes, ctrl_c, length))
        (void)pass_on(state, SIGINT);
}

static void type(struct state *state, const char *bytes, size_t length)
{
    if (!state->typing) {
        (void)buf_append(&state->typed, bytes, length);
        return;
    }
    if (consent_type(&state->consent, bytes, length, show_output, state))
        return;
    type_interrupt(state, bytes, length);
    for (size_t i = 0; i < length; i++) {
        char out[KEYS_MAX];
        bool detach;
        size_t passed = keys_type(&state->keys, bytes[i], out, &detach);
        (void)buf_append(&state->typed, out, passed);
        if (detach) {
            finish(state, ATTACH_DETACHED);
            return;
        }
    }
}

static void read_stdin(struct state *state)
{
    char bytes[PIECE];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        type(state, bytes, (size_t)n);
    else if (n < 0 && errno == EIO && isatty(STDIN_FILENO) && !state->attach->tty)
        state->paused = true; /* in the background, and SIGTTIN is ignored */
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        state->reading = false;
}

static void flush_typed(struct state *state)
{
    const struct buf *typed = &state->typed;
    if (typed->length > 0) {
        ssize_t n =
            send(state->stream, typed->data, typed->length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            buf_consume(&state->typed, (size_t)n);
        } else if (errno != EAGAIN && errno != EINTR) {
            buf_clear(&state->typed); /* the session reads no more; its output may go on */
            state->reading = false;
        }
    }
    if (typed->length == 0 && !state->reading && !state->half_closed) {
        state->half_closed = true;
        (void)shutdown(state->stream, SHUT_WR);
    }
}

/* --- from the session ----------------------------------------------------------------- */

static void show(struct state *state, int fd, const char *bytes, size_t length)
{
    if ((state->unread && fd == STDOUT_FILENO) || write_all(fd, bytes, length) == 0)
        return;
    if (fd != STDOUT_FILENO)
        return;
    state->unread = true;
    if (state->attach->tty)
        on_signal(state, SIGHUP, false); /* the terminal is gone */
    else if (!pass_on(state, SIGTERM))
        fail(state, "cannot write to standard output");
}

static void show_output(void *context, const char *bytes, size_t length)
{
    show(context, STDOUT_FILENO, bytes, length);
}

static void show_frames(struct state *state, const char *bytes, size_t length)
{
    struct frame_piece piece;
    int more;
    while (!state->ended &&
           (more = frames_next(&state->frames, &bytes, &length, &piece)) != 0) {
        char text[512];
        if (more < 0 || piece.stream == FRAME_ERROR) {
            (void)error_set(
                state->err, "the engine's stream broke%s%s", more < 0 ? "" : ": ",
                more < 0 ? "" : term_quote(text, sizeof text, piece.bytes, piece.length));
            finish(state, ATTACH_FAILED);
            return;
        }
        show(state, piece.stream == FRAME_STDERR ? STDERR_FILENO : STDOUT_FILENO, piece.bytes,
             piece.length);
    }
}

static void read_stream(struct state *state)
{
    char bytes[PIECE];
    ssize_t n = recv(state->stream, bytes, sizeof bytes, MSG_DONTWAIT);
    state->seen_output = state->seen_output || n > 0;
    if (n == 0)
        finish(state, ATTACH_EOF);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        fail(state, "the connection to the engine was lost");
    else if (n > 0 && state->attach->tty)
        notice_pass(&state->notice, bytes, (size_t)n, show_output, state);
    else if (n > 0)
        show_frames(state, bytes, (size_t)n);
    if (n > 0)
        notice_begin(&state->notice);
}

/* --- the loop ------------------------------------------------------------------------- */

static int wait_ms(const struct state *state)
{
    if (state->resizing > 0)
        return RESIZE_WAIT_MS;
    return state->keys.matched > 0 ? KEYS_HOLD_MS : -1;
}

static void loop(struct state *state)
{
    enum { SIGNALS, STREAM, STDIN, NOTICES, CONSENT, CLOCK, COUNT };
    while (!state->ended) {
        const bool ready = state->reading && !state->paused && state->typed.length == 0;
        /* While the terminal is ours, the session's output stays where it is. */
        const bool ours = state->consent.shown;
        struct pollfd fds[COUNT] = {
            [SIGNALS] = {.fd = state->signals, .events = POLLIN},
            [STREAM] = {.fd = ours && state->typed.length == 0 ? -1 : state->stream,
                        .events = ours ? 0 : POLLIN},
            [STDIN] = {.fd = ready ? STDIN_FILENO : -1, .events = POLLIN},
            [NOTICES] = {.fd = ours ? -1 : state->notice.fd, .events = POLLIN},
            [CONSENT] = {.fd = state->consent.fd, .events = POLLIN},
            [CLOCK] = {.fd = state->consent.timer, .events = POLLIN},
        };
        if (state->typed.length > 0)
            fds[STREAM].events |= POLLOUT;
        int n = poll(fds, COUNT, wait_ms(state));
        if (n < 0 && errno != EINTR) {
            fail(state, "poll");
            return;
        }
        if (n == 0 && state->resizing > 0) {
            resize(state);
        } else if (n == 0) {
            char out[KEYS_MAX];
            (void)buf_append(&state->typed, out, keys_release(&state->keys, out));
        }
        if (n > 0 && fds[SIGNALS].revents)
            take_signals(state);
        if (n > 0 && fds[STDIN].revents)
            read_stdin(state);
        if (!state->ended || state->end == ATTACH_DETACHED)
            flush_typed(state);
        if (n > 0 && !state->ended && fds[NOTICES].revents)
            notice_take(&state->notice, show_output, state);
        if (n > 0 && !state->ended && !ours && (fds[STREAM].revents & ~POLLOUT))
            read_stream(state);
        if (n > 0 && !state->ended && fds[CONSENT].revents)
            consent_take(&state->consent, show_output, state);
        if (n > 0 && !state->ended && fds[CLOCK].revents)
            consent_tick(&state->consent, show_output, state);
        if (!state->ended && consent_redraws(&state->consent))
            redraw(state);
    }
}

enum attach_end attach_run(struct attach *attach, struct error *err)
{
    struct state state = {.attach = attach,
                          .err = err,
                          .notice = NOTICE_INIT,
                          .consent = CONSENT_INIT,
                          .typed = BUF_INIT(2 * PIECE),
                          .reading = attach->open_stdin,
                          .half_closed = !attach->open_stdin || !attach->close_stdin,
                          .typing = attach->tty && isatty(STDIN_FILENO),
                          .resizing = RESIZE_TRIES,
                          .end = ATTACH_FAILED};
    cleanup_fd int stream = take_fd(&attach->stream);
    state.stream = stream;
    state.notice.box = attach->box;
    state.notice.tty = attach->tty;
    if (keys_parse(attach->detach_keys, &state.keys) < 0) {
        (void)error_usage(err, "bad detach keys '%s': expected such as ctrl-p,ctrl-q",
                          quoted(attach->detach_keys));
        return ATTACH_FAILED;
    }
    sigset_t set, old;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < array_length(watched); i++)
        (void)sigaddset(&set, watched[i]);
    (void)sigprocmask(SIG_BLOCK, &set, &old);
    cleanup_fd int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    state.signals = signals;
    void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
    void (*input_before)(int) = signal(SIGTTIN, attach->tty ? SIG_DFL : SIG_IGN);

    if (signals < 0)
        fail(&state, "signalfd");
    else if (attach->tty && attach->open_stdin && terminal_raw() < 0)
        fail(&state, "cannot set the terminal's mode");
    /* A signal that came after the last request and before they were blocked. */
    if (engine_cancelled()) {
        engine_resume();
        on_signal(&state, SIGINT, false);
    }
    if (!state.ended)
        resize(&state);
    if (attach->asks && attach->box && state.typing && isatty(STDOUT_FILENO))
        consent_begin(&state.consent, attach->box, &state.notice.screen);
    loop(&state);

    consent_end(&state.consent, show_output, &state);
    terminal_restore();
    notice_end(&state.notice);
    (void)signal(SIGTTIN, input_before);
    (void)signal(SIGPIPE, pipe_before);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    buf_free(&state.typed);
    return state.end;
}
