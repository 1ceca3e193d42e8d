/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names both programs must agree on: labels, paths, environment, uids, exit statuses.
 * Anything that one program writes and the other reads is spelled here and nowhere else.
 */
#ifndef CLAUDEX_SHARED_NAMES_H
#define CLAUDEX_SHARED_NAMES_H

/* Exit statuses. 125..127 as docker run(1) has them, 2 as getopt users expect. */
enum {
    EXIT_USAGE = 2,            /* a bad command line */
    EXIT_CLAUDEX = 125,        /* claudex itself failed; nothing of the agent ran */
    EXIT_NOT_EXECUTABLE = 126, /* the session's command was found and could not be run */
    EXIT_NOT_FOUND = 127,      /* the session's command was not found */
    EXIT_SIGNAL_BASE = 128,    /* the session died of signal n: 128 + n */
};

/* Users inside the box. The workers' uids are shifted by PID 1 where they collide. */
enum {
    UID_AGENT_DEFAULT = 1000, /* `node` in the image; the workspace's owner decides */
    UID_GATE = 64990,
    UID_SSH_PROXY = 64991,
    UID_GIT_WORKER = 64992,
    UID_HOME_WORKER = 64993, /* reads logins and skills that others wrote */
    UID_WORKER_FIRST = 64990,
    UID_WORKER_LAST = 64993,
    UID_OVERFLOW = 65534, /* what the kernel shows for an owner that has no mapping */
};
#define AGENT_USER "node"
#define AGENT_HOME "/home/node"

/* Paths inside the box. */
#define BOX_INIT      "/usr/local/bin/claudex-init" /* PID 1, and what docker exec calls */
#define BOX_COMMAND   "/usr/local/bin/claudex"      /* the same for the agent, init/inside */
#define BOX_WORKSPACE "/workspace"                  /* one folder a project */
#define BOX_CONTEXT   "/context"                    /* read-only includes */
#define BOX_RUN       "/run/claudex"                /* 0755 root: what the agent may read */
/* Landlock grants reading by folder, and what lies beside BOX_PRIVATE comes and goes by rename:
 * so it has a folder of its own, and BOX_RUN/status.json is a symlink to it. */
#define BOX_PUBLIC      BOX_RUN "/public"
#define BOX_STATUS      BOX_PUBLIC "/status.json"
#define BOX_DENIED      BOX_PUBLIC "/denied.log" /* what was refused (init/denied.h) */
#define BOX_SSH_SOCKET  BOX_PUBLIC "/ssh-agent"  /* the agent's, 0600: what passes the proxy */
#define BOX_SIGNATURES  BOX_PUBLIC "/signatures.log" /* what was signed (init/signatures.h) */
#define BOX_KNOWN_HOSTS BOX_PUBLIC "/known_hosts"    /* the user's own, for skills by ssh */
#define BOX_AUDIT       BOX_RUN "/audit" /* an audit repository a project; init/git/audit.h */
/* Skills from git, a folder a commit: a volume of the user's, root's, and for everybody to read
 * who knows the commit. */
#define BOX_SKILLS          BOX_RUN "/skills"
#define BOX_SKILLS_LOCAL    BOX_RUN "/skills-local" /* the user's own, a folder each */
#define SKILL_REQUIRED_MARK ".required-" /* and a skill's name: a file beside its folder */
#define BOX_SKILLS_IMAGE    "/usr/local/share/claudex/skills"
#define BOX_LOGINS          BOX_PUBLIC "/logins.json" /* whose they are (init/home/token_list.h) */
#define BOX_SKILLS_LIST     BOX_PUBLIC "/skills.json" /* what is installed (init/skills.h) */
#define BOX_PRIVATE         BOX_RUN "/private"        /* 0700 root: what it may not */
#define BOX_CONFIG          BOX_PRIVATE "/config" /* resolved configuration, INI (shared/config.h) */
/* The user's own files for AGENT_HOME, by the paths that they get there. */
#define BOX_HOME_FILES  BOX_PRIVATE "/home"
#define BOX_ENV         BOX_PRIVATE "/env"     /* NAME=value, each ended by NUL */
#define BOX_CONTROL_DIR BOX_PRIVATE "/control" /* host folder with the control FIFO */
#define BOX_SSH_DIR     BOX_PRIVATE "/ssh"     /* here, by its name, the host agent's socket */
#define BOX_TOKENS_DIR  BOX_PRIVATE "/tokens"  /* volume of the user's: the agents' logins */
/* One that is to be kept, and what its agent remembers of the account. */
#define BOX_TOKENS_NEW       BOX_PRIVATE "/login"
#define BOX_TOKENS_NEW_STATE BOX_PRIVATE "/login-state"
#define BOX_STATE_DIR        BOX_PRIVATE "/state" /* volume of the box's name: mode, grants */

/* Where X servers listen, and the display's number behind it (X(7)). */
#define BOX_X11_SOCKET "/tmp/.X11-unix/X"

/* Files in the host's folder of a box, seen by PID 1 below BOX_CONTROL_DIR. */
#define CONTROL_FIFO "control"
#define CONTROL_LOCK "lock"

/* Labels on containers, images, networks and volumes. */
#define LABEL_PREFIX   "io.claudex."
#define LABEL_BOX      "io.claudex.box"     /* the box's name; its presence makes it ours */
#define LABEL_KIND     "io.claudex.kind"    /* on a volume of no box: what it keeps */
#define LABEL_VERSION  "io.claudex.version" /* claudex that made it */
#define LABEL_FOLDERS  "io.claudex.folders" /* JSON array of real host paths, sorted */
#define LABEL_AGENT    "io.claudex.agent"   /* claude, codex, shell, or the command's name */
#define LABEL_NETWORK  "io.claudex.network" /* the mode it was started in */
#define LABEL_SSH      "io.claudex.ssh"     /* which of the host's keys it may use, if any */
#define LABEL_SPEC     "io.claudex.spec" /* hex SHA-256 of what was asked for; joining compares */
#define LABEL_CLAUDE   "io.claudex.claude-code" /* on the image: version of the agent */
#define LABEL_CODEX    "io.claudex.codex"
#define LABEL_BASE     "io.claudex.base"     /* on the image: what it was built on */
#define LABEL_PACKAGES "io.claudex.packages" /* on a custom image: its list, sorted */

#define LABEL_AUDIT "io.claudex.audit" /* on an audit volume: the project's real path */

#define AUDIT_VOLUME_PREFIX                                                                    \
    "claudex-audit-" /* and 16 hex digits of the project's real path                           \
                      */
#define STATE_VOLUME_PREFIX                                                                    \
    "claudex-state-" /* and the box's name: mounted at BOX_STATE_DIR                           \
                      */

#define SKILLS_VOLUME_PREFIX "claudex-skills-" /* and whose: mounted at BOX_SKILLS */
#define TOKENS_VOLUME_PREFIX "claudex-tokens-" /* and whose: mounted at BOX_TOKENS_DIR */

#define HOST_OF_BOX                                                                            \
    "host.docker.internal"     /* the machine that a box runs on, as Docker has it */
#define NETWORK_NAME "claudex" /* one bridge for all boxes, inter-container traffic off */

/* Environment. */
#define ENV_SKILLS "CLAUDEX_SKILLS" /* box: "update": fetch skills whose references moved */
#define ENV_DATA   "CLAUDEX_DATA"   /* host: where Dockerfile and sources lie */
#define ENV_CONFIG "CLAUDEX_CONFIG" /* host: overrides the user's configuration file */

#endif
