/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/path.h"

#include <string.h>

#include "init/git/name.h"

typedef size_t coder(const char *name, size_t length, char out[NAME_ENCODED_MAX]);

static size_t encode_odd(const char *name, size_t length, char out[NAME_ENCODED_MAX])
{
    if (name_is_odd(name, length))
        return name_encode(name, length, out);
    memcpy(out, name, length);
    return length;
}

static size_t each(const char *path, coder *code, char *out, size_t size)
{
    size_t used = 0;
    while (*path) {
        char coded[NAME_ENCODED_MAX];
        size_t length = strcspn(path, "/");
        size_t n = length && length <= 2 * 255 ? code(path, length, coded) : 0;
        if (used + n + 2 > size)
            break;
        memcpy(out + used, coded, n);
        used += n;
        path += length;
        if (*path == '/') {
            out[used++] = '/';
            path++;
        }
    }
    out[used] = '\0';
    return used;
}

size_t path_decode(const char *path, char *out, size_t size)
{
    return each(path, name_decode, out, size);
}

size_t path_encode(const char *path, char *out, size_t size)
{
    return each(path, encode_odd, out, size);
}
