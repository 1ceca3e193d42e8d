/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/grants.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/net/pattern.h"
#include "shared/cleanup.h"
#include "shared/io.h"

#define HEAD   "claudex-grants"
#define DIGEST "sha256"

enum { LINE_MAX_HERE = 512, FIELDS = 5 };

static const char *const actions[] = {[POLICY_ALLOW] = "allow", [POLICY_DENY] = "deny"};

static uint64_t seconds_of(clockid_t clock)
{
    struct timespec now;
    return clock_gettime(clock, &now) < 0 || now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec;
}

struct grants_now grants_clock(void)
{
    return (struct grants_now){.real = seconds_of(CLOCK_REALTIME),
                               .boot = seconds_of(CLOCK_BOOTTIME)};
}

/* --- the list ----------------------------------------------------------------------------- */

static void take_out(struct grants *grants, size_t index)
{
    grants->count--;
    memmove(&grants->list[index], &grants->list[index + 1],
            (grants->count - index) * sizeof grants->list[0]);
}

bool grants_forget(struct grants *grants, const struct host_pattern *pattern)
{
    for (size_t i = 0; i < grants->count; i++) {
        if (!pattern_equal(&grants->list[i].pattern, pattern))
            continue;
        take_out(grants, i);
        return true;
    }
    return false;
}

int grants_put(struct grants *grants, const struct grant *grant)
{
    (void)grants_forget(grants, &grant->pattern);
    if (grants->count == GRANTS_MAX)
        return -1;
    grants->list[grants->count++] = *grant;
    return 0;
}

bool grants_expire(struct grants *grants, uint64_t boot, struct grant *gone)
{
    for (size_t i = 0; i < grants->count; i++) {
        if (grants->list[i].expires == 0 || grants->list[i].expires > boot)
            continue;
        *gone = grants->list[i];
        take_out(grants, i);
        return true;
    }
    return false;
}

uint64_t grants_next(const struct grants *grants)
{
    uint64_t next = 0;
    for (size_t i = 0; i < grants->count; i++) {
        uint64_t expires = grants->list[i].expires;
        if (expires != 0 && (next == 0 || expires < next))
            next = expires;
    }
    return next;
}

const struct grant *grants_denial(const struct grants *grants,
                                  const struct host_pattern *pattern)
{
    for (size_t i = 0; i < grants->count; i++)
        if (grants->list[i].action == POLICY_DENY &&
            pattern_denies_all(&grants->list[i].pattern, pattern))
            return &grants->list[i];
    return NULL;
}

const char *grants_configured_denial(const struct session *session,
                                     const struct host_pattern *pattern, const char **some)
{
    *some = NULL;
    for (size_t i = 0; i < session->network.deny.count; i++) {
        struct host_pattern deny;
        if (parse_host_pattern(session->network.deny.items[i], &deny, NULL) < 0)
            continue; /* the gate would not have started with it */
        if (pattern_denies_all(&deny, pattern))
            return session->network.deny.items[i];
        if (!*some && pattern_denies_some(&deny, pattern))
            *some = session->network.deny.items[i];
    }
    return NULL;
}

/* --- as text ------------------------------------------------------------------------------ */

int grants_print(const struct grants *grants, struct grants_now now, struct buf *out)
{
    char hex[SHA256_DIGEST_STRING_LENGTH], text[PATTERN_TEXT_MAX];
    int failed = buf_printf(out, HEAD " %d\n", GRANTS_VERSION);
    for (size_t i = 0; i < grants->count; i++) {
        const struct grant *grant = &grants->list[i];
        uint64_t left = grant->expires > now.boot ? grant->expires - now.boot : 0;
        if (grant->expires != 0 && left == 0)
            continue;
        failed |= buf_printf(
            out, "%s %s %llu %llu %llu\n", actions[grant->action],
            pattern_print(&grant->pattern, text), (unsigned long long)grant->since,
            left ? (unsigned long long)(now.real + left) : 0ULL, (unsigned long long)left);
    }
    if (failed)
        return -1;
    (void)SHA256Data((const uint8_t *)out->data, out->length, hex);
    return buf_printf(out, DIGEST " %s\n", hex);
}

