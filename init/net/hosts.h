/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses, and their names in /etc/hosts: hosts(5). Pure.
 */
#ifndef CLAUDEX_INIT_NET_HOSTS_H
#define CLAUDEX_INIT_NET_HOSTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDRESSES_MAX = 16,
    HOSTS_NAMES_MAX = 64, /* names of the file that are kept */
};

struct address {
    int family; /* AF_INET, AF_INET6 */
    uint8_t bytes[16];
};

struct addresses {
    size_t count;
    struct address list[ADDRESSES_MAX];
};

struct hosts {
    struct hosts_entry {
        char name[254];
        struct address address;
    } list[HOSTS_NAMES_MAX];
    size_t count;
};

/* Reads the names from the file's text, in lower case; what is no host name is left out. 0, or
 * -1 when out of memory. */
int hosts_read(struct hosts *hosts, const char *text);
/* The address of a name, or NULL. */
const struct address *hosts_address(const struct hosts *hosts, const char *name, int family);
/* The other way round: the first name of an address, or NULL. */
const char *hosts_name(const struct hosts *hosts, const struct address *address);
/* All addresses of a name, of both families; false if there is none. */
bool hosts_addresses(const struct hosts *hosts, const char *name, struct addresses *found);

#endif
