/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/http_request.h"

#include <http_parser.h>
#include <string.h>

#include "init/net/http_fields.h"
#include "shared/ascii.h"
#include "shared/cleanup.h"

/* What is found out about a head while its fields go by. */
struct head {
    struct http_text method, target, version;
    unsigned hosts, lengths, codings, upgrades; /* how often each field is there */
    struct http_text content_length;
    struct http_text upgrade_line;
    struct http_text line;   /* the one that is looked at */
    bool connection_upgrade; /* Connection: upgrade */
    bool tunnel;             /* Upgrade: to what stays with its host */
    struct http_request *request;
};

static int refuse(struct head *head, int status, const char *why)
{
    head->request->status = status;
    head->request->why = why;
    return -1;
}

static int field_host(struct head *head, struct http_text value)
{
    if (++head->hosts > 1)
        return refuse(head, 400, "two Host fields");
    if (!host_authority(value.at, value.length, &head->request->host))
        return refuse(head, 400, "a Host that is none");
    return 0;
}

/* Digits as everybody reads them, the same number in 63 bits, in decimal and in octal. */
static int field_content_length(struct head *head, struct http_text value)
{
    bool digits =
        value.length > 0 && value.length <= 18 && (value.length == 1 || value.at[0] != '0');
    for (size_t i = 0; i < value.length; i++)
        digits = digits && is_digit(value.at[i]);
    if (!digits)
        return refuse(head, 400, "a malformed Content-Length");
    if (++head->lengths > 1)
        return refuse(head, 400, "two Content-Length fields");
    return 0;
}

static int field_transfer_encoding(struct head *head, struct http_text value)
{
    if (++head->codings > 1)
        return refuse(head, 400, "two Transfer-Encoding fields");
    if (!http_is(value, "chunked"))
        return refuse(head, 501, "a transfer coding other than chunked");
    return 0;
}

/* A proxy behind us would remove the fields that are listed here. */
static int field_connection(struct head *head, struct http_text value)
{
    static const char *const kept[] = {"host", "content-length", "transfer-encoding"};
    struct http_text option;
    while (http_next_element(&value, &option)) {
        if (http_is(option, "upgrade"))
            head->connection_upgrade = true;
        for (size_t i = 0; i < array_length(kept); i++)
            if (http_is(option, kept[i]))
                return refuse(head, 400, "a Connection option that hides a field");
    }
    return 0;
}

static int field_upgrade(struct head *head, struct http_text value)
{
    static const char *const tunnels[] = {"websocket"};
    struct http_text protocol;
    if (++head->upgrades > 1)
        return refuse(head, 400, "two Upgrade fields");
    head->upgrade_line = head->line;
    head->tunnel = value.length > 0;
    while (http_next_element(&value, &protocol)) {
        bool known = false;
        for (size_t i = 0; i < array_length(tunnels); i++)
            known |= http_is(protocol, tunnels[i]);
        head->tunnel &= known;
    }
    return 0;
}

static int field_expect(struct head *head, struct http_text value)
{
    if (!http_is(value, "100-continue"))
        return refuse(head, 417, "an expectation other than 100-continue");
    return 0;
}

/* What decides for whom a request is and where it ends. */
static const struct {
    const char *name;
    int (*check)(struct head *head, struct http_text value);
    bool framing; /* says where a request ends or for whom it is: has no place in a trailer */
} fields[] = {
    {"host", field_host, true},
    {"content-length", field_content_length, true},
    {"transfer-encoding", field_transfer_encoding, true},
    {"connection", field_connection, false},
    {"upgrade", field_upgrade, false},
    {"expect", field_expect, false},
};

/* As CGI and its kin see it, to whom Content_Length and Content-Length are one. */
static bool looks_like(struct http_text name, const char *word)
{
    if (strlen(word) != name.length)
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (to_lower(name.at[i]) != word[i] && (name.at[i] != '_' || word[i] != '-'))
            return false;
    return true;
}

