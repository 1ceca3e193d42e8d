/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/head.c */
/* What a peer answers to an upgrade, in two pieces as well as in one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/engine/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head head;
    char *text = malloc(size + 1); /* exactly as long, so that a byte too far is seen */
    must(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    size_t length = http_head_length(text, size);
    must(length <= size);
    if (length > 0) {
        must(text[length - 1] == '\n');
        must(http_head_length(text, length - 1) == 0);
        if (http_head_parse(text, length, &head) == 0) {
            must(head.status >= 100 && head.status <= 599);
            must(head.content_length >= -1);
        }
    }
    (void)http_head_parse(text, size, &head);
    free(text);
    return 0;
}
