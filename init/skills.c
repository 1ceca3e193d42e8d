/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/home/place.h"
#include "init/home/skill_cache.h"
#include "init/home/skill_text.h"
#include "init/privs.h"
#include "init/replace.h"
#include "init/signals.h"
#include "init/skills_worker.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    REMOTE_MAX = 32,
    AT_ONCE = 8,
    NAME_SIZE = 256,
    TELL_SECONDS = 3,
};

/* Where agents look, in their home. */
static const char *const places[] = {".claude/skills", ".codex/skills"};

struct remote {
    char name[SKILL_NAME_MAX + 1];
    const char *text; /* the source as configured, borrowed */
    struct skill_source source;
    char folder[NAME_SIZE]; /* in the cache, while it is fetched */
    char commit[SKILL_COMMIT_SIZE], before[SKILL_COMMIT_SIZE];
    struct skills_worker worker;
    bool waiting, failed;
    unsigned percent;
    uint64_t bytes;
};

struct skills {
    const struct session *session;
    struct agent agent;
    uid_t worker;
    int cache, home, signals;
    json_t *list;
    struct remote remote[REMOTE_MAX];
    size_t count;
};

/* --- the agents' homes ----------------------------------------------------------------------
 */

static void link_one(const struct skills *skills, const char *name, const char *target)
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

static void note(struct skills *skills, const char *name, const char *source,
                 const char *commit, const char *problem)
{
    json_t *one = json_pack("{s:s, s:s}", "name", name, "source", source);
    if (commit && *commit)
        (void)json_object_set_new(one, "commit", json_string(commit));
    if (problem)
        (void)json_object_set_new(one, "problem", json_string(problem));
    (void)json_array_append_new(skills->list, one);
}

/* --- the image's and the user's -------------------------------------------------------------
 */

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

static void install_folder(struct skills *skills, const char *parent, const char *name,
                           bool local)
{
    char path[NAME_SIZE + sizeof BOX_SKILLS_IMAGE];
    struct error err = ERROR_INIT;
    const char *source = local ? "folder" : "image";
    (void)snprintf(path, sizeof path, "%s/%s", parent, name);
    cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || !skill_is_name(name))
        return;
    if (local && check_local(skills, folder, &err) < 0) {
        warn("the skill %s is left out: %s", quoted(name), err.text);
        note(skills, name, source, NULL, err.text);
        return;
    }
    link_one(skills, name, path);
    note(skills, name, source, NULL, NULL);
}

static void install_folders(struct skills *skills, const char *parent, bool local)
{
    cleanup_dir DIR *dir = opendir(parent);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            install_folder(skills, parent, entry->d_name, local);
}

/* --- from git -------------------------------------------------------------------------------
 */

static int read_sources(struct skills *skills, struct error *err)
{
    const struct strings *list = &skills->session->skills.remote;
    const char *why;
    if (list->count > REMOTE_MAX)
        return error_set(err, "more than %d skills from git", REMOTE_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct remote *remote = &skills->remote[i];
        const char *equals = strchr(list->items[i], '=');
        size_t length = equals ? (size_t)(equals - list->items[i]) : 0;
        if (length > SKILL_NAME_MAX || !equals ||
            skill_source_parse(equals + 1, &remote->source, &why) < 0)
            return error_set(err, "a skill's source is damaged: %s", quoted(list->items[i]));
        memcpy(remote->name, list->items[i], length);
        remote->text = equals + 1;
        remote->worker.channel = -1;
        (void)snprintf(remote->folder, sizeof remote->folder, "new-%.160s-%zu",
                       skills->session->box.name, i);
    }
    skills->count = list->count;
    return 0;
}

static void fail(struct skills *skills, struct remote *remote, const char *why)
{
    remote->failed = true;
    remote->waiting = false;
    skill_cache_drop(skills->cache, remote->folder, skills->worker);
    if (*remote->before) { /* the one of before still serves */
        warn("the skill %s stays at %.12s: %s", remote->name, remote->before, why);
        (void)memcpy(remote->commit, remote->before, sizeof remote->commit);
        return;
    }
    remote->commit[0] = '\0';
    warn("the skill %s is left out: %s (%s)", remote->name, why, remote->source.url);
    note(skills, remote->name, remote->text, NULL, why);
}

static void start(struct skills *skills, struct remote *remote)
{
    struct error err = ERROR_INIT;
    char path[sizeof BOX_SKILLS + NAME_SIZE];
    (void)snprintf(path, sizeof path, BOX_SKILLS "/%s", remote->folder);
    remote->waiting = false;
    if (skill_cache_begin(skills->cache, remote->folder, skills->worker, &err) < 0 ||
        skills_worker_start(&remote->worker, skills->worker, &remote->source, path, &err) < 0)
        fail(skills, remote, err.text);
}

static void finish(struct skills *skills, struct remote *remote,
                   const struct skill_report *report)
{
    struct error err = ERROR_INIT;
    struct skill_count count;
    if (strlen(report->commit) != SKILL_COMMIT_SIZE - 1) {
        fail(skills, remote, report->why);
        return;
    }
    if (skill_cache_take(skills->cache, remote->folder, skills->worker, &remote->source,
                         report->commit, &count, &err) < 0) {
        fail(skills, remote, err.text);
        return;
    }
    skill_cache_drop(skills->cache, remote->folder, skills->worker);
    (void)memcpy(remote->commit, report->commit, sizeof remote->commit);
    const char *ref = *remote->source.ref ? remote->source.ref : "HEAD";
    if (*remote->before && strcmp(remote->before, remote->commit) != 0)
        info("the skill %s: %s moved from %.12s to %.12s", remote->name, ref, remote->before,
             remote->commit);
    else
        info("the skill %s: %.12s, %u files", remote->name, remote->commit,
             (unsigned)count.files);
}

