/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/skill_text.c */
/* A stranger's SKILL.md, and sources as a configuration has them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/home/skill_text.h"
#include "shared/skill_source.h"

/* What goes to ssh's command line, or to the shell behind it, is neither an option nor more
 * than a word there. */
static bool is_safe(const struct skill_source *source)
{
    if (*source->ref == '-' || strstr(source->path, "/..") ||
        strncmp(source->path, "..", 2) == 0)
        return false;
    if (!*source->login)
        return strncmp(source->url, "https://", 8) == 0 && !*source->port && !*source->remote;
    const char *host = strchr(source->login, '@');
    return host && host != source->login && host[1] && host[1] != '-' &&
           *source->login != '-' && *source->remote && *source->remote != '-' &&
           !strchr(source->remote, '\'') &&
           strspn(source->port, "0123456789") == strlen(source->port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct skill_source source;
    const char *why;
    if (skill_text_check((const char *)data, size, &err) < 0 && !*err.text)
        abort();
    char *text = strndup((const char *)data, size);
    if (text && skill_source_parse(text, &source, &why) == 0 && !is_safe(&source))
        abort();
    free(text);
    return 0;
}
