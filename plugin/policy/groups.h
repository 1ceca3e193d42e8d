/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups: named lists of hosts, as data files of one `host[:port]` a line, "#" to the end of a
 * line for the reason. Looked for in ~/.config/claudex/groups, /etc/claudex/groups, and the
 * groups that came with claudex: the first file of a name is the group.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_GROUPS_H
#define CLAUDEX_PLUGIN_POLICY_GROUPS_H

#include "shared/error.h"
#include "shared/session.h"

enum {
    GROUP_FILE_MAX = 1 << 20, /* bytes */
    /* What a box takes of rules, all together: within what its configuration may be, whatever
     * else is in it (shared/config.h). */
    GROUP_RULES_MAX = 15000,
    GROUP_RULES_BYTES_MAX = 768 * 1024,
};

/* Pure. Appends the patterns of a group's text; `file` is for messages. All problems of the
 * text are told at once. */
int groups_parse(const char *text, const char *file, struct strings *patterns,
                 struct error *err);

/* Replaces names by hosts: the session's groups are added to what it allows, the group `ai`
 * also to what the mode api allows. A group that does not exist: an error with those that do;
 * more rules than a box takes: one that says how many.
 */
int groups_expand(struct session *session, struct error *err);

#endif