static int check_fields(struct head *head, struct http_text lines, bool trailer)
{
    while (lines.length > 0) {
        struct http_text line = http_next_line(&lines);
        struct http_field field;
        if (!http_field(line, &field))
            return refuse(head, 400, "a malformed field");
        for (size_t i = 0; i < array_length(fields); i++) {
            if (!looks_like(field.name, fields[i].name))
                continue;
            if (trailer ? fields[i].framing : !http_is(field.name, fields[i].name))
                return refuse(head, 400, "a field that only some would see");
            head->line = line;
            if (!trailer && fields[i].check(head, field.value) < 0)
                return -1;
        }
    }
    return 0;
}

static bool is_version(const struct head *head, const char *version)
{
    return head->version.length == strlen(version) &&
           memcmp(head->version.at, version, head->version.length) == 0;
}

/* method SP target SP version (RFC 9112 3), with no blank more. */
static int check_request_line(struct head *head, struct http_text line)
{
    const char *end = line.at + line.length;
    const char *first = memchr(line.at, ' ', line.length),
               *last = memrchr(line.at, ' ', line.length);
    if (!first || last - first < 2 || first == line.at || end - last < 6 ||
        memcmp(last + 1, "HTTP/", 5) != 0)
        return refuse(head, 400, "no request line of HTTP/1");
    head->method = (struct http_text){.at = line.at, .length = (size_t)(first - line.at)};
    head->target = (struct http_text){.at = first + 1, .length = (size_t)(last - first - 1)};
    head->version = (struct http_text){.at = last + 1, .length = (size_t)(end - last - 1)};
    if (memchr(head->target.at, ' ', head->target.length) || memchr(line.at, '\t', line.length))
        return refuse(head, 400, "no request line of HTTP/1");
    if (!is_version(head, "HTTP/1.1") && !is_version(head, "HTTP/1.0"))
        return refuse(head, 505, "another version than HTTP/1.1 and HTTP/1.0");
    return 0;
}

/* "http://" authority [path]: where the authority is not what Host says, servers differ in
 * whom they believe (RFC 9112 3.2.2). */
static int check_absolute(struct head *head)
{
    static const char scheme[] = "http://";
    struct http_text start = {.at = head->target.at, .length = sizeof scheme - 1};
    if (head->target.length < start.length || !http_is(start, scheme))
        return refuse(head, 400, "a request target of another kind than a path or http://");
    const char *authority = start.at + start.length;
    size_t length = 0, most = head->target.length - start.length;
    while (length < most && authority[length] != '/' && authority[length] != '?' &&
           authority[length] != '#')
        length++;
    struct host host;
    if (!host_authority(authority, length, &host) ||
        strcmp(host.name, head->request->host.name) != 0 ||
        (host.port ? host.port : 80) !=
            (head->request->host.port ? head->request->host.port : 80))
        return refuse(head, 400, "a request target for another host than Host");
    return 0;
}

static int check_request(struct head *head)
{
    if (head->hosts == 0)
        return refuse(head, 400, "no Host");
    if (head->codings > 0 && (head->lengths > 0 || is_version(head, "HTTP/1.0")))
        return refuse(head, 400, "a body of two lengths");
    bool options = head->method.length == 7 && memcmp(head->method.at, "OPTIONS", 7) == 0;
    if (head->target.at[0] == '/' ||
        (options && head->target.length == 1 && head->target.at[0] == '*'))
        return 0;
    return check_absolute(head);
}

/* --- the same in the eyes of http_parser ---------------------------------------------- */

struct second {
    struct http_text target;
    bool whole;
};

static int on_url(http_parser *parser, const char *at, size_t length)
{
    struct second *second = parser->data;
    second->target = (struct http_text){.at = at, .length = length};
    return 0;
}

/* Non-zero: do not read on into the body. */
static int on_headers_complete(http_parser *parser)
{
    struct second *second = parser->data;
    second->whole = true;
    return 1;
}

