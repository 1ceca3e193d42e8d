/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/join.h"

#include <string.h>
#include <time.h>

#include "plugin/engine/container.h"
#include "plugin/session/spec.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    STOP_SECONDS = 10,
    /* How long another claudex may take from the create to the start of a box, and an engine
     * to remove one; there is no request that waits for the former. */
    SETTLE_TRIES = 150,
    SETTLE_WAIT_MS = 100,
};

static const char *text_at(const json_t *json, const char *a, const char *b, const char *c)
{
    json = json_object_get(json, a);
    json = b ? json_object_get(json, b) : json;
    json = c ? json_object_get(json, c) : json;
    const char *text = json_string_value(json);
    return text ? text : "";
}

static bool is_same(const struct meeting_wish *wish, const json_t *inspect)
{
    return strcmp(text_at(wish->spec, "Labels", LABEL_SPEC, NULL),
                  text_at(inspect, "Config", "Labels", LABEL_SPEC)) == 0;
}

static enum meeting refuse_differences(const struct meeting_wish *wish, const json_t *inspect,
                                       const char *how, struct error *err)
{
    cleanup_free char *differences = spec_differences(wish->spec, inspect);
    (void)error_set(err,
                    "the box %s %s and is another one than asked for:\n%s\n"
                    "--parallel makes a second box, --replace ends this one",
                    quoted(wish->name), how,
                    differences && *differences ? differences
                                                : "made by another version of claudex");
    return MEETING_FAILED;
}

static enum meeting decide_stopped(const struct meeting_wish *wish, const json_t *inspect,
                                   struct error *err)
{
    const json_t *command = json_object_get(json_object_get(inspect, "Config"), "Cmd");
    if (wish->parallel)
        return MEETING_OTHER;
    if (!is_same(wish, inspect))
        return refuse_differences(wish, inspect, "was kept", err);
    const json_t *wanted = json_object_get(wish->spec, "Cmd");
    const bool nothing = json_array_size(wanted) == 0 && json_array_size(command) == 0;
    const bool tty = json_is_true(json_object_get(wish->spec, "Tty")) ==
                     json_is_true(json_object_get(json_object_get(inspect, "Config"), "Tty"));
    if (tty && (nothing || json_equal(wanted, command)))
        return MEETING_RESTART;
    (void)error_set(err,
                    "the box %s was kept and has ended; started again it would run its own "
                    "command, not this one\n`docker claudex rm %s` removes it, --replace makes "
                    "it anew, --parallel makes a second one",
                    quoted(wish->name), quoted(wish->name));
    return MEETING_FAILED;
}

enum meeting meeting_decide(const struct meeting_wish *wish, const json_t *inspect,
                            struct error *err)
{
    const json_t *state = json_object_get(inspect, "State");
    if (!*text_at(inspect, "Config", "Labels", LABEL_BOX)) {
        (void)error_set(err,
                        "the name %s belongs to a container that is not claudex's; choose "
                        "another with --name",
                        quoted(wish->name));
        return MEETING_FAILED;
    }
    if (!json_is_true(json_object_get(state, "Running")))
        return decide_stopped(wish, inspect, err);
    if (wish->parallel)
        return MEETING_OTHER;
    if (json_is_true(json_object_get(state, "Paused"))) {
        (void)error_set(err, "the box %s is paused; go on with: docker unpause %s",
                        quoted(wish->name), quoted(wish->name));
        return MEETING_FAILED;
    }
    return is_same(wish, inspect) ? MEETING_JOIN
                                  : refuse_differences(wish, inspect, "is running", err);
}

/* Between two states: made and not yet started, or ended and about to be removed. */
static bool is_unsettled(const json_t *inspect)
{
    const json_t *host = json_object_get(inspect, "HostConfig");
    const char *status = text_at(inspect, "State", "Status", NULL);
    const bool leaves = json_is_true(json_object_get(host, "AutoRemove"));
    return strcmp(status, "created") == 0 || strcmp(status, "removing") == 0 ||
           (leaves && strcmp(status, "exited") == 0);
}

/* 1 with what is there, 0 where nothing is, -1. */
static int settled(struct engine *engine, const char *name, json_t **inspect, struct error *err)
{
    const struct timespec moment = {.tv_nsec = SETTLE_WAIT_MS * 1000000L};
    for (int tries = 0;; tries++) {
        int found = container_inspect(engine, name, inspect, err);
        if (found <= 0 || !is_unsettled(*inspect))
            return found;
        if (engine_cancelled())
            return error_set(err, "cancelled");
        if (tries == SETTLE_TRIES)
            break;
        json_decref(*inspect);
        *inspect = NULL;
        (void)nanosleep(&moment, NULL);
    }
    /* Never started: its claudex was killed in the middle. There is nothing in it. */
    const char *status = text_at(*inspect, "State", "Status", NULL);
    if (strcmp(status, "created") != 0 || !*text_at(*inspect, "Config", "Labels", LABEL_BOX))
        return 1;
    int failed = container_remove(engine, text_at(*inspect, "Id", NULL, NULL), true, err);
    json_decref(*inspect);
    *inspect = NULL;
    return failed;
}

static int replace(struct engine *engine, const char *name, const char *id, struct error *err)
{
    info("ending the box %s", quoted(name));
    if (container_stop(engine, id, STOP_SECONDS, err) < 0 ||
        container_remove(engine, id, true, err) < 0)
        return -1;
    container_await_removal(engine, id); /* one that removes itself may still be at it */
    return 0;
}

enum meeting meet(struct engine *engine, const struct meeting_wish *wish, char **id,
                  struct error *err)
{
    json_t *inspect = NULL;
    *id = NULL;
    int found = settled(engine, wish->name, &inspect, err);
    if (found <= 0)
        return found < 0 ? MEETING_FAILED : MEETING_FREE;
    enum meeting meeting = MEETING_FREE;
    const char *container = text_at(inspect, "Id", NULL, NULL);
    if (!wish->replace || !*text_at(inspect, "Config", "Labels", LABEL_BOX))
        meeting = meeting_decide(wish, inspect, err);
    else if (replace(engine, wish->name, container, err) < 0)
        meeting = MEETING_FAILED;
    if ((meeting == MEETING_JOIN || meeting == MEETING_RESTART) && !(*id = strdup(container))) {
        (void)error_set(err, "out of memory");
        meeting = MEETING_FAILED;
    }
    json_decref(inspect);
    return meeting;
}
