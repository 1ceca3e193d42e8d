/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include "plugin/terminal/attach_state.h"
#include "plugin/terminal/terminal.h"
#include "shared/log.h"

enum {
    RESIZE_TRIES = 20, /* a session that is just being started has no terminal yet */
    RESIZE_WAIT_MS = 25,
    STOP_SIGNALS_MAX = 3, /* the last one kills, as docker run has it */
};

static const int watched[] = {SIGWINCH, SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                              SIGUSR1,  SIGUSR2, SIGTSTP, SIGCONT};

void attach_terminal_size(unsigned short *rows, unsigned short *columns)
{
    struct winsize size = {0};
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *rows = size.ws_row;
    *columns = size.ws_col;
}

void attach_finish(struct attach_state *state, enum attach_end end)
{
    if (!state->ended)
        state->end = end;
    state->ended = true;
}

void attach_fail(struct attach_state *state, const char *what)
{
    (void)error_errno(state->err, "%s", what);
    attach_finish(state, ATTACH_FAILED);
}

/* --- requests beside the stream ------------------------------------------------------- */

static bool set_size(const struct attach_state *state, unsigned rows, unsigned columns)
{
    char path[256];
    struct error ignored = ERROR_INIT;
    long status = 0;
    (void)snprintf(path, sizeof path, "%s?h=%u&w=%u", state->attach->resize, rows, columns);
    return engine_request(state->attach->engine, "POST", path, NULL, NULL, &status, &ignored) ==
               0 &&
           status < 300;
}

static void resize(struct attach_state *state)
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
static void redraw(struct attach_state *state)
{
    unsigned short rows, columns;
    attach_terminal_size(&rows, &columns);
    if (!state->attach->resize || rows == 0)
        return;
    (void)set_size(state, rows + 1U, columns + 1U);
    state->resizing = RESIZE_TRIES;
    resize(state);
}

bool attach_pass_on(const struct attach_state *state, int number)
{
    return state->attach->signal && state->attach->signal(state->attach->data, number);
}

void attach_signal(struct attach_state *state, int number, bool ours)
{
    const bool is_stop = number == SIGINT || number == SIGTERM;
    /* One Ctrl-C comes twice: from the terminal, and as the SIGTERM that plugin/signals makes
     * of the docker CLI's word about the same key. */
    if (ours && state->stops > 0)
        return;
    state->stops += is_stop;
    bool passed =
        attach_pass_on(state, is_stop && state->stops >= STOP_SIGNALS_MAX ? SIGKILL : number);
    if (passed && !state->attach->tty)
        return;
    state->err->status = 128 + number;
    (void)snprintf(state->err->text, sizeof state->err->text, "ended by SIG%s",
                   sigabbrev_np(number));
    attach_finish(state, ATTACH_SIGNAL);
}

/* The terminal goes back to the shell while we are stopped. */
static void suspend(struct attach_state *state)
{
    terminal_restore();
    (void)raise(SIGSTOP);
    state->paused = false;
}

static void take_signals(struct attach_state *state)
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
            if (state->attach->tty && state->attach->open_stdin && terminal_raw() < 0)
                attach_fail(state, "cannot set the terminal's mode");
            state->resizing = RESIZE_TRIES;
            break;
        case SIGWINCH:
            state->resizing = RESIZE_TRIES;
            break;
        default:
            attach_signal(state, number, info.ssi_pid == (uint32_t)getpid());
        }
    }
    if (state->resizing == RESIZE_TRIES)
        resize(state);
}

/* --- the loop ------------------------------------------------------------------------- */

static int wait_ms(const struct attach_state *state)
{
    if (state->resizing > 0)
        return RESIZE_WAIT_MS;
    return state->keys.matched > 0 ? KEYS_HOLD_MS : -1;
}

static void loop(struct attach_state *state)
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
            attach_fail(state, "poll");
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
            attach_read_stdin(state);
        if (!state->ended || state->end == ATTACH_DETACHED)
            attach_flush_typed(state);
        if (n > 0 && !state->ended && fds[NOTICES].revents)
            notice_take(&state->notice, attach_show_output, state);
        if (n > 0 && !state->ended && !ours && (fds[STREAM].revents & ~POLLOUT))
            attach_read_stream(state);
        if (n > 0 && !state->ended && fds[CONSENT].revents)
            consent_take(&state->consent, attach_show_output, state);
        if (n > 0 && !state->ended && fds[CLOCK].revents)
            consent_tick(&state->consent, attach_show_output, state);
        if (!state->ended && consent_redraws(&state->consent))
            redraw(state);
    }
}

enum attach_end attach_run(struct attach *attach, struct error *err)
{
    struct attach_state state = {.attach = attach,
                                 .err = err,
                                 .notice = NOTICE_INIT,
                                 .consent = CONSENT_INIT,
                                 .typed = BUF_INIT(2 * ATTACH_PIECE),
                                 .reading = attach->open_stdin,
                                 .half_closed = !attach->open_stdin || !attach->close_stdin,
                                 .typing =
                                     attach->tty && attach->open_stdin && isatty(STDIN_FILENO),
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
        attach_fail(&state, "signalfd");
    else if (attach->tty && attach->open_stdin && terminal_raw() < 0)
        attach_fail(&state, "cannot set the terminal's mode");
    /* A signal that came after the last request and before they were blocked. */
    if (engine_cancelled()) {
        engine_resume();
        attach_signal(&state, SIGINT, false);
    }
    if (!state.ended)
        resize(&state);
    if (attach->asks && attach->box && state.typing && isatty(STDOUT_FILENO))
        consent_begin(&state.consent, attach->box, &state.notice.screen);
    loop(&state);

    consent_end(&state.consent, attach_show_output, &state);
    terminal_restore();
    notice_end(&state.notice);
    (void)signal(SIGTTIN, input_before);
    (void)signal(SIGPIPE, pipe_before);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    buf_free(&state.typed);
    return state.end;
}
