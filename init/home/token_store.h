/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volume of logins, BOX_TOKENS_DIR, that boxes of one user share. Writers hold a lock for
 * as long as they read, decide and write. For each agent:
 *
 *     claude.json           the login (init/home/token_file.h)
 *     claude.json.before    the one before
 *     claude.json.held      one that a box wrote and others lack (init/home/login_judge.h)
 *     claude.json.told      of when a login is that was told at a start
 *     claude.json.damaged   one that could not be read
 */
#ifndef CLAUDEX_INIT_HOME_TOKEN_STORE_H
#define CLAUDEX_INIT_HOME_TOKEN_STORE_H

#include <time.h>

#include "shared/buf.h"
#include "shared/error.h"
#include "shared/login.h"

struct token_kept {
    struct login login;
    struct buf bytes; /* the agent's own; owned */
    struct timespec made;
};
#define TOKEN_KEPT_INIT                                                                        \
    {                                                                                          \
        .bytes = BUF_INIT(LOGIN_FILE_MAX)                                                      \
    }
void token_kept_free(struct token_kept *kept);
#define cleanup_kept cleanup_with(token_kept_free)

/* Opens the volume, or makes a folder that lives as long as the container. */
int token_store_open(struct error *err);

enum token_which { TOKEN_KEPT, TOKEN_BEFORE, TOKEN_HELD };

/*
 * The ID of a login that somebody looks at, in hex: a hash of its account, its box, its bytes,
 * and the time of its file as exactly as the file system tells it. An agent cannot choose that
 * time, and so cannot prepare two logins of one ID, a harmless one to be looked at and another
 * to be accepted: that takes 2^32 attempts for each guess of two such times.
 */
enum { TOKEN_ID_SIZE = 17 };

/* The name of its file. */
enum { TOKEN_NAME_SIZE = 64 };
void token_store_name(enum login_agent agent, enum token_which which,
                      char name[TOKEN_NAME_SIZE]);

void token_store_id(const struct token_kept *kept, char id[TOKEN_ID_SIZE]);

/* 1: read; 0: there is none; -1: damaged, too, which says that it was moved out of the way. */
int token_store_read(int store, enum login_agent agent, struct token_kept *kept,
                     struct error *err);
int token_store_look(int store, enum login_agent agent, enum token_which which,
                     struct token_kept *kept, struct error *err);

/* A descriptor to be closed, or -1 with errno: EWOULDBLOCK where another holds it and nobody
 * may wait. */
enum token_wait { TOKEN_NO_WAIT, TOKEN_WAIT };
int token_store_lock(int store, enum token_wait wait);

/* All want the lock. The login that was there stays as the one before. */
int token_store_write(int store, enum login_agent agent, const struct login *login,
                      const struct buf *bytes, struct error *err);
/* The same with other words about it: no login before is made of it. */
int token_store_relabel(int store, enum login_agent agent, const struct token_kept *kept,
                        struct error *err);
int token_store_hold(int store, enum login_agent agent, const struct login *login,
                     const struct buf *bytes, struct error *err);
/* The held one, or the one before, becomes the login, and the login the one before. 1: done; 0:
 * there is none; -1, also where `id` is not NULL and not its ID. */
int token_store_promote(int store, enum login_agent agent, enum token_which which,
                        const char *id, struct error *err);
/* 1: there was a held one; 0; -1. */
int token_store_refuse(int store, enum login_agent agent, struct error *err);
/* 1 where the login of this time was told already; else notes it. */
int token_store_told(int store, enum login_agent agent, int64_t when);

/* Forgets the login and what is beside it. 1: there was one; 0; -1. */
int token_store_forget(int store, enum login_agent agent, struct error *err);

#endif
