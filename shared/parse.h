/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small values as people write them. Pure: text in, value out, no I/O, no locale.
 * Each returns 0, or -1 and leaves the output alone; what was expected is the caller's to say.
 */
#ifndef CLAUDEX_SHARED_PARSE_H
#define CLAUDEX_SHARED_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port;

/* Decimal digits only, no sign, no space, within [min, max]. */
int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);
/* yes/no/true/false/on/off/1/0, any case. */
int parse_bool(const char *text, bool *value);
/* "90s", "10m", "2h", "1d" → seconds, at least 1, at most 10 years. A unit is required. */
int parse_duration(const char *text, uint64_t *seconds);
/* "512m", "4g", "100k", "1t", "4096" (bytes) → bytes; a suffix may end in b or ib. */
int parse_size(const char *text, uint64_t *bytes);
/* "2", "1.5", ".25" → thousandths, at least 10. */
int parse_cpus(const char *text, uint32_t *thousandths);
/* [HOST-IP:][HOST:]CONTAINER[/tcp|/udp]; v6 host addresses in brackets. */
int parse_port(const char *text, struct port *port);

/* Debian package name, deb-control(5): [a-z0-9][a-z0-9.+-]+ */
bool is_package_name(const char *text);
/* Environment variable name, POSIX.1-2017 8.1: [A-Za-z_][A-Za-z0-9_]*, at most 255 bytes. */
bool is_env_name(const char *text);
/* LDH host name (RFC 1123 2.1: labels of 1..63 letters, digits, hyphens and, as services
 * do, underscores; not at a label's border hyphens; 253 in all), no trailing dot. */
bool is_host_name(const char *text);
/* A container's name as the engine takes it: [a-zA-Z0-9][a-zA-Z0-9_.-]+, at most 128. */
bool is_box_name(const char *text);

enum host_kind {
    HOST_EXACT,    /* name: that name */
    HOST_WILDCARD, /* *.name: any depth below it, not itself */
    HOST_ADDRESS,  /* address or CIDR, v4 or v6 */
};

/* HOST[:PORT] as in allow and deny. `name` is lower-cased, without "*." and without a prefix
 * length; port 0 means the default ports 443 and 80. */
struct host_pattern {
    enum host_kind kind;
    char name[254];
    int family;          /* HOST_ADDRESS: AF_INET or AF_INET6 */
    uint8_t address[16]; /* HOST_ADDRESS: network order, host bits must be 0 */
    unsigned prefix;     /* HOST_ADDRESS: bits */
    uint16_t port;
};
/* On failure `why` (if not NULL) points to a static text of what is wrong, such as
 * "a URL; write example.com" shapes that people really type. */
int parse_host_pattern(const char *text, struct host_pattern *pattern, const char **why);

/* The nearest of `count` words by edit distance, or NULL if none is near enough to be meant. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
