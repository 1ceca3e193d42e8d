/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what a scan marked as fresh, into a pack, on as many processors as there are. The
 * threads take over the caller's filesystem uid, which is the agent's.
 */
#ifndef CLAUDEX_INIT_GIT_HASHING_H
#define CLAUDEX_INIT_GIT_HASHING_H

#include "init/git/entries.h"
#include "init/git/pack.h"
#include "init/git/record.h"
#include "shared/error.h"

struct hashing {
    int root; /* the project's folder */
    struct entries *entries;
    struct pack *pack;
    struct record *record;
    uint64_t kept_max; /* bytes of a file; of a larger one only the hash is recorded */
    bool write_back;   /* somebody may have the files mapped, see scan_believes() */
};

/* Every fresh entry has its id, or is ENTRY_GONE, when this returns 0. -1 where the pack cannot
 * be written (errno: ENOSPC, EDQUOT …) or memory is out; files cannot fail it. */
int hash_fresh(const struct hashing *hashing, struct error *err);

#endif