static int line_parse(char *line, struct grants_now now, struct grants *grants)
{
    char *fields[FIELDS];
    uint64_t since, until, left;
    struct grant grant = {.action = POLICY_DENY};
    for (size_t i = 0; i < FIELDS; i++)
        if (!(fields[i] = strsep(&line, " ")))
            return -1;
    if (line || (strcmp(fields[0], actions[POLICY_ALLOW]) != 0 &&
                 strcmp(fields[0], actions[POLICY_DENY]) != 0))
        return -1;
    if (strcmp(fields[0], actions[POLICY_ALLOW]) == 0)
        grant.action = POLICY_ALLOW;
    if (parse_host_pattern(fields[1], &grant.pattern, NULL) < 0 ||
        parse_number(fields[2], 0, UINT32_MAX, &since) < 0 ||
        parse_number(fields[3], 0, UINT32_MAX, &until) < 0 ||
        parse_number(fields[4], 0, UINT32_MAX, &left) < 0 || (until == 0) != (left == 0))
        return -1;
    grant.since = since;
    if (until != 0 && until <= now.real)
        return 0;
    if (until != 0) /* whichever is sooner */
        grant.expires = now.boot + (until - now.real < left ? until - now.real : left);
    return grants_put(grants, &grant);
}

/* Cuts the last line off *length and says whether it is the digest of what is before it. */
static bool digest_fits(const char *text, size_t *length)
{
    char hex[SHA256_DIGEST_STRING_LENGTH], last[sizeof DIGEST " \n" + sizeof hex];
    const size_t tail = strlen(DIGEST) + 1 + sizeof hex - 1 + 1;
    if (*length < tail)
        return false;
    *length -= tail;
    (void)SHA256Data((const uint8_t *)text, *length, hex);
    (void)snprintf(last, sizeof last, DIGEST " %s\n", hex);
    return memcmp(text + *length, last, tail) == 0;
}

int grants_parse(const char *text, size_t length, struct grants_now now, struct grants *grants,
                 const char **why)
{
    char head[32];
    struct grants got = {.count = 0};
    (void)snprintf(head, sizeof head, HEAD " %d\n", GRANTS_VERSION);
    *why = "it is damaged";
    if (memchr(text, '\0', length))
        return -1;
    if (length > strlen(HEAD) && strncmp(text, HEAD " ", strlen(HEAD) + 1) == 0 &&
        strncmp(text, head, strlen(head)) != 0) {
        *why = "it is of a version that this claudex does not know";
        return -1;
    }
    if (!digest_fits(text, &length) || length < strlen(head) ||
        strncmp(text, head, strlen(head)) != 0)
        return -1;
    for (size_t at = strlen(head); at < length;) {
        char line[LINE_MAX_HERE];
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end ? (size_t)(end - (text + at)) : sizeof line;
        if (size >= sizeof line)
            return -1;
        memcpy(line, text + at, size);
        line[size] = '\0';
        if (line_parse(line, now, &got) < 0)
            return -1;
        at += size + 1;
    }
    *grants = got;
    return 0;
}

/* --- on the disk -------------------------------------------------------------------------- */

int grants_load(const char *folder, struct grants *grants, struct error *err)
{
    const char *why;
    cleanup_buf struct buf text = BUF_INIT(GRANTS_TEXT_MAX);
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *grants = (struct grants){.count = 0};
    if (dir < 0 && errno == ENOENT)
        return 0;
    if (dir < 0)
        return error_errno(err, "cannot open %s", folder);
    if (read_regular_file(dir, GRANTS_FILE, &text) != 0)
        return errno == ENOENT ? 0 : error_errno(err, "cannot read %s/" GRANTS_FILE, folder);
    if (grants_parse(text.data ? text.data : "", text.length, grants_clock(), grants, &why) < 0)
        return error_set(err, "cannot believe %s/" GRANTS_FILE ": %s", folder, why);
    return 0;
}

int grants_save(const char *folder, const struct grants *grants, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(GRANTS_TEXT_MAX);
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || grants_print(grants, grants_clock(), &text) < 0 ||
        write_file_atomic(dir, GRANTS_FILE, text.data, text.length, 0600) != 0)
        return error_errno(err, "cannot keep what was allowed and denied in %s/" GRANTS_FILE,
                           folder);
    return 0;
}
