/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The head of an HTTP/1.x answer (RFC 9112, 2 to 6), for the one exchange that libcurl cannot
 * do: the upgrade of a connection to a raw stream. Pure.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_HEAD_H
#define CLAUDEX_PLUGIN_ENGINE_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HEAD_MAX = 16 * 1024 };

struct http_head {
    int status;          /* 100 … 599 */
    long content_length; /* -1: not said */
    bool chunked;
};

/* How many bytes the head has, its empty line included; 0 while it is incomplete. */
size_t http_head_length(const char *bytes, size_t length);

/* A complete head. 0, or -1 if it is none. */
int http_head_parse(const char *bytes, size_t length, struct http_head *head);

#endif
