/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/denied.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/net/pattern.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

/* Those after which an `allow` of the host on its usual ports is the answer. */
enum { OF_NAMES = 1U << VIA_DNS | 1U << VIA_TLS | 1U << VIA_HTTP };

static bool is_usual(const struct gate_frame *frame)
{
    return frame->kind == GATE_ASKED
               ? frame->port == 0
               : (OF_NAMES >> frame->via & 1) != 0 ||
                     (frame->via == VIA_TCP && (frame->port == 443 || frame->port == 80));
}

static unsigned bit_of(const struct gate_frame *frame)
{
    if (frame->kind == GATE_ASKED)
        return 0;
    return 1U << frame->via;
}

static const char *fault_of(const struct gate_frame *frame)
{
    return frame->kind == GATE_REFUSED ? frame->text : "";
}

/* Of one host, what an `allow` of it would answer together is one entry. */
static bool is_same(const struct denial *denial, const struct gate_frame *frame, uint16_t port)
{
    const unsigned of_hosts = OF_NAMES | 1U << VIA_TCP;
    const unsigned bit = bit_of(frame);
    if (denial->port != port || strcmp(denial->name, frame->name) != 0 ||
        strncmp(denial->fault, fault_of(frame), sizeof denial->fault - 1) != 0)
        return false;
    if ((denial->vias | bit) & ~of_hosts)
        return denial->vias == bit;
    return true;
}

static struct denial *place_for(struct denied *denied, const struct gate_frame *frame,
                                uint16_t port, bool *is_new)
{
    struct denial *oldest = &denied->list[0];
    *is_new = false;
    for (size_t i = 0; i < denied->count; i++) {
        if (is_same(&denied->list[i], frame, port))
            return &denied->list[i];
        if (denied->list[i].last < oldest->last)
            oldest = &denied->list[i];
    }
    *is_new = true;
    struct denial *place = denied->count < DENIED_MAX ? &denied->list[denied->count++] : oldest;
    *place = (struct denial){.port = port};
    (void)snprintf(place->name, sizeof place->name, "%s", frame->name);
    (void)snprintf(place->fault, sizeof place->fault, "%.*s", (int)sizeof place->fault - 1,
                   fault_of(frame));
    return place;
}

struct denial *denied_note(struct denied *denied, const struct gate_frame *frame, uint64_t now)
{
    bool is_new;
    const bool asked = frame->kind == GATE_ASKED;
    const uint16_t port = is_usual(frame) ? 0 : frame->port;
    struct denial *denial = place_for(denied, frame, port, &is_new);
    const bool again = now - denial->last >= DENIED_AGAIN_SECONDS;
    if (is_new)
        denial->first = now;
    denial->last = now;
    denial->vias |= bit_of(frame);
    if (asked) {
        denial->asked = true;
        (void)snprintf(denial->reason, sizeof denial->reason, "%s", frame->text);
    } else {
        denial->count += frame->up ? frame->up : 1;
    }
    return is_new || asked || again ? denial : NULL;
}

bool denial_is_of_host(const struct denial *denial)
{
    return !*denial->fault && (denial->vias & ~(OF_NAMES | 1U << VIA_TCP)) == 0;
}

void denial_pattern(const struct denial *denial, char out[272 + 8])
{
    const char *open = denial->port && strchr(denial->name, ':') ? "[" : "";
    if (denial->port)
        (void)snprintf(out, 272 + 8, "%s%s%s:%u", open, denial->name, *open ? "]" : "",
                       denial->port);
    else
        (void)snprintf(out, 272 + 8, "%s", denial->name);
}

void denied_answer(struct denied *denied, const struct host_pattern *pattern)
{
    for (size_t i = denied->count; i-- > 0;) {
        char text[272 + 8];
        struct host_pattern wanted;
        denial_pattern(&denied->list[i], text);
        /* What would be denied by it is what is allowed by it, but for the ports. */
        if (!denial_is_of_host(&denied->list[i]) ||
            parse_host_pattern(text, &wanted, NULL) < 0 || pattern->port != wanted.port ||
            !pattern_denies_all(pattern, &wanted))
            continue;
        denied->count--;
        memmove(&denied->list[i], &denied->list[i + 1],
                (denied->count - i) * sizeof denied->list[0]);
    }
}

/* --- as text ------------------------------------------------------------------------------ */

static int print_text(struct buf *out, const char *text)
{
    int failed = buf_puts(out, "\"");
    for (; *text; text++)
        failed |= buf_printf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    return failed | buf_puts(out, "\"");
}

int denial_print(const struct denial *denial, const char *by_hand, struct buf *out)
{
    char pattern[272 + 8];
    const char *before = "";
    denial_pattern(denial, pattern);
    int failed = buf_printf(out, "{\"host\": \"%s\", \"via\": [", pattern);
    for (unsigned via = 0; via < VIAS; via++) {
        if (!(denial->vias >> via & 1))
            continue;
        failed |= buf_printf(out, "%s\"%s\"", before, gate_via_name((enum gate_via)via));
        before = ", ";
    }
    failed |= buf_printf(out, "], \"count\": %llu, \"first\": %llu, \"last\": %llu",
                         (unsigned long long)denial->count, (unsigned long long)denial->first,
                         (unsigned long long)denial->last);
    if (denial_is_of_host(denial))
        failed |= buf_printf(out, ", \"allow\": \"%s\"", pattern);
    if (denial->denied)
        failed |= buf_puts(out, ", \"denied\": ") | print_text(out, denial->denied);
    if (by_hand)
        failed |= buf_printf(out, ", \"by_hand\": \"%s\"", by_hand);
    if (denial->asked)
        failed |=
            buf_puts(out, ", \"asked\": true, \"reason\": ") | print_text(out, denial->reason);
    if (*denial->fault)
        failed |= buf_puts(out, ", \"fault\": ") | print_text(out, denial->fault);
    return failed | buf_puts(out, "}");
}

void denial_log(const struct denial *denial, enum gate_via via)
{
    char line[512], when[32], pattern[272 + 8];
    time_t now = time(NULL);
    struct tm utc;
    struct stat st;
    cleanup_fd int fd =
        open(BOX_DENIED, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || fstat(fd, &st) < 0 || !gmtime_r(&now, &utc) ||
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return;
    if (st.st_size > DENIED_FILE_MAX && ftruncate(fd, 0) < 0)
        return;
    denial_pattern(denial, pattern);
    int length = snprintf(line, sizeof line, "%s %s %s\n", when, gate_via_name(via),
                          *denial->name ? pattern : "-");
    if (length > 0 && (size_t)length < sizeof line)
        (void)write_all(fd, line, (size_t)length);
}
