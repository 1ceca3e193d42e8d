/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A login as it is kept in BOX_TOKENS_DIR: one file, so that it changes in one step.
 *
 *     claudex-login 2 LF FRESH LF ACCOUNT LF IDENTITY LF DIGEST LF BOX LF WHEN LF DETAILS LF
 *     SIZE LF and that many bytes, the agent's own
 *
 * Pure. Only root in a box writes these, and what it writes was looked at.
 */
#ifndef CLAUDEX_INIT_HOME_TOKEN_FILE_H
#define CLAUDEX_INIT_HOME_TOKEN_FILE_H

#include "shared/login.h"

struct buf;

enum {
    TOKEN_FILE_MAX = LOGIN_FILE_MAX + LOGIN_DETAILS_MAX + LOGIN_ACCOUNT_MAX +
                     LOGIN_IDENTITY_MAX + LOGIN_DIGEST_SIZE + LOGIN_BOX_MAX + 160
};

/* Appends the file to `out`. 0, or -1 as buf_append(). */
int token_file_print(const struct login *login, const char *bytes, size_t length,
                     struct buf *out);

/* The agent's bytes, within the text, by *at and *length. -1: damaged. */
int token_file_parse(const char *text, size_t size, struct login *login, const char **at,
                     size_t *length);

#endif
