/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volume of logins, BOX_TOKENS_DIR, that boxes of one user share: for each agent its login
 * and, beside it, the one before. Writers hold a lock for as long as they read, decide and
 * write.
 */
#ifndef CLAUDEX_INIT_HOME_TOKEN_STORE_H
#define CLAUDEX_INIT_HOME_TOKEN_STORE_H

#include "shared/buf.h"
#include "shared/error.h"
#include "shared/login.h"

struct token_kept {
    struct login login;
    struct buf bytes; /* the agent's own; owned */
};
#define TOKEN_KEPT_INIT                                                                        \
    {                                                                                          \
        .bytes = BUF_INIT(LOGIN_FILE_MAX)                                                      \
    }
void token_kept_free(struct token_kept *kept);
#define cleanup_kept cleanup_with(token_kept_free)

/* Opens the volume, or makes a folder that lives as long as the container. */
int token_store_open(struct error *err);

/* 1: read; 0: there is none; -1: damaged, too, which says that it was moved out of the way. */
int token_store_read(int store, enum login_agent agent, struct token_kept *kept,
                     struct error *err);

/* A descriptor to be closed, or -1 with errno EWOULDBLOCK where another holds it. */
int token_store_lock(int store);

/* Both want the lock. The login that was there stays as the one before. */
int token_store_write(int store, enum login_agent agent, const struct login *login,
                      const struct buf *bytes, struct error *err);
/* Forgets the login and the one before. 1: there was one; 0; -1. */
int token_store_forget(int store, enum login_agent agent, struct error *err);

#endif
