/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/hello.c init/net/host.c */
/*
 * The first bytes of a connection, as they arrive. A verdict once given stays, whatever
 * follows; a name is a host's; the same hello in other records has the same name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/hello.h"
#include "shared/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void same(enum hello_verdict verdict, const struct hello *hello,
                 enum hello_verdict again, const struct hello *other)
{
    must(verdict == again && strcmp(hello->name, other->name) == 0);
    must(hello->ech == other->ech || verdict == HELLO_BAD);
}

/* From a copy, so that the sanitizer sees a byte too many. */
static enum hello_verdict parse(const uint8_t *data, size_t size, struct hello *hello)
{
    uint8_t *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy + 1, data, size);
    enum hello_verdict verdict = hello_parse(copy + 1, size, hello);
    free(copy);
    must((verdict == HELLO_BAD) == (hello->why != NULL));
    must((verdict == HELLO_NAME) == (hello->name[0] != '\0'));
    must(verdict != HELLO_NAME || is_host_name(hello->name));
    must(verdict != HELLO_MORE || size < HELLO_MAX);
    return verdict;
}

/* A hello in one record, split into records of `step` bytes. */
static void split(const uint8_t *data, size_t size, size_t step, enum hello_verdict verdict,
                  const struct hello *hello)
{
    struct hello other;
    size_t length = (size_t)data[3] << 8 | data[4], parts = (length + step - 1) / step;
    if (length < 4 || length != 4U + ((size_t)data[6] << 16 | (size_t)data[7] << 8 | data[8]) ||
        length + 5 > size || parts > HELLO_RECORDS_MAX || length + 5 * parts > HELLO_MAX)
        return;
    uint8_t *out = malloc(length + 5 * parts);
    must(out != NULL);
    size_t at = 0;
    for (size_t from = 0; from < length; from += step) {
        size_t part = length - from < step ? length - from : step;
        memcpy(out + at, data, 3);
        out[at + 3] = (uint8_t)(part >> 8);
        out[at + 4] = (uint8_t)part;
        memcpy(out + at + 5, data + 5 + from, part);
        at += 5 + part;
    }
    same(verdict, hello, parse(out, at, &other), &other);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hello hello, earlier;
    /* Where the segment ends, or the records, is up to the end of the last one. */
    size_t cut = size > 1 ? (size_t)(data[size - 1] << 8 | data[size - 2]) : 0;
    enum hello_verdict verdict = parse(data, size, &hello);
    enum hello_verdict before = parse(data, size > 0 ? cut % size : 0, &earlier);
    if (before != HELLO_MORE)
        same(verdict, &hello, before, &earlier);
    if (verdict == HELLO_NAME || verdict == HELLO_NO_NAME)
        split(data, size, cut % 512 + 1, verdict, &hello);
    return 0;
}
