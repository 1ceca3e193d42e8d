/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "plugin/image/trace.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { PARTIAL_MAX = 4096, COLUMNS_DEFAULT = 80 };

void progress_start(struct progress *progress, bool quiet)
{
    const char *term = getenv("TERM");
    *progress = (struct progress){.quiet = quiet, .partial = BUF_INIT(PARTIAL_MAX)};
    progress->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_free(struct progress *progress)
{
    buf_free(&progress->partial);
}

/* --- the line of a step --------------------------------------------------------------- */

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
        return COLUMNS_DEFAULT;
    return size.ws_col;
}

/* " 12 of 80 MB" while layers come in. */
static void pulled(const struct progress *progress, char *out, size_t size)
{
    json_int_t current = 0, total = 0;
    for (size_t i = 0; i < progress->layer_count; i++) {
        current += progress->layers[i].current;
        total += progress->layers[i].total;
    }
    if (total > 0)
        (void)snprintf(out, size, "  %lld of %lld MB", (long long)current / 1000000,
                       (long long)total / 1000000);
    else
        out[0] = '\0';
}

static void draw(const struct progress *progress, bool done)
{
    struct timespec now;
    char bytes[64], tail[128];
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    long seconds = (long)(now.tv_sec - progress->since.tv_sec);
    pulled(progress, bytes, sizeof bytes);
    if (progress->cached)
        (void)snprintf(tail, sizeof tail, "  cached");
    else
        (void)snprintf(tail, sizeof tail, "%s  %ld s", bytes, seconds);
    int room = columns() - (int)strlen(tail) - 1;
    /* \033[K: erase to the end of the line, ECMA-48 8.3.41. */
    dprintf(STDERR_FILENO, "\r%.*s%s\033[K%s", room, progress->what, tail, done ? "\n" : "");
}

void progress_end(struct progress *progress)
{
    if (progress->what[0] && progress->terminal && !progress->quiet)
        draw(progress, true);
    progress->what[0] = '\0';
    progress->cached = false;
    progress->layer_count = 0;
}

void progress_step(struct progress *progress, const char *what)
{
    progress_end(progress);
    (void)snprintf(progress->what, sizeof progress->what, "%s", what);
    (void)clock_gettime(CLOCK_MONOTONIC, &progress->since);
    if (progress->quiet)
        return;
    if (progress->terminal)
        draw(progress, false);
    else
        dprintf(STDERR_FILENO, "%s\n", progress->what);
}

void progress_tick(struct progress *progress)
{
    if (progress->what[0] && progress->terminal && !progress->quiet)
        draw(progress, false);
}

/* --- the log -------------------------------------------------------------------------- */

/* Leaves out what only draws: CSI sequences (ECMA-48 5.4), and what a lone CR overwrote. */
static size_t strip(char *text, size_t length)
{
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\033' && i + 1 < length && text[i + 1] == '[') {
            for (i += 2; i < length && (text[i] < '@' || text[i] > '~'); i++)
                continue;
        } else if (text[i] == '\r' && i + 1 < length) {
            out = 0;
        } else if (text[i] != '\r') {
            text[out++] = text[i];
        }
    }
    return out;
}

/* A Dockerfile's continued lines have wide gaps. */
static void squeeze(char *text)
{
    char *out = text;
    for (const char *at = text; *at; at++)
        if (*at != ' ' || at[1] != ' ')
            *out++ = *at;
    *out = '\0';
}

static void step_line(struct progress *progress, const char *text)
{
    /* "Step 3/25 : RUN scripts/deps init" */
    unsigned number, count;
    int at = 0;
    char what[PROGRESS_LINE_MAX];
    if (sscanf(text, "Step %u/%u : %n", &number, &count, &at) < 2 || at == 0)
        return;
    (void)snprintf(what, sizeof what, "[%u/%u] %s", number, count, text + at);
    squeeze(what);
    progress_step(progress, what);
}

/* What the classic builder says of itself is shown as steps, and is no part of the log. */
static bool is_builders(struct progress *progress, const char *line)
{
    if (strncmp(line, "Step ", 5) == 0)
        step_line(progress, line);
    else if (strcmp(line, " ---> Using cache") == 0)
        progress->cached = true;
    else
        return strncmp(line, " ---> ", 6) == 0;
    return true;
}

static void add_line(struct progress *progress, char *text, size_t length)
{
    char *line = progress->lines[progress->line_count % PROGRESS_LINES];
    length = strip(text, length);
    if (length == 0)
        return;
    char whole[PROGRESS_LINE_MAX];
    term_quote(whole, sizeof whole, text, length);
    if (is_builders(progress, whole))
        return;
    memcpy(line, whole, sizeof whole);
    progress->line_count++;
    if (progress->line)
        progress->line(progress->data, line);
}

static void add_text(struct progress *progress, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool ended = text[length] == '\n';
        size_t room = PARTIAL_MAX - progress->partial.length;
        /* What is too long for a line is cut. */
        (void)buf_append(&progress->partial, text, length < room ? length : room);
        text += length + ended;
        if (!ended)
            return;
        if (progress->partial.length > 0)
            add_line(progress, progress->partial.data, progress->partial.length);
        buf_clear(&progress->partial);
    }
}

