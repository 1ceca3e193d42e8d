/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/cleanup.h"
#include "shared/parse.h"

/* Programs that use inet_aton(3) take a name that ends in a number for an address, and
 * RFC 1123 2.1 promises that no name does. */
static bool is_numeric_label(const char *label)
{
    if (label[0] == '0' && to_lower(label[1]) == 'x')
        return strspn(label + 2, "0123456789abcdefABCDEF") == strlen(label + 2);
    return strspn(label, "0123456789") == strlen(label);
}

bool is_host_name(const char *text)
{
    size_t length = strlen(text), label = 0;
    if (length > 253)
        return false;
    for (size_t i = 0; i <= length; i++) {
        char c = text[i];
        if (is_letter(c) || is_digit(c) || c == '_' || (c == '-' && i > label))
            continue;
        size_t size = i - label;
        if ((c != '.' && c != '\0') || size < 1 || size > 63 || text[i - 1] == '-')
            return false;
        if (c == '.')
            label = i + 1;
    }
    return !is_numeric_label(text + label);
}

/* Why something that people really type is no host, NULL for a plain typing error. */
static const char *host_habit(const char *text)
{
    static const struct {
        const char *has, *why;
    } habits[] = {
        {"://", "a URL; write the host alone, example.com"},
        {"/", "a path; a rule is for a whole host, example.com"},
        {"@", "a user; write the host alone, example.com"},
        {" ", "a blank; write one host a line"},
        {",", "a comma; write one host a line"},
    };
    for (size_t i = 0; i < array_length(habits); i++)
        if (strstr(text, habits[i].has))
            return habits[i].why;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p >= 0x80)
            return "a letter outside ASCII; write the name's xn-- form";
    return NULL;
}

/* Splits ":PORT" off the end; in a bare v6 address no colon is one. */
static int take_port(char *text, uint16_t *port, const char **why)
{
    char *colon = strchr(text, ':');
    if (text[0] == '[') {
        char *end = strchr(text, ']');
        *why = "no ] after [";
        if (!end)
            return -1;
        *end = '\0';
        memmove(text, text + 1, (size_t)(end - text));
        *why = "expected :PORT after ]";
        if (end[1] == '\0')
            return 0;
        if (end[1] != ':')
            return -1;
        colon = end + 1;
    } else if (!colon || strchr(colon + 1, ':')) {
        return 0;
    }
    uint64_t number;
    *colon = '\0';
    *why = "expected a port from 1 to 65535 after the colon";
    if (parse_number(colon + 1, 1, UINT16_MAX, &number) < 0)
        return -1;
    *port = (uint16_t)number;
    return 0;
}

/* ADDRESS[/PREFIX] of the family that inet_pton(3) takes it for. 1 if it is none. */
static int take_address(char *text, struct host_pattern *pattern, const char **why)
{
    char *slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    pattern->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(pattern->family, text, pattern->address) != 1) {
        if (slash)
            *slash = '/';
        return 1;
    }
    const unsigned bits = pattern->family == AF_INET ? 32 : 128;
    uint64_t prefix = bits;
    *why = "expected a prefix length from 0 to 32, or to 128 for v6, after the slash";
    if (slash && parse_number(slash + 1, 0, bits, &prefix) < 0)
        return -1;
    *why = "a v4 address in v6 clothes; write it as v4";
    if (bits == 128 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)pattern->address))
        return -1;
    *why = "address bits beyond the prefix; write the network, as 10.0.0.0/8";
    for (uint64_t bit = prefix; bit < bits; bit++)
        if (pattern->address[bit / 8] & (0x80U >> (bit % 8)))
            return -1;
    pattern->kind = HOST_ADDRESS;
    pattern->prefix = (unsigned)prefix;
    /* Printed by the library, so that one address has one spelling. */
    (void)inet_ntop(pattern->family, pattern->address, pattern->name, sizeof pattern->name);
    return 0;
}

static int take_name(const char *text, struct host_pattern *pattern, const char **why)
{
    size_t length = strlen(text);
    *why = "the star may only be the first label, *.example.com";
    if (strncmp(text, "*.", 2) == 0) {
        pattern->kind = HOST_WILDCARD;
        text += 2;
    }
    if (strchr(text, '*'))
        return -1;
    *why = "a trailing dot; write the name without it";
    if (length > 1 && text[strlen(text) - 1] == '.' && text[0] != '.')
        return -1;
    *why = "expected example.com, *.example.com, an address or a network, and perhaps :PORT";
    if (!is_host_name(text))
        return -1;
    for (size_t i = 0; i <= strlen(text); i++)
        pattern->name[i] = to_lower(text[i]);
    return 0;
}

int parse_host_pattern(const char *text, struct host_pattern *pattern, const char **why)
{
    struct host_pattern got = {.kind = HOST_EXACT};
    const char *unused;
    char copy[320]; /* more than "*." a name of 253, a colon and a port */
    if (!why)
        why = &unused;

    *why = "too long for a host name";
    if (strlen(text) >= sizeof copy)
        return -1;
    strcpy(copy, text);
    if (take_port(copy, &got.port, why) < 0) {
        const char *habit = host_habit(text);
        if (habit)
            *why = habit;
        return -1;
    }
    int address = take_address(copy, &got, why);
    if (address < 0)
        return -1;
    if (address > 0) {
        const char *habit = host_habit(copy);
        if (take_name(copy, &got, why) < 0) {
            if (habit)
                *why = habit;
            return -1;
        }
        got.family = 0;
        memset(got.address, 0, sizeof got.address);
    }
    *pattern = got;
    return 0;
}
