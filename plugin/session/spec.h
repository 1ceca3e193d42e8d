/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct session → the container's specification: the body of POST /containers/create. ONE pure
 * function; `run` posts what it returns, `run --dry-run` prints it, compose renders it.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_SPEC_H
#define CLAUDEX_PLUGIN_SESSION_SPEC_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/session.h"

/* What the session does not know: the terminal, the image, the state folders. Borrowed. */
struct spec_input {
    const struct session *session;
    const char *image;            /* tag or id */
    const char *const *command;   /* the session's argv, NULL-ended; empty: a shell */
    const char *agent;            /* value of LABEL_AGENT */
    bool tty, open_stdin;         /* as docker run -t, -i */
    bool attach;                  /* somebody is attached from the start: not docker run -d */
    bool remove;                  /* AutoRemove */
    const char *ssh_source;       /* of the host's ssh agent: its socket or folder; or NULL */
    bool ssh_folder;              /* it is its folder */
    const char *control_dir;      /* host folder with the control FIFO, or NULL */
    const char *term;             /* TERM of the caller, or NULL */
    unsigned short rows, columns; /* of the caller's terminal; 0: unknown */
    const char *folders_json;     /* value of LABEL_FOLDERS */
    const char *packages;         /* value of LABEL_PACKAGES, or NULL */
    const char *init;             /* host file to mount at BOX_INIT, or NULL */
};

/* A new reference, or NULL when out of memory or where a text is not UTF-8, which JSON cannot
 * hold. Has no secret in it: values of the environment go into BOX_ENV by the archive call. */
json_t *spec_container(const struct spec_input *input);

/* Hex SHA-256 (65 bytes with NUL) of what was asked for, stored in LABEL_SPEC: two sessions
 * with equal hashes may share a box. Of the spec without what belongs to one session only
 * (command, terminal, removal, PID 1's own mounts) and without labels, but for the network's
 * mode and what the ssh agent may do; an image with packages counts by their list, whatever it
 * was built on. 0, or -1 when out of memory. */
int spec_hash(const json_t *spec, char out[65]);

/* Those of HostConfig.Mounts that the user asked for, without PID 1's own. A new reference, or
 * NULL. */
json_t *spec_asked_mounts(const json_t *mounts);

/* Whether one of them is for an audit trail. */
bool spec_has_trail(const json_t *mounts);

/* "image: claudex:0.1.0 ≠ claudex:0.2.0", one difference a line, for the error of a join that
 * does not fit. `running` is the answer of GET /containers/{id}/json. Fit for a terminal. Owned
 * by the caller; "" when nothing that we can name differs, NULL when out of memory. */
char *spec_differences(const json_t *wanted, const json_t *running);

#endif
