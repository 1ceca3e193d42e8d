/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows a start: to stay with the session, or to see that it runs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/exec.h"
#include "plugin/hold.h"
#include "plugin/launch.h"
#include "plugin/state.h"
#include "plugin/terminal/attach.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

enum { STOP_SECONDS = 10 };

/* The box's session is over. */
static int finish(struct launch *launch, int *status, struct error *err)
{
    int failed = container_wait(launch->engine, launch->id, !launch->keep, status, err);
    if (!failed && !launch->keep && launch->folder)
        state_forget(launch->folder, launch->id);
    return failed;
}

static bool signal_box(void *data, int number)
{
    struct launch *launch = data;
    char tail[32];
    long status = 0;
    struct error ignored = ERROR_INIT;
    (void)snprintf(tail, sizeof tail, "/kill?signal=%d", number);
    cleanup_free char *path = container_path(launch->id, tail);
    /* Refused where the session has just ended: then its stream ends as well. */
    return path &&
           engine_request(launch->engine, "POST", path, NULL, NULL, &status, &ignored) == 0;
}

/* Our terminal is gone or we are told to end: so is the session, which was ours. */
static int end_session(struct launch *launch, int status, struct error *err)
{
    int code;
    sigset_t before;
    signals_hold(&before);
    engine_resume();
    int failed = container_stop(launch->engine, launch->id, STOP_SECONDS, err);
    if (!failed)
        failed = finish(launch, &code, err);
    signals_release(&before);
    return failed ? -1 : status;
}

int launch_attached(struct launch *launch, int stream, const char *detach_keys,
                    struct error *err)
{
    int status = 0;
    cleanup_free char *resize = container_path(launch->id, "/resize");
    struct attach attach = {.engine = launch->engine,
                            .stream = stream,
                            .tty = launch->tty,
                            .open_stdin = launch->open_stdin,
                            .close_stdin = !launch->tty,
                            .resize = resize,
                            .detach_keys = detach_keys,
                            .signal = signal_box,
                            .data = launch,
                            .asks = launch->plan->session.ssh.agent &&
                                    launch->plan->session.ssh.confirm,
                            .box = launch->plan->session.box.name};
    switch (attach_run(&attach, err)) {
    case ATTACH_EOF:
        return finish(launch, &status, err) < 0 ? -1 : status;
    case ATTACH_DETACHED:
        info("detached; the box runs on: docker claudex attach %s",
             quoted(launch->plan->session.box.name));
        return 0;
    case ATTACH_SIGNAL:
        return end_session(launch, err->status, err);
    case ATTACH_FAILED:
        break;
    }
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used,
                   "\nthe box may run on: docker claudex attach %s",
                   quoted(launch->plan->session.box.name));
    return -1;
}

/* A box that is up lets a second session in, and not before. */
static int probe(struct launch *launch, struct error *err)
{
    /* The one program that is in every box. */
    static const char *const nothing[] = {BOX_INIT, "--version", NULL};
    cleanup_buf struct buf complaints = BUF_INIT(4096);
    const struct exec exec = {.engine = launch->engine, .box = launch->id, .command = nothing};
    const struct exec_pipes pipes = {.complaints = &complaints};
    return exec_piped(&exec, &pipes, err);
}

/* All that it said until its end, for the one who will not see it otherwise. */
static void repeat(int stream, bool tty)
{
    struct error ignored = ERROR_INIT;
    struct attach attach = {.stream = stream, .tty = tty};
    const int out = dup(STDOUT_FILENO);
    (void)fflush(stdout);
    if (out >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        (void)attach_run(&attach, &ignored);
        (void)dup2(out, STDOUT_FILENO);
    } else {
        close(stream);
    }
    if (out >= 0)
        close(out);
}

int launch_detached(struct launch *launch, int stream, struct error *err)
{
    struct error why = ERROR_INIT;
    int status = probe(launch, &why);
    if (status == 0) {
        close(stream);
        return 0;
    }
    if (engine_cancelled()) {
        close(stream);
        return end_session(launch, 0, err) < 0 ? -1 : error_set(err, "cancelled");
    }
    json_t *inspect = NULL;
    int found = container_inspect(launch->engine, launch->id, &inspect, err);
    const bool runs =
        found > 0 &&
        json_is_true(json_object_get(json_object_get(inspect, "State"), "Running"));
    json_decref(inspect);
    if (found < 0 || runs) {
        close(stream);
        *err = why;
        if (status > 0)
            (void)error_set(err, "the box runs, but lets nobody in (status %d)", status);
        return -1;
    }
    repeat(stream, launch->tty);
    return finish(launch, &status, err) < 0 ? -1 : status;
}
