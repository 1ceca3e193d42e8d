/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded at first use; inner part of plugin/engine and the only file that includes
 * <curl/curl.h>: included by files of plugin/engine only.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_CURL_H
#define CLAUDEX_PLUGIN_ENGINE_CURL_H

#define CURL_DISABLE_TYPECHECK /* its macros know the linked functions only */
#include <curl/curl.h>
#include <stdbool.h>

#include "plugin/engine/endpoint.h"
#include "plugin/engine/ssh.h"
#include "shared/error.h"

#define CURL_FUNCTIONS(X)                                                                      \
    X(global_init)                                                                             \
    X(easy_init)                                                                               \
    X(easy_cleanup)                                                                            \
    X(easy_setopt)                                                                             \
    X(easy_getinfo)                                                                            \
    X(easy_perform)                                                                            \
    X(easy_send)                                                                               \
    X(easy_recv)                                                                               \
    X(easy_strerror)                                                                           \
    X(multi_init)                                                                              \
    X(multi_cleanup)                                                                           \
    X(multi_add_handle)                                                                        \
    X(multi_remove_handle)                                                                     \
    X(multi_perform)                                                                           \
    X(multi_poll)                                                                              \
    X(multi_info_read)                                                                         \
    X(slist_append)                                                                            \
    X(slist_free_all)

struct curl_functions {
#define X(function) __typeof__(curl_##function) *function;
    CURL_FUNCTIONS(X)
#undef X
};
extern struct curl_functions curl;

struct http_transfer;
struct http {
    const struct endpoint *endpoint;
    CURLM *multi;                     /* holds the connections */
    struct http_transfer *background; /* of http_begin(), until http_end(); or NULL */
    struct ssh_door door;             /* of an ssh endpoint */
};

/* 0 or -1; cheap after the first time. */
int curl_load(const struct endpoint *endpoint, struct error *err);

/* True where the engine's socket or ssh is at the other end, no address. */
bool endpoint_is_dialled(const struct endpoint *endpoint);

/* What every use of a handle shares: URL, connection, TLS. `message` (CURL_ERROR_SIZE) gets
 * libcurl's words for a failure. 0 or -1. */
int curl_prepare(const struct http *http, CURL *easy, const char *path, char *message,
                 struct error *err);

/* Words for a failure, with what helps. Returns -1. */
int curl_explain(const struct http *http, CURLcode code, const char *message,
                 struct error *err);

#endif
