/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/skill_text.c */
/* A stranger's SKILL.md, and sources as a configuration has them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/home/skill_text.h"
#include "shared/skill_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct skill_source source;
    const char *why;
    if (skill_text_check((const char *)data, size, &err) < 0 && !*err.text)
        abort();
    char *text = strndup((const char *)data, size);
    if (text && skill_source_parse(text, &source, &why) == 0 &&
        (strncmp(source.url, "https://", 8) != 0 || strstr(source.path, "/..") ||
         strncmp(source.path, "..", 2) == 0 || *source.ref == '-'))
        abort();
    free(text);
    return 0;
}
