/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills_remote.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/home/skill_trim.h"
#include "init/signals.h"
#include "init/skills_ssh.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { AT_ONCE = 8, TELL_SECONDS = 3, HINT_SIZE = SKILL_SOURCE_MAX + 64 };

int skills_read_sources(struct skills *skills, struct error *err)
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
        remote->used = -1;
        (void)snprintf(remote->folder, sizeof remote->folder, "new-%.160s-%zu",
                       skills->session->box.name, i);
    }
    skills->count = list->count;
    return 0;
}

/* What lets its host through, where the gate did not: an allowed name always has an address, so
 * that one without is not allowed, and neither libgit2 nor ssh can say so. */
static const char *hint(const struct skills *skills, const struct remote *remote,
                        const char *why, char text[HINT_SIZE])
{
    const struct skill_source *source = &remote->source;
    const char *at = strchr(source->login, '@'),
               *host = at ? at + 1 : source->url + strlen("https://");
    text[0] = '\0';
    if (skills->session->network.mode == NETWORK_ALLOWLIST && strstr(why, "resolve"))
        (void)snprintf(text, HINT_SIZE, "; if it is right, let it through: --allow %.*s%s%s",
                       (int)strcspn(host, "/"), host, at ? ":" : "",
                       !at             ? ""
                       : *source->port ? source->port
                                       : "22");
    return text;
}

static void fail(struct skills *skills, struct remote *remote, const char *why)
{
    char text[HINT_SIZE];
    remote->failed = true;
    remote->waiting = false;
    skill_cache_drop(skills->cache, remote->folder, skills->worker);
    if (*remote->before) { /* the one of before still serves */
        warn("the skill %s stays at %.12s: %s", remote->name, remote->before, why);
        (void)memcpy(remote->commit, remote->before, sizeof remote->commit);
        return;
    }
    remote->commit[0] = '\0';
    warn("the skill %s is left out: %s (%s)%s", remote->name, why, remote->source.url,
         hint(skills, remote, why, text));
    skills_note(skills, remote->name, remote->text, NULL, NULL, why);
}

/* Why nothing can come by ssh; NULL where it can. */
static const char *no_key(const struct skills *skills)
{
    if (skills->ssh->listener < 0)
        return "it comes by ssh, and the box has no ssh agent: run with --ssh, or set agent = "
               "yes in [ssh]";
    if (skills->session->ssh.confirm)
        return "it comes by ssh, and before the session nobody can be asked, as [ssh] confirm "
               "wants it: clone it and name the folder";
    return NULL;
}

static void start(struct skills *skills, struct remote *remote)
{
    struct error err = ERROR_INIT;
    char path[sizeof BOX_SKILLS + SKILL_FOLDER_SIZE];
    (void)snprintf(path, sizeof path, BOX_SKILLS "/%s", remote->folder);
    remote->waiting = false;
    if (*remote->source.login && no_key(skills)) {
        fail(skills, remote, no_key(skills));
        return;
    }
    if (skill_cache_begin(skills->cache, remote->folder, skills->worker, &err) < 0 ||
        skills_worker_start(&remote->worker, skills->worker, &skills->agent, &remote->source,
                            path, &err) < 0)
        fail(skills, remote, err.text);
}

/* Nobody trims it from now on; of two commits of one skill, the newer. */
static int use(const struct skills *skills, struct remote *remote)
{
    char key[SKILL_KEY_SIZE];
    if (remote->used >= 0)
        close(take_fd(&remote->used));
    skill_cache_key(&remote->source, remote->commit, key);
    remote->used = skill_trim_use(skills->cache, key);
    return remote->used < 0 ? -1 : 0;
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
    remote->fetched = use(skills, remote) == 0;
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

static int fetch_all(struct skills *skills, struct loop *keys, struct error *err)
{
    const time_t begin = seconds();
    time_t told = begin;
    for (fill(skills); running(skills) > 0; fill(skills)) {
        struct pollfd events[REMOTE_MAX + 2] = {{.fd = skills->signals, .events = POLLIN},
                                                {.fd = keys->epoll, .events = POLLIN}};
        size_t count = 2;
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
        if (ready > 0 && events[1].revents)
            loop_turn(keys);
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

static bool by_ssh(const struct skills *skills)
{
    for (size_t i = 0; i < skills->count; i++)
        if (skills->remote[i].waiting && *skills->remote[i].source.login)
            return !no_key(skills);
    return false;
}

/* Where a skill comes by ssh, the ssh proxy has to run meanwhile. It gets a loop for that time,
 * because PID 1's own does not run before the session. */
static int fetch_with_keys(struct skills *skills, struct error *err)
{
    struct loop loop = {.epoll = -1};
    struct children children = {0};
    const bool ssh = by_ssh(skills);
    if (ssh && loop_open(&loop, err) < 0)
        return -1;
    if (ssh) {
        struct error unknown = ERROR_INIT;
        if (skills_ssh_prepare(&unknown) < 0)
            warn("%s", unknown.text);
        ssh_worker_start(skills->ssh, &loop, &children);
    }
    int failed = fetch_all(skills, &loop, err);
    if (ssh) {
        ssh_worker_give_back(skills->ssh);
        close(take_fd(&loop.epoll));
    }
    return failed;
}

static bool added(const struct skills *skills)
{
    for (size_t i = 0; i < skills->count; i++)
        if (skills->remote[i].fetched)
            return true;
    return false;
}

/* What was heard since it was fetched: "" for nothing new. */
static void moved(const struct skills *skills, const struct remote *remote,
                  char newer[SKILL_COMMIT_SIZE])
{
    if (remote->source.is_commit || !skill_cache_seen(skills->cache, &remote->source, newer) ||
        strcmp(newer, remote->commit) == 0) {
        newer[0] = '\0';
        return;
    }
    info("the skill %s: %s has moved to %.12s, here it is %.12s; docker claudex skills update "
         "takes the new one",
         remote->name, *remote->source.ref ? remote->source.ref : "HEAD", newer,
         remote->commit);
}

int skills_install_remote(struct skills *skills, bool refresh, struct error *err)
{
    size_t missing = 0;
    for (size_t i = 0; i < skills->count; i++) {
        struct remote *remote = &skills->remote[i];
        int found = skill_cache_find(skills->cache, &remote->source, remote->commit) &&
                    use(skills, remote) == 0;
        if (found)
            (void)memcpy(remote->before, remote->commit, sizeof remote->before);
        remote->waiting = !found || (refresh && !remote->source.is_commit);
        missing += !found;
    }
    if (missing > 0)
        info("fetching %zu skill%s", missing, missing == 1 ? "" : "s");
    if (fetch_with_keys(skills, err) < 0)
        return -1;
    if (added(skills))
        skill_trim(skills->cache, skills->worker);
    for (size_t i = 0; i < skills->count; i++) {
        struct remote *remote = &skills->remote[i];
        char key[SKILL_KEY_SIZE], target[sizeof BOX_SKILLS + SKILL_KEY_SIZE],
            newer[SKILL_COMMIT_SIZE];
        if (remote->failed && remote->source.required && !*remote->commit)
            return error_set(err, "the skill %s is required, and could not be had",
                             remote->name);
        if (!*remote->commit)
            continue;
        moved(skills, remote, newer);
        skill_cache_key(&remote->source, remote->commit, key);
        (void)snprintf(target, sizeof target, BOX_SKILLS "/%s", key);
        skills_link(skills, remote->name, target);
        skills_note(skills, remote->name, remote->text, remote->commit, newer, NULL);
    }
    return 0;
}
