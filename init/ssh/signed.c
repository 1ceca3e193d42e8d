/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/signed.h"

#include <string.h>

enum { USERAUTH_REQUEST = 50 }; /* RFC 4252 6 */

static bool is_login(struct bytes data, struct signed_data *out)
{
    uint8_t type;
    bool has_signature;
    struct bytes method, algorithm;
    if (!wire_string(&data, &out->session) || !wire_byte(&data, &type) ||
        type != USERAUTH_REQUEST || !wire_string(&data, &out->user) ||
        !wire_string(&data, &out->service) || !wire_string(&data, &method) ||
        !wire_boolean(&data, &has_signature) || !has_signature ||
        !wire_string(&data, &algorithm) || !wire_string(&data, &out->key))
        return false;
    if (bytes_are(method, "publickey-hostbound-v00@openssh.com"))
        return wire_string(&data, &out->host_key) && data.length == 0;
    return bytes_are(method, "publickey") && data.length == 0;
}

static bool is_message(struct bytes data, struct signed_data *out)
{
    static const char magic[] = {'S', 'S', 'H', 'S', 'I', 'G'};
    if (data.length < sizeof magic || memcmp(data.data, magic, sizeof magic) != 0)
        return false;
    data.data += sizeof magic;
    data.length -= sizeof magic;
    /* reserved, which hash, and that of the message */
    return wire_string(&data, &out->namespace) && out->namespace.length > 0 &&
           wire_skip(&data, 3) && data.length == 0;
}

void signed_parse(struct bytes data, struct signed_data *out)
{
    *out = (struct signed_data){.kind = SIGNED_OTHER};
    if (is_login(data, out)) {
        out->kind = SIGNED_LOGIN;
        return;
    }
    *out = (struct signed_data){.kind = SIGNED_OTHER};
    if (is_message(data, out))
        out->kind = SIGNED_MESSAGE;
    else
        *out = (struct signed_data){.kind = SIGNED_OTHER};
}
