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

/* Why something that people really type is no host, or `why`. */
static const char *explain(const char *text, const char *why)
{
    static const struct {
        const char *has, *why;
    } habits[] = {
        {"://", "a URL; write the host alone, example.com"},
        {"@", "a user; write the host alone, example.com"},
        {"/", "a path; a rule is for a whole host, example.com"},
        {" ", "a blank; write one host a line"},
        {",", "a comma; write one host a line"},
    };
    for (size_t i = 0; i < array_length(habits); i++)
        if (strstr(text, habits[i].has))
            return habits[i].why;
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p >= 0x80)
            return "a letter outside ASCII; write the name's xn-- form";
    return why;
}

/* Cuts ":PORT" off, and brackets, which only v6 has. NULL, or what is wrong. */
static const char *cut_port(char *text, bool *in_brackets, uint16_t *port)
{
    char *colon = strchr(text, ':');
    *in_brackets = text[0] == '[';
    if (*in_brackets) {
        char *end = strchr(text, ']');
        if (!end)
            return "no ] behind the [";
        if (end[1] != ':' && end[1] != '\0')
            return "expected :PORT behind the ]";
        colon = end[1] ? end + 1 : NULL;
        *end = '\0';
        memmove(text, text + 1, (size_t)(end - text));
    } else if (colon && strchr(colon + 1, ':')) {
        colon = NULL; /* v6 has them within */
    }
    uint64_t number = 0;
    if (colon && parse_number(colon + 1, 1, UINT16_MAX, &number) < 0)
        return "expected a port from 1 to 65535 behind the colon";
    if (colon)
        *colon = '\0';
    *port = (uint16_t)number;
    return NULL;
}

static bool has_host_bits(const uint8_t *address, unsigned prefix, unsigned bits)
{
    for (unsigned bit = prefix; bit < bits; bit++)
        if (address[bit / 8] & (0x80U >> (bit % 8)))
            return true;
    return false;
}

/* ADDRESS[/PREFIX]. False if it is not meant to be one; else *why is NULL or what is wrong. */
static bool take_address(const char *text, struct host_pattern *pattern, const char **why)
{
    char address[INET6_ADDRSTRLEN];
    const size_t length = strcspn(text, "/");
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    pattern->family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(pattern->family, address, pattern->address) != 1)
        return false;

    const unsigned bits = pattern->family == AF_INET ? 32 : 128;
    uint64_t prefix = bits;
    *why = NULL;
    if (text[length] == '/' && parse_number(text + length + 1, 0, bits, &prefix) < 0)
        *why = "expected a prefix length behind the slash, 0 to 32 or, for v6, to 128";
    else if (bits == 128 && IN6_IS_ADDR_V4MAPPED((const void *)pattern->address))
        *why = "a v4 address in v6 form; write it as v4";
    else if (has_host_bits(pattern->address, (unsigned)prefix, bits))
        *why = "address bits beyond the prefix; write the network, as 10.0.0.0/8";
    pattern->kind = HOST_ADDRESS;
    pattern->prefix = (unsigned)prefix;
    /* One address has one spelling. */
    (void)inet_ntop(pattern->family, pattern->address, pattern->name, sizeof pattern->name);
    return true;
}

/* NULL, or what is wrong. */
static const char *take_name(const char *text, struct host_pattern *pattern)
{
    const bool wildcard = strncmp(text, "*.", 2) == 0;
    const char *name = wildcard ? text + 2 : text;
    const size_t length = strlen(name);
    if (strchr(name, '*'))
        return "a star is for the whole first label, *.example.com";
    if (length > 1 && name[0] != '.' && name[length - 1] == '.')
        return "a dot at the end; write the name without it";
    if (!is_host_name(name))
        return "expected example.com, *.example.com, an address or a network, perhaps :PORT";
    pattern->kind = wildcard ? HOST_WILDCARD : HOST_EXACT;
    for (size_t i = 0; i <= length; i++)
        pattern->name[i] = to_lower(name[i]);
    return NULL;
}

int parse_host_pattern(const char *text, struct host_pattern *pattern, const char **why)
{
    struct host_pattern got = {.port = 0};
    char copy[320]; /* more than "*.", a name of 253, a colon and a port */
    bool in_brackets;
    const char *problem = "too long for a host's name";

    if (strlen(text) < sizeof copy) {
        memcpy(copy, text, strlen(text) + 1);
        problem = cut_port(copy, &in_brackets, &got.port);
        if (problem) {
            problem = explain(text, problem);
        } else if (!take_address(copy, &got, &problem)) {
            const uint16_t port = got.port;
            got = (struct host_pattern){.port = port}; /* what was tried leaves no trace */
            problem = take_name(copy, &got);
            problem = problem ? explain(text, problem) : NULL;
        }
        if (!problem && in_brackets && got.family != AF_INET6)
            problem = "brackets are for v6 addresses alone";
    }
    if (why && problem)
        *why = problem;
    if (!problem)
        *pattern = got;
    return problem ? -1 : 0;
}
