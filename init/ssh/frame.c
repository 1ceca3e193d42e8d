/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/frame.h"

#define SESSION_BIND "session-bind@openssh.com"
#define QUERY        "query"

size_t frame_size(const uint8_t *bytes, size_t length)
{
    if (length < FRAME_LENGTH)
        return FRAME_LENGTH;
    size_t size = wire_peek(bytes);
    return size >= 1 && size <= FRAME_MAX ? FRAME_LENGTH + size : 0;
}

/* --- requests ---------------------------------------------------------------------------- */

static bool is_sign(struct bytes rest, struct request *request)
{
    uint32_t flags; /* which hash for RSA: the client's business and the agent's */
    return wire_string(&rest, &request->key) && wire_string(&rest, &request->data) &&
           wire_number(&rest, &flags) && rest.length == 0;
}

static bool is_bind(struct bytes rest, struct request *request)
{
    return wire_string(&rest, &request->host_key) && wire_string(&rest, &request->session) &&
           wire_skip(&rest, 1) && wire_boolean(&rest, &request->forwarding) && rest.length == 0;
}

static enum request_kind extension(struct bytes rest, struct request *request)
{
    struct bytes name;
    if (!wire_string(&rest, &name))
        return REQUEST_REFUSED;
    if (bytes_are(name, SESSION_BIND) && is_bind(rest, request))
        return REQUEST_BIND;
    return bytes_are(name, QUERY) && rest.length == 0 ? REQUEST_QUERY : REQUEST_REFUSED;
}

static enum request_kind judge(struct bytes frame, struct request *request)
{
    uint8_t type;
    if (!wire_byte(&frame, &type))
        return REQUEST_REFUSED;
    if (type == AGENT_REQUEST_IDENTITIES && frame.length == 0)
        return REQUEST_LIST;
    if (type == AGENT_SIGN_REQUEST && is_sign(frame, request))
        return REQUEST_SIGN;
    return type == AGENT_EXTENSION ? extension(frame, request) : REQUEST_REFUSED;
}

void frame_request(struct bytes frame, struct request *request)
{
    struct request read = {.kind = REQUEST_REFUSED};
    *request = read;
    read.kind = judge(frame, &read);
    if (read.kind != REQUEST_REFUSED)
        *request = read;
}

/* --- answers ----------------------------------------------------------------------------- */

static bool is_list(struct bytes rest)
{
    uint32_t count;
    if (!wire_number(&rest, &count))
        return false;
    /* Two strings an identity have eight bytes at least: a count that is a lie ends soon. */
    for (; count > 0; count--)
        if (!wire_skip(&rest, 2))
            return false;
    return rest.length == 0;
}

static bool is_signature(struct bytes rest)
{
    return wire_skip(&rest, 1) && rest.length == 0;
}

/* Names of extensions up to the end, behind the one that is answered where there is a type of
 * its own for that (RFC 9987; the drafts before it had none). */
static bool is_names(struct bytes rest)
{
    while (rest.length > 0)
        if (!wire_skip(&rest, 1))
            return false;
    return true;
}

bool frame_answers(enum request_kind asked, struct bytes frame)
{
    uint8_t type;
    if (asked == REQUEST_REFUSED || !wire_byte(&frame, &type))
        return false;
    switch (type) {
    case AGENT_FAILURE:
        return frame.length == 0;
    case AGENT_IDENTITIES_ANSWER:
        return asked == REQUEST_LIST && is_list(frame);
    case AGENT_SIGN_RESPONSE:
        return asked == REQUEST_SIGN && is_signature(frame);
    case AGENT_EXTENSION_FAILURE:
        return (asked == REQUEST_BIND || asked == REQUEST_QUERY) && frame.length == 0;
    case AGENT_SUCCESS:
        return (asked == REQUEST_BIND && frame.length == 0) ||
               (asked == REQUEST_QUERY && is_names(frame));
    case AGENT_EXTENSION_RESPONSE:
        return asked == REQUEST_QUERY && is_names(frame);
    default:
        return false;
    }
}
