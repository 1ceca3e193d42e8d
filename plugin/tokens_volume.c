/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/tokens_volume.h"

#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/names.h"

enum { HEX_DIGITS = 8 };

char *tokens_volume_of_user(const char *home)
{
    char hex[65], *name = NULL;
    if (!SHA256Data((const uint8_t *)home, strlen(home), hex) ||
        asprintf(&name, TOKENS_VOLUME_PREFIX "%.*s", HEX_DIGITS, hex) < 0)
        return NULL;
    return name;
}

char *skills_volume_of_user(const char *home)
{
    char hex[65], *name = NULL;
    if (!SHA256Data((const uint8_t *)home, strlen(home), hex) ||
        asprintf(&name, SKILLS_VOLUME_PREFIX "%.*s", HEX_DIGITS, hex) < 0)
        return NULL;
    return name;
}

char *tokens_volume_of_box(const char *box)
{
    char *name = NULL;
    return asprintf(&name, TOKENS_VOLUME_PREFIX "%s", box) < 0 ? NULL : name;
}
