/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/landlock.h"
#include "init/privs.h"
#include "init/seccomp.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static int enter(const char *workdir, bool there_only, struct error *err)
{
    if (chdir(workdir) == 0)
        return 0;
    if (there_only) {
        (void)error_set(err, "cannot enter %s (%s); nothing was started", quoted(workdir),
                        strerror(errno));
        err->status = EXIT_NOT_EXECUTABLE;
        return -1;
    }
    warn("cannot enter %s (%s); starting in " BOX_WORKSPACE, quoted(workdir), strerror(errno));
    if (chdir(BOX_WORKSPACE) < 0)
        return error_errno(err, "cannot enter " BOX_WORKSPACE);
    return 0;
}

/* Whatever else is so: if the agent could enter here, the box would be open. */
static int check_private(struct error *err)
{
    cleanup_fd int fd = open(BOX_PRIVATE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && chdir(BOX_PRIVATE) < 0 && errno == EACCES)
        return 0;
    return error_set(err, BOX_PRIVATE " is open to the agent; nothing was started");
}

int confine(const struct confinement *how, struct error *err)
{
    /* Opened while still root: rules are made of folders that the agent cannot open. */
    cleanup_fd int rules = landlock_prepare(how->signals_others, err);
    if (rules < 0 && err->text[0])
        return -1;
    if (privs_become(how->uid, how->gid, err) < 0 ||
        enter(how->workdir, how->there_only, err) < 0)
        return -1;
    if (rules >= 0 && landlock_enforce(rules, err) < 0)
        return -1;
    if (seccomp_enforce(err) < 0 || privs_verify(how->uid, how->gid, err) < 0)
        return -1;
    return check_private(err);
}

const char *confined_shell(void)
{
    return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

/* As docker and every shell tell them apart. */
static int say_why(const char *name, int why, struct error *err)
{
    struct stat st;
    errno = why;
    if (why == ENOENT || why == ENOTDIR) {
        if (strchr(name, '/') && stat(name, &st) == 0)
            error_set(err,
                      "cannot run %s: what its first line (#!) names, or the loader that "
                      "it wants, is not in the box",
                      quoted(name));
        else
            error_set(err, "cannot run %s: not found in the box", quoted(name));
        return EXIT_NOT_FOUND;
    }
    if (why == EACCES || why == ENOEXEC || why == EPERM || why == EISDIR) {
        error_errno(err, "cannot run %s", quoted(name));
        return EXIT_NOT_EXECUTABLE;
    }
    error_errno(err, "cannot run %s", quoted(name));
    return EXIT_CLAUDEX;
}

int confined_exec(char *const *command, struct error *err)
{
    char *shell[] = {(char *)confined_shell(), NULL};
    char *const *argv = command && command[0] ? command : shell;
    execvp(argv[0], argv);
    err->status = say_why(argv[0], errno, err);
    return -1;
}
