/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a project's file asks for beyond what it may have (shared/config.h,
 * config_entry_is_safe), and whether the user has agreed to exactly that.
 *
 * The user agrees to lines: section, key and value as written, and for a path of the host where
 * it really leads. They are remembered for the project's folder, with a hash of them all. When
 * they change, the user is asked again and shown the difference; when a project asks for
 * nothing any more, what was agreed to is forgotten, so that nobody can put back old lines
 * unasked.
 */
#ifndef CLAUDEX_PLUGIN_CONFIG_TRUST_H
#define CLAUDEX_PLUGIN_CONFIG_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "plugin/config/project_config.h"
#include "plugin/session/folders.h"
#include "shared/config.h"
#include "shared/error.h"
#include "shared/session.h"

enum {
    TRUST_HASH_SIZE = 65,  /* hex SHA-256 and NUL */
    TRUST_LINES_MAX = 100, /* more than that nobody reads before saying yes */
};

/* What one file asks for. Nothing where lines.count is 0. */
struct trust_request {
    const char *folder;   /* the project's real path; borrowed */
    const char *file;     /* as messages have it; borrowed */
    struct strings lines; /* "[run] env = TOKEN", not yet fit for a terminal */
    int *numbers;         /* where in the file; 0 for what is not there any more */
    char hash[TRUST_HASH_SIZE];
};
void trust_request_free(struct trust_request *request);
#define cleanup_trust_request cleanup_with(trust_request_free)

/* Pure. `request` must be zeroed and is the caller's to free either way. */
int trust_request_make(struct trust_request *request, const struct config *config,
                       const struct config_paths *paths, const struct folder *folder,
                       const struct project_file *file, struct error *err);

/* Fills in the hash of the lines. 0, or -1 when out of memory. */
int trust_hash(struct trust_request *request);

/* What was agreed to. */
struct approval {
    char *folder;
    struct strings lines;
    time_t when;
};
struct approvals {
    struct approval *items;
    size_t count;
};
void approval_free(struct approval *approval);
#define cleanup_approval cleanup_with(approval_free)
void approvals_free(struct approvals *approvals);
#define cleanup_approvals cleanup_with(approvals_free)

/*
 * Pure. The difference as lines for people, fit for a terminal: "+ " in front of what is new,
 * "- " of what is no longer asked for, "  " of what stays, and where a line is "FILE:LINE: ".
 * `before` may be NULL: then there is no such column. NULL when out of memory.
 */
char *trust_describe(const struct trust_request *request, const struct approval *before);

/* --- the store: ${XDG_STATE_HOME:-~/.local/state}/claudex/trust, a file a project -------- */

/* 1 and *approval, the caller's; 0 where there is none, a damaged one included; -1. */
int trust_find(const char *folder, struct approval *approval, struct error *err);
/* Every one that is readable, sorted by folder. */
int trust_list(struct approvals *approvals, struct error *err);
int trust_remember(const struct trust_request *request, struct error *err);
/* 1 if there was one. */
int trust_forget(const char *folder, struct error *err);

/* True if exactly these lines were agreed to. */
bool trust_covers(const struct approval *approval, const struct trust_request *request);

/* --- the question ----------------------------------------------------------------------- */

enum trust_answer {
    TRUST_ASK,    /* on a terminal; without one the answer is no */
    TRUST_AGREED, /* --trust: shown and remembered */
};

/* 0 where nothing is asked for or the user agrees; else an error that names every line. */
int trust_check(const struct config *config, const struct config_paths *paths,
                const struct folders *projects, const struct project_files *files,
                enum trust_answer answer, struct error *err);

/* Shows one request and has the user answer. 0 if yes, and then it is remembered. */
int trust_settle(const struct trust_request *request, enum trust_answer answer,
                 struct error *err);

#endif
