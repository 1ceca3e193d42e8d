/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "plugin/engine/curl.h"
#include "shared/cleanup.h"

enum { IDLE_MS = 1000 };

/* A request under way. */
struct http_transfer {
    struct http_exchange *exchange;
    CURL *easy;
    struct curl_slist *headers;
    char message[CURL_ERROR_SIZE]; /* libcurl's words about a failure */
    struct error error;
    bool failed; /* a source or sink has filled in error */
    bool done;
    CURLcode code;
};

struct http *http_open(const struct endpoint *endpoint, struct error *err)
{
    if (curl_load(endpoint, err) < 0)
        return NULL;
    struct http *http = calloc(1, sizeof *http);
    if (http) {
        http->endpoint = endpoint;
        http->door.fd = -1;
        http->multi = curl.multi_init();
    }
    if (!http || !http->multi) {
        free(http);
        error_set(err, "out of memory");
        return NULL;
    }
    return http;
}

/* Before its end this closes the connection, which the engine notices. */
static void transfer_free(struct http *http, struct http_transfer *transfer)
{
    if (!transfer)
        return;
    if (transfer->easy) {
        (void)curl.multi_remove_handle(http->multi, transfer->easy);
        curl.easy_cleanup(transfer->easy);
    }
    curl.slist_free_all(transfer->headers);
    free(transfer);
}

void http_close(struct http **http)
{
    struct http *old = take_ptr(*http);
    if (!old)
        return;
    transfer_free(old, old->background);
    curl.multi_cleanup(old->multi);
    free(old);
}

/* --- libcurl's callbacks -------------------------------------------------------------- */

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    static const char name[] = "Api-Version:";
    struct http_transfer *transfer = data;
    size_t length = size * count, at = sizeof name - 1;
    if (length > at && strncasecmp(bytes, name, at) == 0) {
        while (at < length && bytes[at] == ' ')
            at++;
        size_t n = 0;
        char *out = transfer->exchange->api_version;
        while (at < length && n + 1 < sizeof transfer->exchange->api_version &&
               strchr("0123456789.", bytes[at]) && bytes[at] != '\0')
            out[n++] = bytes[at++];
        out[n] = '\0';
    }
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct http_transfer *transfer = data;
    struct http_exchange *exchange = transfer->exchange;
    size_t length = size * count;
    if (exchange->status == 0)
        curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (exchange->sink && exchange->status < 400) {
        if (exchange->sink(exchange->data, bytes, length, &transfer->error) == 0)
            return length;
    } else {
        if (buf_append(&exchange->reply, bytes, length) == 0)
            return length;
        error_set(&transfer->error, "the engine's answer is too large: more than %zu MiB",
                  exchange->reply.max >> 20);
    }
    transfer->failed = true;
    return length + 1; /* any other number ends the transfer */
}

static size_t on_source(char *bytes, size_t size, size_t count, void *data)
{
    struct http_transfer *transfer = data;
    struct http_exchange *exchange = transfer->exchange;
    long n = exchange->source(exchange->data, bytes, size * count, &transfer->error);
    if (n >= 0)
        return (size_t)n;
    transfer->failed = true;
    return CURL_READFUNC_ABORT;
}

/* --- one transfer --------------------------------------------------------------------- */

static struct curl_slist *add_header(struct curl_slist *list, const char *header, bool *failed)
{
    struct curl_slist *longer = curl.slist_append(list, header);
    if (!longer)
        *failed = true;
    return longer ? longer : list;
}

static struct curl_slist *make_headers(const struct http_exchange *exchange, bool *failed)
{
    struct curl_slist *list = NULL;
    list = add_header(list, "User-Agent: claudex", failed);
    list = add_header(list, "Expect:", failed); /* no round trip before a body */
    char type[128] = "Content-Type:";           /* without a value: not sent */
    if (exchange->content_type)
        (void)snprintf(type, sizeof type, "Content-Type: %s", exchange->content_type);
    list = add_header(list, type, failed);
    if (exchange->source)
        list = add_header(list, "Transfer-Encoding: chunked", failed);
    for (size_t i = 0; exchange->headers && exchange->headers[i]; i++)
        list = add_header(list, exchange->headers[i], failed);
    return list;
}