static size_t running(const struct skills *skills)
{
    size_t count = 0;
    for (size_t i = 0; i < skills->count; i++)
        count += skills->remote[i].worker.channel >= 0;
    return count;
}

static void fill(struct skills *skills)
{
    for (size_t i = 0; i < skills->count && running(skills) < AT_ONCE; i++)
        if (skills->remote[i].waiting)
            start(skills, &skills->remote[i]);
}

static void tell_progress(const struct skills *skills)
{
    for (size_t i = 0; i < skills->count; i++) {
        const struct remote *remote = &skills->remote[i];
        if (remote->worker.channel >= 0)
            info("the skill %s: %u %%, %llu KB", remote->name, remote->percent,
                 (unsigned long long)(remote->bytes >> 10));
    }
}

/* A signal from outside that asks to end. */
static int ending_signal(int signals)
{
    struct signalfd_siginfo about;
    while (read(signals, &about, sizeof about) == sizeof about)
        if (signal_judge(&about) == SIGNAL_FORWARD && signal_ends((int)about.ssi_signo))
            return (int)about.ssi_signo;
    return 0;
}

static void serve(struct skills *skills, const struct pollfd *events, size_t count)
{
    for (size_t e = 0; e < count; e++)
        for (size_t i = 0; i < skills->count; i++) {
            struct remote *remote = &skills->remote[i];
            struct skill_report report;
            if (!events[e].revents || remote->worker.channel != events[e].fd ||
                skills_worker_read(&remote->worker, &report) == 0)
                continue;
            remote->percent = report.percent <= 100 ? report.percent : 100;
            remote->bytes = report.bytes;
            if (report.done)
                finish(skills, remote, &report);
        }
}

static time_t seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void give_up(struct skills *skills, const char *why)
{
    for (size_t i = 0; i < skills->count; i++)
        if (skills->remote[i].worker.channel >= 0 || skills->remote[i].waiting) {
            skills_worker_end(&skills->remote[i].worker);
            fail(skills, &skills->remote[i], why);
        }
}

static int fetch_all(struct skills *skills, struct error *err)
{
    const time_t begin = seconds();
    time_t told = begin;
    for (fill(skills); running(skills) > 0; fill(skills)) {
        struct pollfd events[REMOTE_MAX + 1] = {{.fd = skills->signals, .events = POLLIN}};
        size_t count = 1;
        for (size_t i = 0; i < skills->count; i++)
            if (skills->remote[i].worker.channel >= 0)
                events[count++] =
                    (struct pollfd){.fd = skills->remote[i].worker.channel, .events = POLLIN};
        int ready = poll(events, count, TELL_SECONDS * 1000);
        int number = ready > 0 && events[0].revents ? ending_signal(skills->signals) : 0;
        if (number) {
            give_up(skills, "the session was ended before it began");
            (void)error_set(err, "ended by signal %d before the session", number);
            err->status = EXIT_SIGNAL_BASE + number;
            return -1;
        }
        if (ready > 0)
            serve(skills, events, count);
        if (seconds() - told >= TELL_SECONDS) {
            tell_progress(skills);
            told = seconds();
        }
        if (seconds() - begin > 2 * SKILL_FETCH_SECONDS)
            give_up(skills, "it takes too long");
    }
    return 0;
}

static int install_remote(struct skills *skills, bool refresh, struct error *err)
{
    size_t missing = 0;
    for (size_t i = 0; i < skills->count; i++) {
        struct remote *remote = &skills->remote[i];
        int found = skill_cache_find(skills->cache, &remote->source, remote->commit);
        if (found)
            (void)memcpy(remote->before, remote->commit, sizeof remote->before);
        remote->waiting = !found || (refresh && !remote->source.is_commit);
        missing += !found;
    }
    if (missing > 0)
        info("fetching %zu skill%s", missing, missing == 1 ? "" : "s");
    if (fetch_all(skills, err) < 0)
        return -1;
    for (size_t i = 0; i < skills->count; i++) {
        struct remote *remote = &skills->remote[i];
        char key[SKILL_KEY_SIZE], target[sizeof BOX_SKILLS + SKILL_KEY_SIZE];
        if (remote->failed && remote->source.required && !*remote->commit)
            return error_set(err, "the skill %s is required, and could not be had",
                             remote->name);
        if (!*remote->commit)
            continue;
        skill_cache_key(&remote->source, remote->commit, key);
        (void)snprintf(target, sizeof target, BOX_SKILLS "/%s", key);
        link_one(skills, remote->name, target);
        note(skills, remote->name, remote->text, remote->commit, NULL);
    }
    return 0;
}

/* --- all ------------------------------------------------------------------------------------
 */

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
                   const struct agent *agent, uid_t shift, int signals, struct error *err)
{
    static struct skills skills;
    skills = (struct skills){.session = session,
                             .agent = *agent,
                             .worker = UID_HOME_WORKER + shift,
                             .cache = -1,
                             .signals = signals,
                             .list = json_array()};
    cleanup_fd int home = open_home(agent, err);
    skills.home = home;
    if (home < 0)
        return -1;
    install_folders(&skills, BOX_SKILLS_IMAGE, false);
    install_folders(&skills, BOX_SKILLS_LOCAL, true);
    int failed = read_sources(&skills, err);
    if (!failed && skills.count > 0) {
        cleanup_fd int cache = skill_cache_open(err);
        skills.cache = cache;
        failed = cache < 0 ? -1 : install_remote(&skills, asked_to_refresh(environment), err);
    }
    if (!failed)
        write_list(&skills);
    json_decref(skills.list);
    return failed;
}
