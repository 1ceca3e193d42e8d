/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/host.h"

#include <arpa/inet.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/parse.h"

bool host_name(const uint8_t *bytes, size_t length, char name[HOST_NAME_SIZE])
{
    if (length < 1 || length >= HOST_NAME_SIZE || memchr(bytes, '\0', length))
        return false;
    for (size_t i = 0; i < length; i++)
        name[i] = to_lower((char)bytes[i]);
    name[length] = '\0';
    return is_host_name(name);
}

static bool parse_literal(int family, const char *text, size_t length, struct host *host)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (length >= sizeof copy || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    host->literal = inet_pton(family, copy, address) == 1 &&
                    inet_ntop(family, address, host->name, sizeof host->name);
    return host->literal;
}

/* ":8080", or nothing. */
static bool parse_host_port(const char *text, size_t length, uint16_t *port)
{
    uint64_t value;
    char digits[6];
    *port = 0;
    if (length == 0)
        return true;
    /* No "080": nobody writes it, and who would read it as what? */
    if (text[0] != ':' || length < 2 || length > sizeof digits || text[1] == '0')
        return false;
    memcpy(digits, text + 1, length - 1);
    digits[length - 1] = '\0';
    if (strlen(digits) != length - 1 || parse_number(digits, 1, UINT16_MAX, &value) < 0)
        return false;
    *port = (uint16_t)value;
    return true;
}

bool host_authority(const char *text, size_t length, struct host *host)
{
    const char *end = text + length, *colon;
    host->literal = false;
    if (length > 0 && text[0] == '[') {
        const char *bracket = memchr(text, ']', length);
        return bracket &&
               parse_literal(AF_INET6, text + 1, (size_t)(bracket - text - 1), host) &&
               parse_host_port(bracket + 1, (size_t)(end - bracket - 1), &host->port);
    }
    colon = memchr(text, ':', length);
    size_t size = colon ? (size_t)(colon - text) : length;
    if (!parse_host_port(text + size, length - size, &host->port))
        return false;
    if (parse_literal(AF_INET, text, size, host))
        return true;
    if (size > 0 && text[size - 1] == '.')
        size--;
    return host_name((const uint8_t *)text, size, host->name);
}
