/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/privs.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { OPEN_FOLDERS = 16, HOME_MODE = 0700 };

/* nftw(3) has no argument to hand on. */
static struct {
    uid_t from;
    struct agent to;
    struct error *err;
} moving;

static int move(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    if (kind == FTW_NS || st->st_uid != moving.from)
        return 0;
    /* A second name of a file of root's, wherever that may be. */
    if (st->st_uid == 0 && !S_ISDIR(st->st_mode) && st->st_nlink > 1)
        return 0;
    if (lchown(path, moving.to.uid, moving.to.gid) == 0)
        return 0;
    return error_errno(moving.err, "cannot make %s the agent's", quoted(path));
}

/* As the owner: nobody else, root without CAP_DAC_OVERRIDE included, can look into folders of
 * mode 0700. */
static int move_all(uid_t from, gid_t group, const struct agent *to, struct error *err)
{
    moving.from = from;
    moving.to = *to;
    moving.err = err;
    if (privs_files_as(from, group, err) < 0)
        return -1;
    int failed = nftw(AGENT_HOME, move, OPEN_FOLDERS, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
    if (failed && !err->text[0])
        error_errno(err, "cannot walk " AGENT_HOME);
    struct error back = ERROR_INIT;
    if (privs_files_as(0, 0, &back) < 0) {
        *err = back;
        return -1;
    }
    return failed ? -1 : 0;
}

static int close_to_others(const struct agent *agent, struct error *err)
{
    if (privs_files_as(agent->uid, agent->gid, err) < 0)
        return -1;
    int failed = chmod(AGENT_HOME, HOME_MODE);
    int why = errno;
    if (privs_files_as(0, 0, err) < 0)
        return -1;
    errno = why;
    return failed ? error_errno(err, "cannot change the mode of " AGENT_HOME) : 0;
}

int home_set_up(const struct agent *agent, struct error *err)
{
    struct stat st;
    if (make_folders(AGENT_HOME, 0755) < 0 || lstat(AGENT_HOME, &st) < 0)
        return error_errno(err, "cannot make " AGENT_HOME);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, AGENT_HOME " is no folder; mend the image");
    if (st.st_uid != agent->uid && move_all(st.st_uid, st.st_gid, agent, err) < 0)
        return -1;
    if ((st.st_mode & 07777) != HOME_MODE)
        return close_to_others(agent, err);
    return 0;
}