static CURLcode prepare_exchange(struct http_transfer *transfer)
{
    struct http_exchange *exchange = transfer->exchange;
    CURL *easy = transfer->easy;
    CURLcode failed = curl.easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    failed |= curl.easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    failed |= curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    failed |= curl.easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    failed |= curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    failed |= curl.easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (exchange->source) {
        failed |= curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        failed |= curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_source);
        failed |= curl.easy_setopt(easy, CURLOPT_READDATA, transfer);
    } else if (strcmp(exchange->method, "HEAD") == 0) {
        failed |= curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(exchange->method, "GET") != 0) {
        failed |=
            curl.easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body ? exchange->body : "");
        failed |= curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                   (curl_off_t)exchange->body_length);
    }
    failed |= curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
    return failed;
}

static struct http_transfer *transfer_start(struct http *http, struct http_exchange *exchange,
                                            struct error *err)
{
    struct http_transfer *transfer = calloc(1, sizeof *transfer);
    bool failed = false;
    exchange->status = 0;
    exchange->api_version[0] = '\0';
    if (!transfer || !(transfer->easy = curl.easy_init())) {
        free(transfer);
        error_set(err, "out of memory");
        return NULL;
    }
    transfer->exchange = exchange;
    transfer->headers = make_headers(exchange, &failed);
    if (curl_prepare(http, transfer->easy, exchange->path, transfer->message, err) == 0) {
        if (!failed && prepare_exchange(transfer) == CURLE_OK &&
            curl.multi_add_handle(http->multi, transfer->easy) == CURLM_OK)
            return transfer;
        error_set(err, "libcurl takes no request");
    }
    transfer_free(http, transfer);
    return NULL;
}

/* Moves all that is under way a step on, and notes what has ended. */
static int step(struct http *http, struct error *err)
{
    int running, left;
    if (curl.multi_perform(http->multi, &running) != CURLM_OK)
        return error_set(err, "libcurl cannot go on");
    for (CURLMsg *message; (message = curl.multi_info_read(http->multi, &left));) {
        struct http_transfer *ended = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&ended);
        ended->done = true;
        ended->code = code;
    }
    return 0;
}

static void tick(const struct http_exchange *exchange, struct timespec *last)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == last->tv_sec)
        return;
    *last = now;
    exchange->idle(exchange->data);
}

static int transfer_wait(struct http *http, struct http_transfer *transfer, struct error *err)
{
    struct timespec last = {0};
    while (!transfer->done) {
        if (cancel_pending())
            return cancel_error(err);
        if (step(http, err) < 0)
            return -1;
        if (transfer->done)
            break;
        if (transfer->exchange->idle)
            tick(transfer->exchange, &last);
        struct curl_waitfd waits[] = {{.fd = cancel_descriptor(), .events = CURL_WAIT_POLLIN},
                                      {.fd = http->door.fd, .events = CURL_WAIT_POLLIN}};
        unsigned count = http->door.fd >= 0 ? array_length(waits) : 1;
        (void)curl.multi_poll(http->multi, waits, count, IDLE_MS, NULL);
        if (count > 1 && waits[1].revents &&
            ssh_door_answer(&http->door, http->endpoint->address, err) < 0)
            return -1;
    }
    if (transfer->failed) {
        *err = transfer->error;
        return -1;
    }
    if (transfer->code != CURLE_OK)
        return curl_explain(http, transfer->code, transfer->message, err);
    curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->exchange->status);
    return 0;
}

int http_exchange(struct http *http, struct http_exchange *exchange, struct error *err)
{
    bool door = http->endpoint->kind == ENDPOINT_SSH;
    if (door && ssh_door_open(&http->door, err) < 0)
        return -1;
    struct http_transfer *transfer = transfer_start(http, exchange, err);
    int result = transfer ? transfer_wait(http, transfer, err) : -1;
    transfer_free(http, transfer);
    if (door)
        ssh_door_close(&http->door);
    return result;
}

int http_begin(struct http *http, struct http_exchange *exchange, struct error *err)
{
    http->background = transfer_start(http, exchange, err);
    return http->background ? step(http, err) : -1;
}

int http_end(struct http *http, struct error *err)
{
    int result = transfer_wait(http, http->background, err);
    transfer_free(http, take_ptr(http->background));
    return result;
}
