/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a box remembers of its network mode, in a volume of its name: it outlives restarts and
 * the container itself.
 *
 * The file is text, one "name value" a line, then the SHA-256 of all before it, then empty
 * lines up to STATE_TEXT_MAX. A file that is cut, damaged or of a version we do not know means
 * lockdown.
 */
#ifndef CLAUDEX_INIT_STATE_H
#define CLAUDEX_INIT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

#define STATE_FILE "network"

enum {
    STATE_VERSION = 1,
    STATE_TEXT_MAX = 512,     /* bytes: one sector */
    STATE_CONTAINER_MAX = 32, /* hex digits */
};

struct state {
    enum network_mode mode;
    enum network_mode previous;   /* where `lockdown off` leads; never a locked one */
    enum network_mode configured; /* what the session asked for when this was written */
    char container[STATE_CONTAINER_MAX + 1]; /* which container wrote it, see state_container */
};

/* lockdown and sealed */
bool state_is_locked(enum network_mode mode);

/* Pure. Printing returns the length, or -1 if it does not fit; parsing 0, or -1 with a static
 * text of what is wrong. */
int state_print(const struct state *state, char *out, size_t size);
int state_parse(const char *text, size_t length, struct state *state, const char **why);

/*
 * Pure. The state a boot starts from: a lock stays, whoever made the container anew and
 * whatever is configured now; the same container, restarted, goes on as it was; a new one
 * keeps what was tightened by hand as long as the configuration says the same, and nothing
 * that was loosened. `stored` is NULL where there is none, or a state of which only the lock
 * is known (state_damaged).
 */
struct state state_decide(const struct state *stored, const char *container,
                          enum network_mode configured);

/* Locked, and back to nothing in particular. */
struct state state_damaged(void);

/* From the folder (normally BOX_STATE_DIR): 1, 0 where nothing was ever stored, -1 with *err
 * for all that means lockdown. */
int state_load(const char *folder, struct state *state, struct error *err);
/*
 * Replaces it: a reader, and a start after this process was killed, find the old or the new
 * one. With `durable` also a start after the machine lost its power, once this returned;
 * otherwise that finds the old one for some seconds more. Where a disk tears the one sector in
 * two, the checksum says so. 0, or -1 with *err: a start finds the old one, the new one or
 * damage.
 */
int state_save(const char *folder, const struct state *state, bool durable, struct error *err);

/*
 * The same in steps, for who has something to do while the disk is busy. state_write() as
 * state_save() without `durable`; *file is the caller's, -1 where nothing is left to wait for.
 * state_hurry() has the disk begin. state_settle() returns when it is durable, and closes
 * *file.
 */
int state_write(const char *folder, const struct state *state, int *file, struct error *err);
void state_hurry(int file);
int state_settle(const char *folder, int *file, struct error *err);

/*
 * A name for this container that a restart keeps and a new container has not: random digits in
 * a file of the container's own file system, made at its first boot. -1 with *err.
 */
int state_container(const char *path, char container[STATE_CONTAINER_MAX + 1],
                    struct error *err);

#endif
