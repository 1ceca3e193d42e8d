/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/entries.c init/git/oid.c */
/* The entries of the last snapshot. Only the worker can write there; a disk can lie. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "init/git/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_entries struct entries entries = {0}, again = {0};
    cleanup_buf struct buf bytes = BUF_INIT(INDEX_MAX), printed = BUF_INIT(INDEX_MAX);
    /* With the right sum, or nothing behind it would be reached. */
    uint32_t sum = (uint32_t)crc32_z(0, data, size);
    if (buf_append(&bytes, data, size) < 0 || buf_append(&bytes, &sum, sizeof sum) < 0)
        return 0;
    if (index_parse(bytes.data, bytes.length, &entries) < 0)
        return 0;
    if (index_print(&entries, &printed) < 0 || printed.length != bytes.length ||
        memcmp(printed.data, bytes.data, bytes.length) != 0 ||
        index_parse(printed.data, printed.length, &again) < 0)
        abort();
    return 0;
}
