/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it is that is to be signed, where its form says so. Pure. For the log alone: the form is
 * the client's to choose, and nothing is granted or refused by it.
 */
#ifndef CLAUDEX_INIT_SSH_SIGNED_H
#define CLAUDEX_INIT_SSH_SIGNED_H

#include "init/ssh/wire.h"

enum signed_kind {
    SIGNED_OTHER,
    SIGNED_LOGIN,   /* RFC 4252 7, or with "publickey-hostbound-v00@openssh.com" (PROTOCOL 1.10)
                     */
    SIGNED_MESSAGE, /* PROTOCOL.sshsig: a commit, a file */
};

struct signed_data {
    enum signed_kind kind;
    struct bytes session, user, service, key; /* LOGIN */
    struct bytes host_key;                    /* LOGIN; empty unless it is bound to a host */
    struct bytes namespace;                   /* MESSAGE: "git", "file" … */
};

void signed_parse(struct bytes data, struct signed_data *out);

#endif
