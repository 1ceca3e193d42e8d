/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small values, and what a terminal is shown of any bytes. Canonical forms must read back as
 * what they came from.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"
#include "shared/session.h"
#include "shared/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void check_numbers(const char *text)
{
    uint64_t number;
    uint32_t cpus;
    bool flag;
    if (parse_number(text, 3, 300, &number) == 0)
        must(number >= 3 && number <= 300);
    if (parse_duration(text, &number) == 0)
        must(number >= 1 && number <= UINT64_C(3650) * 86400);
    if (parse_cpus(text, &cpus) == 0)
        must(cpus >= 10);
    (void)parse_size(text, &number);
    (void)parse_bool(text, &flag);
}

static void check_port(const char *text)
{
    struct port port, again;
    char canonical[128];
    if (parse_port(text, &port) < 0)
        return;
    (void)snprintf(canonical, sizeof canonical, "%s%s%s:%u:%u/%s",
                   port.family == AF_INET6 ? "[" : "", port.host_ip,
                   port.family == AF_INET6 ? "]" : "", (unsigned)port.host,
                   (unsigned)port.container, port.protocol == IPPROTO_UDP ? "udp" : "tcp");
    must(parse_port(canonical, &again) == 0);
    must(again.host == port.host && again.container == port.container);
    must(strcmp(again.host_ip, port.host_ip) == 0 && again.protocol == port.protocol);
}

static void check_host(const char *text)
{
    struct host_pattern pattern, again;
    char canonical[320], prefix[8] = "", port[8] = "";
    const char *why = NULL;
    if (parse_host_pattern(text, &pattern, &why) < 0) {
        must(why && *why);
        return;
    }
    bool v6 = pattern.family == AF_INET6;
    if (pattern.kind == HOST_ADDRESS)
        (void)snprintf(prefix, sizeof prefix, "/%u", pattern.prefix % 1000);
    else
        must(is_host_name(pattern.name));
    if (pattern.port)
        (void)snprintf(port, sizeof port, ":%u", (unsigned)pattern.port);
    (void)snprintf(canonical, sizeof canonical, "%s%s%s%s%s%s",
                   pattern.kind == HOST_WILDCARD ? "*." : "", v6 ? "[" : "", pattern.name,
                   prefix, v6 ? "]" : "", port);
    must(parse_host_pattern(canonical, &again, &why) == 0);
    must(again.kind == pattern.kind && again.family == pattern.family);
    must(again.port == pattern.port && again.prefix == pattern.prefix);
    must(strcmp(again.name, pattern.name) == 0);
    must(memcmp(again.address, pattern.address, sizeof again.address) == 0);
}

static void check_names(const char *text)
{
    static const char *const words[] = {"packages", "agent", "run", "network"};
    static const char specials[] = " /;|&$`'\"\\<>()*?~#\n\t";
    const bool names[] = {is_package_name(text), is_env_name(text), is_host_name(text),
                          is_box_name(text)};
    for (size_t i = 0; i < array_length(names); i++)
        must(!names[i] || (*text && !strpbrk(text, specials)));
    (void)nearest_word(text, words, array_length(words));
}

static void check_quoting(const char *bytes, size_t length)
{
    char out[64];
    for (size_t size = 1; size <= sizeof out; size += 21) {
        (void)term_quote(out, size, bytes, length);
        must(strlen(out) < size);
        must(utf8_is_valid(out, strlen(out)));
        must(utf8_find_control(out, strlen(out)) == strlen(out));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    check_numbers(text);
    check_port(text);
    check_host(text);
    check_names(text);
    check_quoting(text, size);
    return 0;
}
