/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/http_head.c init/net/http_request.c init/net/http_fields.c init/net/host.c */
/*
 * A client's side of a connection. What becomes of it is the same in whatever segments it
 * comes; a host is a name or an address; what is held back ever fits the caller's buffer. The
 * same bytes as a server's answer.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/http_head.h"
#include "shared/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

/* What became of it: how much passed, and a sum over what was said about it. */
struct outcome {
    size_t passed, requests;
    uint64_t hosts;
    enum http_verdict last;
    int status;
};

static void note_request(struct outcome *outcome, const struct http_request *request)
{
    uint8_t address[16];
    const char *name = request->host.name;
    must(request->host.port != 0 && !(request->chunked && request->body > 0));
    must(request->host.literal
             ? inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1
             : is_host_name(name));
    outcome->requests++;
    for (; *name != '\0'; name++)
        outcome->hosts = (outcome->hosts ^ (uint8_t)*name) * 0x100000001b3U;
    outcome->hosts += request->upgrade;
}

/* Without what must not pass, it is a head that says the same, and of which all may pass. */
static void note_rest(const uint8_t *data, size_t size, const struct http_request *request)
{
    struct http_request again;
    uint8_t *rest = malloc(size);
    must(rest != NULL && request->dropped_at + request->dropped <= size);
    must(request->dropped == 0 || !request->upgrade);
    size_t left = size - request->dropped;
    memcpy(rest, data, request->dropped_at);
    memcpy(rest + request->dropped_at, data + request->dropped_at + request->dropped,
           left - request->dropped_at);
    must(http_read_head((const char *)rest, left, &again) == 0 && again.dropped == 0);
    must(again.upgrade == request->upgrade && again.body == request->body &&
         again.chunked == request->chunked && strcmp(again.host.name, request->host.name) == 0);
    free(rest);
}

/* Of a copy, so that the sanitizer sees a byte too many. */
static enum http_verdict feed(struct http_stream *stream, const uint8_t *data, size_t size,
                              size_t *used, struct http_request *request)
{
    uint8_t *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy + 1, data, size);
    enum http_verdict verdict = http_feed(stream, copy + 1, size, used, request);
    free(copy);
    must(*used <= size);
    must(verdict == HTTP_FEED_REQUEST || verdict == HTTP_FEED_BODY ||
         verdict == HTTP_FEED_TUNNEL || *used == 0);
    must(verdict != HTTP_FEED_MORE || size < HTTP_HEAD_MAX);
    return verdict;
}

static struct outcome run(const uint8_t *data, size_t size, size_t step, bool switching)
{
    struct http_stream stream = {0};
    struct http_request request;
    struct outcome outcome = {.passed = 0};
    size_t to = 0, used;
    for (;;) {
        outcome.last =
            feed(&stream, data + outcome.passed, to - outcome.passed, &used, &request);
        outcome.passed += used;
        if (outcome.last == HTTP_FEED_REQUEST) {
            note_request(&outcome, &request);
            note_rest(data + outcome.passed - used, used, &request);
        }
        if (outcome.last == HTTP_FEED_HOLD)
            http_answered(&stream, switching);
        if (outcome.last == HTTP_FEED_BAD) {
            must(request.status >= 400 && request.status <= 505 && *request.why != '\0');
            outcome.status = request.status;
            return outcome;
        }
        if (outcome.last != HTTP_FEED_MORE && (outcome.last != HTTP_FEED_TUNNEL || used > 0))
            continue;
        if (to == size)
            return outcome;
        to = size - to < step ? size : to + step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool switching = size % 2 == 0;
    size_t step = size > 0 ? data[size - 1] % 61U + 1 : 1;
    struct outcome whole = run(data, size, size, switching);
    struct outcome parts = run(data, size, step, switching);
    must(whole.passed == parts.passed && whole.requests == parts.requests &&
         whole.hosts == parts.hosts && whole.last == parts.last &&
         whole.status == parts.status);
    (void)http_answer(data, size);
    struct http_length answer;
    if (http_read_answer((const char *)data, size, &answer) == 0)
        must(answer.size > 0 && answer.size <= INT64_MAX + (uint64_t)size);
    return 0;
}