void progress_print_log(const struct progress *progress)
{
    size_t count = progress->line_count, first = 0;
    if (count > PROGRESS_LINES)
        first = count - PROGRESS_LINES;
    for (size_t i = first; i < count; i++)
        dprintf(STDERR_FILENO, "  | %s\n", progress->lines[i % PROGRESS_LINES]);
}

/* --- the engine's objects ------------------------------------------------------------- */

static void layer_object(struct progress *progress, const char *id, const json_t *detail)
{
    size_t i = 0;
    while (i < progress->layer_count && strcmp(progress->layers[i].id, id) != 0)
        i++;
    if (i == PROGRESS_LAYERS_MAX || strlen(id) >= sizeof progress->layers[i].id)
        return;
    struct layer *layer = &progress->layers[i];
    if (i == progress->layer_count) {
        progress->layer_count++;
        *layer = (struct layer){0};
        memcpy(layer->id, id, strlen(id) + 1);
    }
    json_int_t total = json_integer_value(json_object_get(detail, "total"));
    layer->current = json_integer_value(json_object_get(detail, "current"));
    if (total > layer->total)
        layer->total = total;
}

/* --- BuildKit's ----------------------------------------------------------------------- */

static void on_step(void *data, const char *name, size_t length, bool cached)
{
    static const char *const inner[] = {"[internal]", "copy /context"};
    struct progress *progress = data;
    char what[PROGRESS_LINE_MAX];
    term_quote(what, sizeof what, name, length);
    squeeze(what);
    for (size_t i = 0; i < array_length(inner); i++)
        if (strncmp(what, inner[i], strlen(inner[i])) == 0)
            return;
    progress_step(progress, what);
    progress->cached = cached;
}

/* Of several steps at once, whose lines may come in pieces. */
static void on_log(void *data, const char *bytes, size_t length)
{
    cleanup_free char *text = strndup(bytes, length);
    if (text)
        add_text(data, text);
}

int progress_object(void *data, const json_t *object, struct error *err)
{
    struct progress *progress = data;
    const json_t *detail = json_object_get(object, "errorDetail");
    const char *stream = json_string_value(json_object_get(object, "stream"));
    const char *id = json_string_value(json_object_get(object, "id"));
    const char *status = json_string_value(json_object_get(object, "status"));
    const char *error = json_string_value(json_object_get(detail, "message"));
    const char *aux = json_string_value(json_object_get(object, "aux"));
    const char *built =
        json_string_value(json_object_get(json_object_get(object, "aux"), "ID"));
    if (!error)
        error = json_string_value(json_object_get(object, "error"));
    const struct trace_events events = {on_step, on_log, progress};
    if (stream)
        add_text(progress, stream);
    if (id && aux && strcmp(id, "moby.buildkit.trace") == 0 && trace_read(aux, &events) < 0)
        return error_set(err, "what the engine says of the build is not understood; "
                              "DOCKER_BUILDKIT=0 chooses its other builder");
    if (built)
        (void)snprintf(progress->id, sizeof progress->id, "%s", built);
    if (id && status && strcmp(status, "Downloading") == 0)
        layer_object(progress, id, json_object_get(object, "progressDetail"));
    if (error) {
        char text[ERROR_TEXT_MAX / 2];
        term_quote(text, sizeof text, error, strlen(error));
        error_set(&progress->failure, "%s", text);
    }
    return 0;
}

void progress_advise(const struct progress *progress, struct error *err)
{
    static const struct {
        const char *sign, *advice;
    } known[] = {
        {"no space left on device", "free space: docker system prune"},
        {"ENOSPC", "free space: docker system prune"},
        /* runc, which then lacks the word for it */
        {"unable to store init state", "is the engine's disk full? docker system prune"},
        {"SELF_SIGNED_CERT", "is there a private authority? name it: --ca-certificate FILE"},
        {"certificate verif", "is there a private authority? name it: --ca-certificate FILE"},
        {"unable to get local issuer",
         "is there a private authority? name it: --ca-certificate FILE"},
        {"Temporary failure resolving", "is there a network? behind a proxy set HTTPS_PROXY"},
        {"Could not resolve host", "is there a network? behind a proxy set HTTPS_PROXY"},
        {"Unable to locate package", "is there a network? behind a proxy set HTTPS_PROXY"},
        {"No matching version found", "npm has no such version; docker claudex update takes "
                                      "the newest"},
        {"Failed to fetch", "is there a network? behind a proxy set HTTPS_PROXY"},
        {"EAI_AGAIN", "is there a network? behind a proxy set HTTPS_PROXY"},
    };
    for (size_t k = 0; k < array_length(known); k++) {
        bool seen = strcasestr(err->text, known[k].sign) != NULL;
        for (size_t i = 0; i < PROGRESS_LINES && !seen; i++)
            seen = strcasestr(progress->lines[i], known[k].sign) != NULL;
        if (!seen)
            continue;
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof err->text - used, "\n%s", known[k].advice);
        return;
    }
}
