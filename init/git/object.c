/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/object.h"

#include <errno.h>
#include <stdio.h>

enum { OBJECT_PREFIX_MAX = 32 };

static const char *const type_names[] = {
    [OBJECT_COMMIT] = "commit", [OBJECT_TREE] = "tree", [OBJECT_BLOB] = "blob"};

void object_hash_begin(SHA1_CTX *context, enum object_type type, uint64_t length)
{
    char prefix[OBJECT_PREFIX_MAX];
    int n = snprintf(prefix, sizeof prefix, "%s %llu", type_names[type],
                     (unsigned long long)length);
    SHA1DCInit(context);
    SHA1DCUpdate(context, prefix, (size_t)n + 1);
}

int object_hash_end(SHA1_CTX *context, uint8_t oid[OID_SIZE])
{
    if (SHA1DCFinal(oid, context) == 0)
        return 0;
    errno = EBADMSG;
    return -1;
}

int object_hash(enum object_type type, const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    SHA1_CTX context;
    object_hash_begin(&context, type, length);
    SHA1DCUpdate(&context, bytes, length);
    return object_hash_end(&context, oid);
}
