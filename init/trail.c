/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/trail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/ask_snapshot.h"
#include "init/git/become.h"
#include "init/git/looking.h"
#include "init/private.h"
#include "init/signals.h"
#include "init/terminal.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the projects that have a trail here. The folder is root's, and may not be listed by
 * others. */
static int find_names(struct strings *names, struct error *err)
{
    cleanup_dir DIR *dir = opendir(BOX_AUDIT);
    if (!dir)
        return error_set(err, "this box keeps no audit trail ([git] track, --no-git)");
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && strings_add(names, entry->d_name) < 0)
            return error_errno(err, "cannot look for audit trails");
    if (!names->items)
        return error_set(err, "this box keeps no audit trail ([git] track, --no-git)");
    qsort(names->items, names->count, sizeof *names->items, by_text);
    return 0;
}

/* The worker that owns the trails, and who the agent is to files: the project's owner. */
static int become(const char *name, struct error *err)
{
    struct stat audit, project = {.st_uid = UID_AGENT_DEFAULT, .st_gid = UID_AGENT_DEFAULT};
    char path[600];
    (void)snprintf(path, sizeof path, BOX_AUDIT "/%s", name);
    if (stat(path, &audit) < 0)
        return error_errno(err, "cannot look at %s", quoted(path));
    if (audit.st_uid == 0)
        return error_set(err, "nothing was recorded yet");
    (void)snprintf(path, sizeof path, BOX_WORKSPACE "/%s", name);
    if (stat(path, &project) < 0 && errno != ENOENT)
        return error_errno(err, "cannot look at %s", quoted(path));
    return become_git_worker(audit.st_uid, project.st_uid, project.st_gid, err);
}

static int parse(int argc, char **argv, struct looking *looking, struct error *err)
{
    static const struct option options[] = {{"count", required_argument, NULL, 'c'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"stat", no_argument, NULL, 's'},
                                            {"apply", no_argument, NULL, 'a'},
                                            {"to", required_argument, NULL, 't'},
                                            {"fresh", no_argument, NULL, 'f'},
                                            {0}};
    looking->count = LOOKING_COUNT;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == '?')
            return error_usage(err, "trail: an unknown option");
        if (option == 'c')
            looking->count = strtoul(optarg, NULL, 10);
        looking->list |= option == 'l';
        looking->stat |= option == 's';
        looking->apply |= option == 'a';
        looking->fresh |= option == 'f';
        if (option == 't')
            looking->to = optarg;
    }
    looking->words = argv + optind;
    looking->word_count = (size_t)(argc - optind);
    /* getopt has swallowed it. */
    looking->only_paths = optind > 0 && strcmp(argv[optind - 1], "--") == 0;
    return 0;
}

static int run(int argc, char **argv, struct error *err)
{
    static const struct {
        const char *name;
        looking_verb *run;
    } verbs[] = {{"log", looking_log}, {"diff", looking_diff}, {"restore", looking_restore}};
    cleanup_with(strings_free) struct strings names = {0};
    cleanup_session struct session session = {0};
    struct looking looking = {0};
    looking_verb *verb = NULL;
    for (size_t i = 0; argc > 1 && i < array_length(verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            verb = verbs[i].run;
    if (!verb)
        return error_usage(err, "usage: claudex-init trail log|diff|restore ...");
    if (geteuid() != 0)
        return error_set(err, "trail has to be entered as root, which it then gives up");
    signals_reset();
    (void)umask(022);
    if (descriptors_clean(err) < 0 || parse(argc - 1, argv + 1, &looking, err) < 0 ||
        find_names(&names, err) < 0)
        return -1;
    /* By PID 1, where there is one: it knows whose session this is. */
    if (looking.fresh)
        looking.asked = ask_snapshot_now(err) == 0;
    if (looking.fresh && !looking.asked && getpid() != 1)
        return -1;
    err->text[0] = '\0';
    looking.names = &names;
    if (getpid() != 1) {
        if (private_read_session(&session, err) < 0)
            return -1;
        looking.box = session.box.name;
    }
    if (!names.items || become(names.items[0], err) < 0)
        return -1;
    return verb(&looking, err);
}

int trail(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    if (run(argc, argv, &err) == 0 && fflush(stdout) == 0)
        return 0;
    if (!err.text[0])
        (void)error_errno(&err, "cannot write the answer");
    warn("%s", err.text);
    return err.status;
}
