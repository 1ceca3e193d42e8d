/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry per verb: name, arguments, options, what it does. Dispatch, `--help`, the man
 * page's skeleton and shell completion all come from these tables and from nothing else.
 */
#ifndef CLAUDEX_PLUGIN_COMMAND_H
#define CLAUDEX_PLUGIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "plugin/engine/endpoint.h"
#include "plugin/engine/engine.h"
#include "shared/error.h"
#include "shared/session.h"

/* What an option's or operand's value is, for completion. */
enum completes {
    COMPLETES_NOTHING,
    COMPLETES_FILE,
    COMPLETES_FOLDER,
    COMPLETES_BOX,  /* names of our containers */
    COMPLETES_WORD, /* one of `words`, space-separated */
};

struct option_spec {
    char letter;          /* 'a', or 0 */
    const char *name;     /* "agent" */
    const char *argument; /* "NAME", or NULL for a flag */
    const char *help;     /* "which agent: claude, codex, shell" */
    enum completes completes;
    const char *words;
};

/* What was given: parsed by option_spec. Everything borrowed from argv. */
struct arguments {
    const struct option_spec *specs;
    size_t spec_count;
    struct given {
        const struct option_spec *spec;
        const char *value; /* NULL for a flag */
    } * given;             /* in order of appearance */
    size_t given_count;
    char **operands; /* before "--" */
    size_t operand_count;
    char **rest; /* after "--"; NULL-ended; NULL where there was no "--" */
    size_t rest_count;
};
/* The last value of an option ("" for a flag that is there), NULL when it was not given. */
const char *argument_value(const struct arguments *arguments, const char *name);
bool argument_flag(const struct arguments *arguments, const char *name);

enum output_format { OUTPUT_TABLE, OUTPUT_JSON };

/* What every verb gets. */
struct invocation {
    const char *program; /* "docker claudex" or "claudex", for messages and help */
    struct global_options global;
    struct endpoint endpoint; /* address is NULL until invocation_endpoint() */
    struct engine *engine;    /* NULL until invocation_engine() */
    struct arguments arguments;
    enum output_format format; /* --format json */
    bool quiet;                /* -q */
};

/* Which engine: found at first use, nothing is connected. NULL on failure. */
const struct endpoint *invocation_endpoint(struct invocation *invocation, struct error *err);
/* The engine, opened at first use. NULL on failure. */
struct engine *invocation_engine(struct invocation *invocation, struct error *err);

struct command {
    const char *name;
    const char *operands; /* "[DIR[:ro]…] [-- COMMAND [ARG…]]" */
    const char *summary;  /* one line, no full stop */
    const char *details;  /* a few paragraphs for --help, or NULL */
    const struct option_spec *options;
    size_t option_count;
    enum completes completes; /* of its operands */
    const char *words;        /* that the first operand may be besides; NULL: none */
    /* Options end at the first operand (exec, shell): what follows are operands, too. A "--"
     * right behind the first operand still divides operands from rest. */
    bool stops_at_operand;
    bool hidden;
    /* Returns the exit status, or -1 with *err filled (then err->status is the exit status). */
    int (*run)(struct invocation *invocation, struct error *err);
};

extern const struct command *const commands[];
extern const size_t command_count;

/* One declaration a verb; each is defined in plugin/verb/<verb>.c. */
extern const struct command cmd_run, cmd_build, cmd_update, cmd_list, cmd_status, cmd_shell,
    cmd_exec, cmd_attach, cmd_logs, cmd_stop, cmd_rm, cmd_lockdown, cmd_network, cmd_push,
    cmd_pull, cmd_version, cmd_login, cmd_logout, cmd_skills;
extern const struct command cmd_allow, cmd_deny, cmd_denied;
extern const struct command cmd_config, cmd_trust;
extern const struct command cmd_log, cmd_diff, cmd_snapshot, cmd_restore;
extern const struct command cmd_clean_custom, cmd_clean_all_custom;

#endif
