/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/home/place.h"
#include "init/home/skill_text.h"
#include "init/privs.h"
#include "init/replace.h"
#include "init/skills_remote.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

/* Where agents look, in their home. */
static const char *const places[] = {".claude/skills", ".codex/skills"};

/* --- the agents' homes ------------------------------------------------------------------- */

void skills_link(const struct skills *skills, const char *name, const char *target)
{
    struct error err = ERROR_INIT;
    if (privs_files_as(skills->agent.uid, skills->agent.gid, &err) < 0) {
        warn("%s", err.text);
        return;
    }
    for (size_t i = 0; i < array_length(places); i++) {
        cleanup_fd int folder = place_folder(skills->home, places[i], 1);
        /* A folder of that name is the user's own ([home] file), and stays. */
        if (folder >= 0 && unlinkat(folder, name, 0) < 0 && errno == EISDIR)
            continue;
        if (folder < 0 || symlinkat(target, folder, name) < 0)
            warn("cannot install the skill %s in %s: %s", quoted(name), places[i],
                 strerror(errno));
    }
    if (privs_files_as(0, 0, &err) < 0)
        warn("%s", err.text);
}

void skills_note(struct skills *skills, const char *name, const char *source,
                 const char *commit, const char *newer, const char *problem)
{
    json_t *one = json_pack("{s:s, s:s}", "name", name, "source", source);
    if (commit && *commit)
        (void)json_object_set_new(one, "commit", json_string(commit));
    if (newer && *newer)
        (void)json_object_set_new(one, "newer", json_string(newer));
    if (problem)
        (void)json_object_set_new(one, "problem", json_string(problem));
    (void)json_array_append_new(skills->list, one);
}

/* --- the image's and the user's ---------------------------------------------------------- */

/* Of the user's own: kinds and sizes as PID 1 sees them, the text as a worker does. */
static int check_local(const struct skills *skills, int folder, struct error *err)
{
    struct skill_count count;
    cleanup_buf struct buf text = BUF_INIT(SKILL_TEXT_MAX);
    if (skill_tree_settle(folder, 0, &count, err) < 0)
        return -1;
    if (read_regular_file(folder, "SKILL.md", &text) < 0)
        return errno == ENOENT ? error_set(err, "it has no SKILL.md")
                               : error_errno(err, "cannot read its SKILL.md");
    return skills_worker_check(skills->worker, &text, err);
}

static bool is_required(const char *parent, const char *name)
{
    char path[SKILL_FOLDER_SIZE + sizeof BOX_SKILLS_IMAGE];
    (void)snprintf(path, sizeof path, "%s/" SKILL_REQUIRED_MARK "%s", parent, name);
    return access(path, F_OK) == 0;
}

static int install_folder(struct skills *skills, const char *parent, const char *name,
                          bool local, struct error *why)
{
    char path[SKILL_FOLDER_SIZE + sizeof BOX_SKILLS_IMAGE];
    struct error err = ERROR_INIT;
    const char *source = local ? "folder" : "image";
    (void)snprintf(path, sizeof path, "%s/%s", parent, name);
    cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (!skill_is_name(name) || (folder < 0 && errno == ENOTDIR))
        return 0;
    int failed = folder < 0 ? error_errno(&err, "cannot open its folder")
                 : local    ? check_local(skills, folder, &err)
                            : 0;
    if (failed) {
        if (is_required(parent, name))
            return error_set(why, "the skill %s is required, and could not be had: %s",
                             quoted(name), err.text);
        warn("the skill %s is left out: %s", quoted(name), err.text);
        skills_note(skills, name, source, NULL, NULL, err.text);
        return 0;
    }
    skills_link(skills, name, path);
    skills_note(skills, name, source, NULL, NULL, NULL);
    return 0;
}

static int install_folders(struct skills *skills, const char *parent, bool local,
                           struct error *err)
{
    cleanup_dir DIR *dir = opendir(parent);
    const struct dirent *entry;
    int failed = 0;
    /* What lies there and is required would be left out unsaid. */
    if (!dir && errno != ENOENT)
        return error_errno(err, "cannot open the skills in %s", parent);
    while (dir && !failed && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            failed = install_folder(skills, parent, entry->d_name, local, err);
    return failed;
}

/* --- all --------------------------------------------------------------------------------- */

static bool asked_to_refresh(const struct strings *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        if (strcmp(environment->items[i], ENV_SKILLS "=update") == 0)
            return true;
    return false;
}

static int open_home(const struct agent *agent, struct error *err)
{
    struct error back = ERROR_INIT;
    if (privs_files_as(agent->uid, agent->gid, err) < 0)
        return -1;
    int home = open(AGENT_HOME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    if (privs_files_as(0, 0, &back) < 0) {
        *err = back;
        return -1;
    }
    errno = why;
    return home < 0 ? error_errno(err, "cannot open " AGENT_HOME) : home;
}

static void write_list(const struct skills *skills)
{
    cleanup_free char *text = json_dumps(skills->list, JSON_COMPACT);
    if (!text || replace_file(BOX_SKILLS_LIST, text, strlen(text), 0644) < 0)
        warn("cannot write " BOX_SKILLS_LIST ": %s", strerror(errno));
}

int skills_install(const struct session *session, const struct strings *environment,
                   const struct agent *agent, uid_t shift, int signals, struct ssh_worker *ssh,
                   struct error *err)
{
    static struct skills skills;
    skills = (struct skills){.session = session,
                             .agent = *agent,
                             .worker = UID_HOME_WORKER + shift,
                             .cache = -1,
                             .signals = signals,
                             .ssh = ssh,
                             .list = json_array()};
    cleanup_fd int home = open_home(agent, err);
    skills.home = home;
    if (home < 0)
        return -1;
    int failed = install_folders(&skills, BOX_SKILLS_IMAGE, false, err);
    if (!failed)
        failed = install_folders(&skills, BOX_SKILLS_LOCAL, true, err);
    if (!failed)
        failed = skills_read_sources(&skills, err);
    if (!failed && skills.count > 0) {
        cleanup_fd int cache = skill_cache_open(err);
        skills.cache = cache;
        failed =
            cache < 0 ? -1 : skills_install_remote(&skills, asked_to_refresh(environment), err);
    }
    if (!failed)
        write_list(&skills);
    json_decref(skills.list);
    return failed;
}
