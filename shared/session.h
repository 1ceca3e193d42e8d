/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session, as resolved from the configuration files and the command line. The plugin
 * fills it, prints it as INI (config_print in shared/config.h), and PID 1 parses and checks
 * it again. The container's spec is a pure function of it: there is no second list of mounts
 * or options anywhere.
 *
 * Everything a struct session points to is owned by it and freed by session_free().
 */
#ifndef CLAUDEX_SHARED_SESSION_H
#define CLAUDEX_SHARED_SESSION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/cleanup.h"

enum network_mode {
    NETWORK_OPEN,
    NETWORK_ALLOWLIST, /* the default */
    NETWORK_API,       /* the group `ai` alone */
    NETWORK_LOCKDOWN,
    NETWORK_SEALED, /* lockdown that nothing inside can lift; never in a configuration file */
};

/* The word for a mode, and back (0, or -1 for an unknown word). */
const char *network_mode_name(enum network_mode mode);
int network_mode_parse(const char *word, enum network_mode *mode);

/* A growing list of strings; items[count] is always NULL once something was added, so that it
 * can serve as an argv. */
struct strings {
    char **items;
    size_t count;
};
/* Copies `text`. 0, or -1 when out of memory. */
int strings_add(struct strings *list, const char *text);
/* The items with `between` between them, the caller's; NULL when out of memory. */
char *strings_join(const struct strings *list, const char *between);
void strings_free(struct strings *list);

/* A published port: [HOST-IP:][HOST:]CONTAINER[/udp], as docker run -p. */
struct port {
    int family;       /* AF_INET or AF_INET6 of host_ip */
    char host_ip[46]; /* "127.0.0.1" unless the user wrote another */
    uint16_t host;    /* 0: the engine chooses */
    uint16_t container;
    uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};

/* A folder of the host in the box. */
struct mount {
    char *source;      /* host: real absolute path; NULL in PID 1, which need not know it */
    char *destination; /* box: /workspace/NAME, /context/NAME or an X server's socket */
    char *project;     /* host: real path of a project; NULL for other mounts, and in PID 1 */
    bool read_only;
    bool idmapped;   /* owner shown is shifted from root to UID_AGENT_DEFAULT */
    uint64_t device; /* st_dev and st_ino of the folder when it was approved; both 0 where */
    uint64_t inode;  /*   the engine's kernel is not the plugin's (Docker Desktop) */
};

/* A value of a section that users name themselves, [skills] for one: name = value. */
struct named {
    char *name;
    char *value;
};

/* Enough for parallel builds, too few for a fork bomb to hurt. */
enum { SESSION_PIDS_DEFAULT = 4096 };

/* What everybody gets who names no group: what the agents need, and what they install from. */
#define SESSION_GROUPS_DEFAULT "ai apt npm pip git"

enum { SESSION_INTERVAL_DEFAULT = 300, SESSION_INTERVAL_MIN = 1 };

struct session {
    struct strings packages;

    struct {
        char *name; /* claude, codex, shell, or a command; never NULL after config_resolve */
        struct strings args;
        bool yolo;
    } agent;

    struct {
        struct port *ports;
        size_t port_count;
        struct strings includes;     /* host paths as written */
        struct strings instructions; /* host paths as written */
        struct strings env;          /* NAME or NAME=value; resolved values go to BOX_ENV */
        uint64_t memory;             /* bytes; 0: no limit */
        uint32_t cpus;               /* thousandths of a CPU; 0: no limit */
        uint32_t pids;               /* 0: SESSION_PIDS_DEFAULT */
        char *runtime;               /* NULL: the engine's */
        char *image;                 /* NULL: claudex:<version> */
        bool x11;
    } run;

    struct {
        enum network_mode mode;
        bool host; /* --host-network */
        struct strings groups, allow, deny;
        struct strings api; /* what mode api allows: the group `ai` in full */
        bool private_names; /* names may resolve to private addresses */
    } network;

    struct {
        struct strings files; /* host paths as written: the user's own, for the agent's home */
    } home;

    struct {
        bool agent;          /* forward the host's */
        struct strings keys; /* fingerprints and patterns of comments; none: all keys */
        bool log;            /* every signature; on unless said */
        bool confirm;        /* each only once somebody at a terminal has said yes */
        uint32_t limit;      /* signatures a minute; 0: no limit */
    } ssh;

    struct {
        bool track;        /* initial commit and audit trail; true unless said otherwise */
        bool ignored;      /* also what .gitignore hides */
        uint32_t interval; /* seconds between snapshots; 0: SESSION_INTERVAL_DEFAULT */
    } git;

    struct {
        struct strings local;  /* NAME=FOLDER of the host, absolute, perhaps with " required" */
        struct strings remote; /* NAME=SOURCE, as skill_source_parse() takes it */
        char *volume;          /* where those are kept; NULL: nowhere. The plugin's alone */
    } skills;

    struct {
        bool shared;  /* one login for all projects; on unless said */
        char *volume; /* where logins are kept; NULL: nowhere. The plugin's alone */
    } tokens;

    /* [box]: only in the resolved configuration that PID 1 gets, never in a user's file. */
    struct {
        char *name;    /* claudex-<folder>-<8 hex> */
        char *workdir; /* absolute, in the box */
        char *version; /* of the plugin; PID 1 warns when its own differs */
        char *ssh;     /* the name of the host agent's socket in BOX_SSH_DIR; NULL: no agent */
        struct mount *mounts;
        size_t mount_count;
    } box;
};

void session_free(struct session *session);

/* Does the configuration allow something on HOST_OF_BOX (names.h)? Then, and only then, the box
 * is told at its start where that is. */
bool session_allows_host(const struct session *session);
#define cleanup_session cleanup_with(session_free)

#endif
