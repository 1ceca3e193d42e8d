/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A FIFO through which requests reach PID 1 (shared/control.h), as s6 does it: in a private
 * folder, locked by its one reader, 0600, with a writer of our own held open so that it never
 * ends. Nobody reading is ENXIO for who opens it to write, fifo(7).
 *
 * The folder may be the host user's (BOX_CONTROL_DIR) or ours (CONTROL_LOCAL_DIR, for
 * `claudex-init ctl`); files in it are reached as its owner. What lies there is not believed:
 * types and owners are checked after opening, links are not followed, nothing blocks.
 */
#ifndef CLAUDEX_INIT_CONTROL_FIFO_H
#define CLAUDEX_INIT_CONTROL_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/control.h"
#include "shared/error.h"
#include "shared/names.h"

#define CONTROL_LOCAL_DIR BOX_PRIVATE "/ctl"

enum {
    CONTROL_READS_MAX =
        4, /* a call of control_fifo_serve(), so that a flood does not starve others */
};

struct control_fifo {
    int dir;
    int lock;
    int reader, writer;
    uid_t uid; /* owner of the folder */
    gid_t gid;
    size_t length; /* of the request that is not whole yet */
    bool skipping; /* the rest of a line that was too long */
    char line[CONTROL_LINE_MAX];
};

#define CONTROL_FIFO_INIT                                                                      \
    {                                                                                          \
        .dir = -1, .lock = -1, .reader = -1, .writer = -1                                      \
    }

/* Opens the folder's FIFO, made where there is none. The structure must be CONTROL_FIFO_INIT,
 * and is again after a failure. -1 with *err. */
int control_fifo_open(struct control_fifo *fifo, const char *folder, struct error *err);

enum { CONTROL_LATER = -1 }; /* as a status: the answer comes by control_fifo_answer() */

/* Carries out one request: fills reply->status and reply->text (one line, no newline). */
typedef void control_handler(void *context, const struct control_request *request,
                             struct control_reply *reply);

/*
 * fifo->reader is readable: hands on the whole lines that are there, each followed by its reply
 * into the caller's `reply.ID`. A reply that nobody reads is dropped. What is not a request is
 * logged, not answered. Never blocks; under a flood it returns now and then.
 */
void control_fifo_serve(struct control_fifo *fifo, control_handler *handle, void *context);

/* The answer to a request that was put off; the id says to whose. */
void control_fifo_answer(const struct control_fifo *fifo, const struct control_reply *reply);

/* In two steps, for who has more to say than the reply: the caller's FIFO, non-blocking, or -1;
 * and what comes first there. */
int control_fifo_reply_open(const struct control_fifo *fifo, const char *id);
void control_fifo_reply_write(int fd, const struct control_reply *reply);

void control_fifo_close(struct control_fifo *fifo);

#endif
