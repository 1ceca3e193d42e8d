/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/recipe.h"

#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

enum { HASH_DIGITS = 12, NAME_MAX_BYTES = 128 };

/* --- the list ------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

int recipe_packages(const struct strings *asked, struct strings *packages, struct error *err)
{
    cleanup_free const char **sorted = calloc(asked->count + 1, sizeof *sorted);
    size_t bytes = 0;
    if (!sorted)
        return error_set(err, "out of memory");
    for (size_t i = 0; i < asked->count; i++) {
        sorted[i] = asked->items[i];
        if (!is_package_name(sorted[i]))
            return error_set(err, "%s is no name of a Debian package", quoted(sorted[i]));
    }
    qsort(sorted, asked->count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < asked->count; i++) {
        if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
            continue;
        bytes += strlen(sorted[i]) + 1;
        if (strings_add(packages, sorted[i]) < 0)
            return error_set(err, "out of memory");
    }
    if (packages->count > PACKAGES_MAX || bytes > PACKAGES_BYTES_MAX)
        return error_set(err,
                         "%zu packages are too many for one image: at most %d, and %d bytes of "
                         "names; is there a package that needs them all?",
                         packages->count, PACKAGES_MAX, PACKAGES_BYTES_MAX);
    return 0;
}

/* --- the name ------------------------------------------------------------------------- */

int recipe_tag(const struct strings *packages, const char *base_id, char out[CUSTOM_TAG_SIZE])
{
    cleanup_buf struct buf text = BUF_INIT(PACKAGES_BYTES_MAX + 1024);
    char hash[SHA256_DIGEST_STRING_LENGTH];
    if (buf_printf(&text, "recipe %d\n%s\n", RECIPE_VERSION, base_id) < 0)
        return -1;
    for (size_t i = 0; i < packages->count; i++)
        if (buf_printf(&text, "%s\n", packages->items[i]) < 0)
            return -1;
    if (!SHA256Data((const uint8_t *)text.data, text.length, hash))
        return -1;
    (void)snprintf(out, CUSTOM_TAG_SIZE, CUSTOM_REPOSITORY ":%.*s", HASH_DIGITS, hash);
    return 0;
}

bool is_custom_tag(const char *tag)
{
    static const char start[] = CUSTOM_REPOSITORY ":";
    return strncmp(tag, start, sizeof start - 1) == 0 &&
           strspn(tag + sizeof start - 1, "0123456789abcdef") == HASH_DIGITS &&
           strlen(tag) == CUSTOM_TAG_SIZE - 1;
}

/* --- the Dockerfile ------------------------------------------------------------------- */

/* In one layer, with what it leaves behind. What would give its caller another user, group or
 * capability is taken away, as in the base: nothing that an agent can execute shall do that. */
static const char head[] =
    "# Debian packages on top of claudex's image, by claudex " CLAUDEX_VERSION ".\n"
    "ARG BASE=%s\n"
    "FROM ${BASE}\n"
    "RUN apt-get -qq -o Acquire::Languages=none -o APT::Update::Error-Mode=any update \\\n"
    "    && DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y \\\n"
    "        --no-install-recommends \\\n";
static const char tail[] =
    "    && find / -xdev -type f -perm /6000 -exec chmod ug-s '{}' + \\\n"
    "    && find / -xdev -type f -print0 | python3 -c 'import os, sys; \\\n"
    "[os.removexattr(path, \"security.capability\") \\\n"
    "for path in sys.stdin.buffer.read().split(b\"\\0\")[:-1] \\\n"
    "if \"security.capability\" in os.listxattr(path)]' \\\n"
    "    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*\n"
    "ARG BASE\n"
    "ARG BASE_ID=${BASE}\n";

int recipe_dockerfile(const struct strings *packages, const char *base, struct buf *out)
{
    if (buf_printf(out, head, base) < 0)
        return -1;
    for (size_t i = 0; i < packages->count; i++)
        if (buf_printf(out, "        %s \\\n", packages->items[i]) < 0)
            return -1;
    if (buf_printf(out, "%sLABEL " LABEL_BASE "=\"${BASE_ID}\" " LABEL_PACKAGES "=\"", tail) <
        0)
        return -1;
    for (size_t i = 0; i < packages->count; i++)
        if (buf_printf(out, "%s%s", i ? " " : "", packages->items[i]) < 0)
            return -1;
    return buf_puts(out, "\"\n");
}

/* --- whose fault ---------------------------------------------------------------------- */

/* The word at `text` that is a package's name, before one of `ends`. */
static bool take_name(const char *text, const char *ends, char *package, size_t size)
{
    size_t length = strcspn(text, ends);
    if (length == 0 || length >= size)
        return false;
    memcpy(package, text, length);
    package[length] = '\0';
    return is_package_name(package);
}

/* ".../pool/main/c/cowsay/cowsay_3.03+dfsg2-8_all.deb  500  Internal Server Error": the file of
 * a package is called NAME_VERSION_ARCHITECTURE.deb (deb(5), dpkg-name(1)). */
static bool take_file(const char *text, char *package, size_t size)
{
    const char *end = text;
    do
        end = strstr(end + 1, ".deb");
    while (end && end[4] != '\0' && end[4] != ' ');
    if (!end)
        return false;
    while (end > text && end[-1] != '/')
        end--;
    return take_name(end, "_", package, size);
}

enum blame recipe_blame(const char *line, char *package, size_t size)
{
    static const struct {
        const char *start, *ends; /* ends NULL: the name is a file's */
        enum blame blame;
    } known[] = {
        {"E: Unable to locate package ", " ", BLAME_UNKNOWN},
        {"E: Package '", "'", BLAME_UNKNOWN}, /* … has no installation candidate */
        {"E: Failed to fetch ", NULL, BLAME_FETCH},
        {"dpkg: error processing package ", " :", BLAME_INSTALL},
        {"dpkg: error processing archive ", NULL, BLAME_INSTALL},
        {" ", " :", BLAME_INSTALL}, /* " a : Depends: b but it is not installable" */
    };
    for (size_t i = 0; i < array_length(known); i++) {
        const size_t length = strlen(known[i].start);
        if (strncmp(line, known[i].start, length) != 0)
            continue;
        if (length == 1 && !strstr(line, " : Depends: ") && !strstr(line, " : Conflicts: "))
            continue;
        if (known[i].ends ? take_name(line + length, known[i].ends, package, size)
                          : take_file(line + length, package, size))
            return known[i].blame;
    }
    return BLAME_NOBODY;
}
