/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct session → the container's specification: the body of POST /containers/create. ONE pure
 * function; `run` posts what it returns, `run --dry-run` prints it, compose renders it.
 */
#ifndef CLAUDEX_PLUGIN_SPEC_H
#define CLAUDEX_PLUGIN_SPEC_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/session.h"

/* What the session does not know: the terminal, the image, the state folders. Borrowed. */
struct spec_input {
    const struct session *session;
    const char *image;          /* tag or id */
    const char *const *command; /* the session's argv, NULL-ended */
    bool tty, open_stdin;       /* as docker run -t, -i */
    bool remove;                /* AutoRemove */
    const char *control_dir;    /* host folder with the control FIFO, or NULL */
    const char *term;           /* TERM of the caller, or NULL */
    const char *folders_json;   /* value of LABEL_FOLDERS */
};

/* One capability that the container keeps, and why. NULL-ended by name. */
struct capability_reason {
    const char *name;   /* "NET_ADMIN" */
    const char *reason; /* what PID 1 does with it */
};
extern const struct capability_reason spec_capabilities[];

/* A new reference, or NULL when out of memory. Holds no secret: values of the environment go
 * into BOX_ENV by the archive call. */
json_t *spec_container(const struct spec_input *input);

/* Hex SHA-256 (65 bytes with NUL) of what was asked for, stored in LABEL_SPEC: two sessions
 * with equal hashes may share a box. Of the spec without name, terminal and labels. */
void spec_hash(const json_t *spec, char out[65]);

/* "image: claudex:0.1.0 ≠ claudex:0.2.0", one difference a line, for the error of a join that
 * does not fit. Owned by the caller; "" when equal, NULL when out of memory. */
char *spec_differences(const json_t *wanted, const json_t *running_inspect);

#endif
