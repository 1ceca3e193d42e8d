/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/terminal/attach_state.h"
#include "shared/io.h"
#include "shared/log.h"

/* --- towards the session -------------------------------------------------------------- */

/* A session gets its terminal only at its start, and an interrupt that is typed on a terminal
 * without one is lost. Until something has been written there, it goes as a signal, too. */
static void type_interrupt(struct attach_state *state, const char *bytes, size_t length)
{
    const char ctrl_c = 'C' & 0x1f;
    if (!state->seen_output && memchr(bytes, ctrl_c, length))
        (void)attach_pass_on(state, SIGINT);
}

static void type(struct attach_state *state, const char *bytes, size_t length)
{
    if (!state->typing) {
        (void)buf_append(&state->typed, bytes, length);
        return;
    }
    if (consent_type(&state->consent, bytes, length, attach_show_output, state))
        return;
    type_interrupt(state, bytes, length);
    for (size_t i = 0; i < length; i++) {
        char out[KEYS_MAX];
        bool detach;
        size_t passed = keys_type(&state->keys, bytes[i], out, &detach);
        (void)buf_append(&state->typed, out, passed);
        if (detach) {
            attach_finish(state, ATTACH_DETACHED);
            return;
        }
    }
}

void attach_read_stdin(struct attach_state *state)
{
    char bytes[ATTACH_PIECE];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        type(state, bytes, (size_t)n);
    else if (n < 0 && errno == EIO && isatty(STDIN_FILENO) && !state->attach->tty)
        state->paused = true; /* in the background, and SIGTTIN is ignored */
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        state->reading = false;
}

void attach_flush_typed(struct attach_state *state)
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

static void show(struct attach_state *state, int fd, const char *bytes, size_t length)
{
    if ((state->unread && fd == STDOUT_FILENO) || write_all(fd, bytes, length) == 0)
        return;
    if (fd != STDOUT_FILENO)
        return;
    state->unread = true;
    if (state->attach->tty)
        attach_signal(state, SIGHUP, false); /* the terminal is gone */
    else if (!attach_pass_on(state, SIGTERM))
        attach_fail(state, "cannot write to standard output");
}

void attach_show_output(void *context, const char *bytes, size_t length)
{
    show(context, STDOUT_FILENO, bytes, length);
}

static void show_frames(struct attach_state *state, const char *bytes, size_t length)
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
            attach_finish(state, ATTACH_FAILED);
            return;
        }
        show(state, piece.stream == FRAME_STDERR ? STDERR_FILENO : STDOUT_FILENO, piece.bytes,
             piece.length);
    }
}

void attach_read_stream(struct attach_state *state)
{
    char bytes[ATTACH_PIECE];
    ssize_t n = recv(state->stream, bytes, sizeof bytes, MSG_DONTWAIT);
    state->seen_output = state->seen_output || n > 0;
    if (n == 0)
        attach_finish(state, ATTACH_EOF);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        attach_fail(state, "the connection to the engine was lost");
    else if (n > 0 && state->attach->tty)
        notice_pass(&state->notice, bytes, (size_t)n, attach_show_output, state);
    else if (n > 0)
        show_frames(state, bytes, (size_t)n);
    if (n > 0)
        notice_begin(&state->notice);
}
