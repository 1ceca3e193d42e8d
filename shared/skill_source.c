/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/skill_source.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/parse.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { OID_DIGITS = 40 };

bool skill_source_is_local(const char *text)
{
    return text[0] == '.' || text[0] == '/' || text[0] == '~';
}

bool skill_source_cut_required(char *text)
{
    static const char word[] = " required";
    size_t length = strlen(text), tail = sizeof word - 1;
    if (length <= tail || strcmp(text + length - tail, word) != 0)
        return false;
    text[length - tail] = '\0';
    return true;
}

bool skill_is_name(const char *text)
{
    size_t length = strspn(text, LETTERS "_-");
    return length > 0 && length <= SKILL_NAME_MAX && text[length] == '\0' && text[0] != '-';
}

/* Of a path in a repository, and of a reference: nothing that leads up, and no option. */
static bool is_plain(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "/");
        if (length == 0 || text[0] == '.' || text[0] == '-' ||
            strspn(text, LETTERS "_.+-") < length)
            return false;
        text += length;
        if (*text == '/' && *++text == '\0')
            return false;
    }
    return true;
}

/* "REST@REF" → both; what there is of it. */
static int split_ref(char *text, struct skill_source *source)
{
    char *at = strrchr(text, '@');
    if (!at)
        return 0;
    *at++ = '\0';
    if (!*at || !is_plain(at))
        return -1;
    (void)snprintf(source->ref, sizeof source->ref, "%s", at);
    source->is_commit =
        strlen(at) == OID_DIGITS && strspn(at, "0123456789abcdef") == OID_DIGITS;
    return 0;
}

static int parse_github(char *rest, struct skill_source *source)
{
    char *slash = strchr(rest, '/');
    char *sub = slash ? strchr(slash + 1, '/') : NULL;
    if (!slash || slash == rest || slash[1] == '\0')
        return -1;
    if (sub)
        *sub++ = '\0';
    if (!is_plain(rest) || (sub && (!*sub || !is_plain(sub))))
        return -1;
    (void)snprintf(source->path, sizeof source->path, "%s", sub ? sub : "");
    return snprintf(source->url, sizeof source->url, "https://github.com/%s", rest) <
                   (int)sizeof source->url
               ? 0
               : -1;
}

static int parse_url(char *text, struct skill_source *source)
{
    char *host = text + strlen("https://"), *sub = strstr(host, "//");
    if (sub) {
        *sub = '\0';
        sub += 2;
    }
    /* No user and no password: they would be shown. */
    if (!*host || *host == '/' || !strchr(host, '/') ||
        strspn(host, LETTERS "_.+-/:~") != strlen(host) || (sub && (!*sub || !is_plain(sub))))
        return -1;
    (void)snprintf(source->path, sizeof source->path, "%s", sub ? sub : "");
    (void)snprintf(source->url, sizeof source->url, "%s", text);
    return 0;
}

/* git's own rule (git-fetch(1)): USER@HOST:PATH, no slash before the colon. */
static bool is_short_ssh(const char *text)
{
    const char *at = strchr(text, '@'), *colon = strchr(text, ':'), *slash = strchr(text, '/');
    return at && colon && at < colon && (!slash || colon < slash);
}

/* "HOST[:PORT]". Neither may be taken for an option of ssh(1). */
static int parse_host(char *host, struct skill_source *source)
{
    char *port = strchr(host, ':');
    if (port) {
        *port++ = '\0';
        uint64_t number;
        if (port[0] == '0' || parse_number(port, 1, UINT16_MAX, &number) < 0)
            return -1;
        (void)snprintf(source->port, sizeof source->port, "%s", port);
    }
    return *host && *host != '-' && strspn(host, LETTERS ".-") == strlen(host) ? 0 : -1;
}

/* ssh://USER@HOST[:PORT]/PATH or USER@HOST:PATH, with what may follow either. */
static int parse_ssh(char *text, const char *begin, struct skill_source *source)
{
    char *user = text + strlen(begin), *host = strchr(user, '@'),
         *path = host ? strchr(host, *begin ? '/' : ':') : NULL;
    if (!path || split_ref(path, source) < 0)
        return -1;
    char *sub = strstr(path + 1, "//");
    if (sub) {
        *sub = '\0';
        sub += 2;
    }
    if (!path[1] || (sub && (!*sub || !is_plain(sub))) ||
        strspn(path + 1, LETTERS "_.+-/~") != strlen(path + 1))
        return -1;
    (void)snprintf(source->url, sizeof source->url, "%s", text);
    (void)snprintf(source->path, sizeof source->path, "%s", sub ? sub : "");
    /* As git: ssh://HOST/~me/x is below a home, and so is what has no slash in front. */
    const bool whole = *begin && path[1] != '~';
    (void)snprintf(source->remote, sizeof source->remote, "%s", path + !whole);
    if (*source->remote == '-')
        return -1;
    *path = *host = '\0';
    if (!*user || *user == '-' || strspn(user, LETTERS "_.+-") != strlen(user) ||
        parse_host(host + 1, source) < 0)
        return -1;
    (void)snprintf(source->login, sizeof source->login, "%.200s@%.200s", user, host + 1);
    return strlen(user) <= 200 && strlen(host + 1) <= 200 ? 0 : -1;
}

/* Other ways to write what git takes for a repository: what to write in its place. */
static const char *why_not(const char *text)
{
    static const char ssh[] = "write ssh://USER@HOST/PATH",
                      open[] = "what comes unencrypted may be anybody's: write https://";
    static const struct {
        const char *begin, *why;
    } others[] = {{"git+ssh://", ssh},
                  {"ssh+git://", ssh},
                  {"http://", open},
                  {"git://", open},
                  {"ftp://", open},
                  {"file://", "a folder of this machine is named by its path: write /FOLDER"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(text, others[i].begin, strlen(others[i].begin)) == 0)
            return others[i].why;
    return NULL;
}

int skill_source_parse(const char *text, struct skill_source *source, const char **why)
{
    static const char github[] = "github:", https[] = "https://", ssh[] = "ssh://";
    char copy[SKILL_SOURCE_MAX];
    *why =
        "expected github:OWNER/REPOSITORY[/PATH][@REF], https://HOST/REPOSITORY[//PATH][@REF], "
        "ssh://USER@HOST/REPOSITORY[//PATH][@REF] or a folder such as ./skills/review";
    *source = (struct skill_source){.required = false};
    size_t length = strlen(text);
    if (length >= sizeof copy)
        return -1;
    memcpy(copy, text, length + 1);
    source->required = skill_source_cut_required(copy);
    const char *other = why_not(copy);
    if (other)
        *why = other;
    if (strncmp(copy, github, sizeof github - 1) == 0) {
        char *rest = copy + sizeof github - 1;
        return split_ref(rest, source) < 0 ? -1 : parse_github(rest, source);
    }
    if (strncmp(copy, https, sizeof https - 1) == 0)
        return split_ref(copy, source) < 0 ? -1 : parse_url(copy, source);
    if (strncmp(copy, ssh, sizeof ssh - 1) == 0)
        return parse_ssh(copy, ssh, source);
    return !other && is_short_ssh(copy) ? parse_ssh(copy, "", source) : -1;
}