/* -1 where it reads the head differently than we did. */
static int second_opinion(struct head *head, const char *bytes, size_t size)
{
    struct second second = {.whole = false};
    http_parser parser;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_headers_complete = on_headers_complete;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &second;
    size_t parsed = http_parser_execute(&parser, &settings, bytes, size);
    enum http_errno error = HTTP_PARSER_ERRNO(&parser);
    if (error == HPE_INVALID_METHOD)
        return refuse(head, 501, "an unknown method");
    if (error != HPE_OK || parsed != size || !second.whole)
        return refuse(head, 400, "a malformed request");
    head->request->head = parser.method == HTTP_HEAD;
    if (parser.method == HTTP_CONNECT)
        return refuse(head, 405, "CONNECT");
    head->request->chunked = head->codings > 0;
    head->request->body = head->lengths > 0 ? parser.content_length : 0;
    if (second.target.at != head->target.at || second.target.length != head->target.length ||
        ((parser.flags & F_CHUNKED) != 0) != (head->codings > 0) ||
        ((parser.flags & F_CONTENTLENGTH) != 0) != (head->lengths > 0))
        return refuse(head, 400, "a request that can be read in two ways");
    return 0;
}

/* A handshake as RFC 6455 4.1 has it. Behind any other the server and we could mean different
 * bytes when we say that the new protocol begins: one with a body may be answered before the
 * body is through. So the field stays here, as it may at any intermediary (RFC 9110 7.8). */
static void check_upgrade(struct head *head, const char *bytes)
{
    struct http_request *request = head->request;
    bool get = head->method.length == 3 && memcmp(head->method.at, "GET", 3) == 0;
    request->upgrade = head->tunnel && head->connection_upgrade && get &&
                       is_version(head, "HTTP/1.1") && !request->chunked && request->body == 0;
    if (head->upgrades == 0 || request->upgrade)
        return;
    request->dropped_at = (size_t)(head->upgrade_line.at - bytes);
    request->dropped = head->upgrade_line.length + 2; /* with its CR LF */
}

/* --- what others call ----------------------------------------------------------------- */

int http_read_head(const char *bytes, size_t size, struct http_request *request)
{
    struct head head = {.request = request};
    struct http_text lines = {.at = bytes, .length = size - 2}; /* the empty line is none */
    *request = (struct http_request){.status = 0};
    if (check_request_line(&head, http_next_line(&lines)) < 0 ||
        check_fields(&head, lines, false) < 0 || second_opinion(&head, bytes, size) < 0 ||
        check_request(&head) < 0)
        return -1;
    if (request->host.port == 0)
        request->host.port = 80;
    check_upgrade(&head, bytes);
    return 0;
}

int http_read_trailer(const char *bytes, size_t size, struct http_request *request)
{
    struct head head = {.request = request};
    struct http_text lines = {.at = bytes, .length = size - 2};
    return check_fields(&head, lines, true);
}

int http_read_answer(const char *bytes, size_t length, struct http_length *answer)
{
    enum { SWITCHING = 101, NO_CONTENT = 204, NOT_MODIFIED = 304 };
    struct second second = {.whole = false};
    http_parser parser;
    http_parser_settings settings;
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end)
        return -1;
    const size_t size = (size_t)(end - bytes) + 4;
    http_parser_settings_init(&settings);
    settings.on_headers_complete = on_headers_complete;
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = &second;
    if (http_parser_execute(&parser, &settings, bytes, size) != size ||
        HTTP_PARSER_ERRNO(&parser) != HPE_OK || !second.whole ||
        parser.status_code == SWITCHING)
        return -1;
    answer->interim = parser.status_code / 100 == 1;
    answer->size = size;
    if (answer->interim || parser.status_code == NO_CONTENT ||
        parser.status_code == NOT_MODIFIED)
        return 0;
    if ((parser.flags & F_CHUNKED) || !(parser.flags & F_CONTENTLENGTH) ||
        parser.content_length > INT64_MAX)
        return -1;
    answer->size += parser.content_length;
    return 0;
}
