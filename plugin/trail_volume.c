/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "plugin/trail.h"
#include "shared/names.h"

enum { DIGITS = 16 };

char *trail_volume(const char *real_path)
{
    char hash[SHA256_DIGEST_STRING_LENGTH];
    char *name = NULL;
    if (!SHA256Data((const uint8_t *)real_path, strlen(real_path), hash) ||
        asprintf(&name, AUDIT_VOLUME_PREFIX "%.*s", DIGITS, hash) < 0)
        return NULL;
    return name;
}
