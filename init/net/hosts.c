/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/parse.h"

static void hosts_line(struct hosts *hosts, char *line)
{
    char *save = NULL;
    struct address address = {.family = AF_INET};
    line[strcspn(line, "#")] = '\0';
    char *word = strtok_r(line, " \t\r", &save);
    if (!word)
        return;
    if (inet_pton(AF_INET, word, address.bytes) != 1) {
        address.family = AF_INET6;
        if (inet_pton(AF_INET6, word, address.bytes) != 1)
            return;
    }
    while ((word = strtok_r(NULL, " \t\r", &save)) && hosts->count < HOSTS_NAMES_MAX) {
        struct hosts_entry *host = &hosts->list[hosts->count];
        if (!is_host_name(word))
            continue;
        for (size_t i = 0; (host->name[i] = (char)tolower((unsigned char)word[i])) != '\0'; i++)
            continue;
        host->address = address;
        hosts->count++;
    }
}

int hosts_read(struct hosts *hosts, const char *text)
{
    cleanup_free char *copy = strdup(text);
    char *save = NULL;
    if (!copy)
        return -1;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        hosts_line(hosts, line);
    return 0;
}

const struct address *hosts_address(const struct hosts *hosts, const char *name, int family)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->list[i].name, name) == 0 && hosts->list[i].address.family == family)
            return &hosts->list[i].address;
    return NULL;
}

const char *hosts_name(const struct hosts *hosts, const struct address *address)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const struct address *known = &hosts->list[i].address;
        if (known->family == address->family &&
            memcmp(known->bytes, address->bytes, known->family == AF_INET ? 4 : 16) == 0)
            return hosts->list[i].name;
    }
    return NULL;
}

bool hosts_addresses(const struct hosts *hosts, const char *name, struct addresses *found)
{
    found->count = 0;
    for (size_t i = 0; i < hosts->count && found->count < ADDRESSES_MAX; i++)
        if (strcmp(hosts->list[i].name, name) == 0)
            found->list[found->count++] = hosts->list[i].address;
    return found->count > 0;
}
