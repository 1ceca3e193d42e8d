/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/ca.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";

/* A bundle of more than this, where Debian's list is not at hand to compare with, is some
 * system's whole store and no addition to it. */
enum { ADDITIONS_MAX = 20, NAME_HEX = 16 };

const char *pem_next(const char *text, size_t length, size_t *at, size_t *size)
{
    const char *start = memmem(text + *at, length - *at, begin, strlen(begin));
    if (!start)
        return NULL;
    start += strlen(begin);
    const char *stop = memmem(start, length - (size_t)(start - text), end, strlen(end));
    if (!stop)
        return NULL;
    *at = (size_t)(stop - text) + strlen(end);
    *size = (size_t)(stop - start);
    return start;
}

void authorities_free(struct authorities *authorities)
{
    for (size_t i = 0; i < authorities->count; i++)
        free(authorities->items[i].pem);
    free(authorities->items);
    *authorities = (struct authorities){0};
}

/* --- reading -------------------------------------------------------------------------- */

/* Links are followed: all of these are configuration of the user or the machine. */
static int read_file(const char *path, struct buf *text)
{
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -1 : read_all(fd, text);
}

/* The base64 text alone: files differ in their line breaks. Of the alphabet of RFC 4648 only,
 * so that nothing else reaches the image. */
static char *body_of(const char *bytes, size_t size)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    char *body = malloc(size + 1);
    size_t n = 0;
    for (size_t i = 0; body && i < size; i++) {
        if (bytes[i] && strchr(alphabet, bytes[i]))
            body[n++] = bytes[i];
        else if (!bytes[i] || !strchr(" \t\r\n", bytes[i]))
            n = size + 1; /* headers or rubbish: no certificate */
        if (n > size)
            break;
    }
    if (body && (n == 0 || n > size)) {
        free(body);
        return NULL;
    }
    if (body)
        body[n] = '\0';
    return body;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* --- what Debian ships ---------------------------------------------------------------- */

/* Bodies of the package ca-certificates, in a tree of tsearch(3). */
struct known {
    void *tree;
    bool complete; /* the package is here */
};

static void known_read(struct known *known, const char *path)
{
    cleanup_buf struct buf text = BUF_INIT(AUTHORITY_FILE_MAX);
    if (read_file(path, &text) < 0 || text.length == 0)
        return;
    size_t at = 0, size;
    for (const char *bytes; (bytes = pem_next(text.data, text.length, &at, &size));) {
        char *body = body_of(bytes, size);
        char **kept = body ? tsearch(body, &known->tree, by_text) : NULL;
        if (!kept || *kept != body)
            free(body);
        known->complete |= kept != NULL;
    }
}

static void known_free(struct known *known)
{
    while (known->tree) {
        char *body = *(char **)known->tree;
        (void)tdelete(body, &known->tree, by_text);
        free(body);
    }
}

/* Calls `visit` for every *.crt and *.pem of a folder, which may be missing. */
static void each_certificate_file(const char *folder, void (*visit)(void *, const char *),
                                  void *data)
{
    cleanup_dir DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (dot && (strcmp(dot, ".crt") == 0 || strcmp(dot, ".pem") == 0) && n > 0 &&
            (size_t)n < sizeof path)
            visit(data, path);
    }
}

static void visit_known(void *data, const char *path)
{
    known_read(data, path);
}

/* --- collecting ----------------------------------------------------------------------- */

struct collection {
    struct authorities *found;
    struct known known;
    struct error *err;
    bool failed;
};

static int add(struct collection *collection, const char *body)
{
    struct authorities *found = collection->found;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct authority new = {.pem = NULL};
    SHA2_CTX hash;
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)body, strlen(body));
    SHA256Final(digest, &hash);
    char hex[NAME_HEX + 1];
    for (size_t i = 0; i < NAME_HEX / 2; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    (void)snprintf(new.name, sizeof new.name, "claudex-%s.crt", hex);
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].name, new.name) == 0)
            return 0;
    if (found->count == AUTHORITIES_MAX)
        return error_set(collection->err, "more than %d extra certificate authorities",
                         AUTHORITIES_MAX);
    struct buf pem = BUF_INIT(AUTHORITY_FILE_MAX * 2);
    int failed = buf_printf(&pem, "%s\n", begin);
    for (const char *at = body; *at; at += strnlen(at, 64))
        failed |= buf_printf(&pem, "%.64s\n", at);
    failed |= buf_printf(&pem, "%s\n", end);
    struct authority *items =
        failed ? NULL : realloc(found->items, (found->count + 1) * sizeof *items);
    if (!items) {
        buf_free(&pem);
        return error_set(collection->err, "out of memory");
    }
    new.pem = buf_take(&pem);
    found->items = items;
    found->items[found->count++] = new;
    return new.pem ? 0 : error_set(collection->err, "out of memory");
}

/* Adds a file's certificates, or only those that Debian does not know. Returns how many the
 * file has, or -1. */
static int add_file(struct collection *collection, const struct buf *text, bool all)
{
    size_t at = 0, size;
    int count = 0;
    for (const char *bytes;
         text->data && (bytes = pem_next(text->data, text->length, &at, &size));) {
        cleanup_free char *body = body_of(bytes, size);
        if (!body)
            continue;
        count++;
        if (!all && tfind(body, &collection->known.tree, by_text))
            continue;
        if (add(collection, body) < 0)
            return -1;
    }
    return count;
}

static void visit_addition(void *data, const char *path)
{
    struct collection *collection = data;
    cleanup_buf struct buf text = BUF_INIT(AUTHORITY_FILE_MAX);
    if (collection->failed || read_file(path, &text) < 0)
        return;
    if (add_file(collection, &text, false) < 0)
        collection->failed = true;
}

/* A variable that names a file: an addition, or the system's store with additions. */
static void add_variable(struct collection *collection, const char *name)
{
    const char *path = getenv(name);
    cleanup_buf struct buf text = BUF_INIT(AUTHORITY_FILE_MAX);
    if (collection->failed || !path || !*path)
        return;
    if (read_file(path, &text) < 0) {
        warn("%s=%s cannot be read: %s", name, quoted(path), strerror(errno));
        return;
    }
    size_t at = 0, size, count = 0;
    while (text.data && pem_next(text.data, text.length, &at, &size))
        count++;
    if (count > ADDITIONS_MAX && !collection->known.complete)
        return;
    if (add_file(collection, &text, false) < 0)
        collection->failed = true;
}

static int add_named(struct collection *collection, const char *path)
{
    cleanup_buf struct buf text = BUF_INIT(AUTHORITY_FILE_MAX);
    if (read_file(path, &text) < 0)
        return error_errno(collection->err, "cannot read the certificate %s", quoted(path));
    int count = add_file(collection, &text, true);
    if (count == 0)
        return error_set(collection->err,
                         "%s has no PEM certificate\nconvert it: openssl x509 -inform der -in "
                         "FILE -out FILE.pem",
                         quoted(path));
    return count < 0 ? -1 : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct authority *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void sort(struct authorities *authorities)
{
    if (authorities->count > 0)
        qsort(authorities->items, authorities->count, sizeof *authorities->items, by_name);
}

int authorities_read(struct authorities *authorities, const char *pem, struct error *err)
{
    struct collection collection = {.found = authorities, .err = err};
    cleanup_buf struct buf text = BUF_INIT(AUTHORITIES_MAX * AUTHORITY_FILE_MAX);
    *authorities = (struct authorities){0};
    if (buf_puts(&text, pem) < 0)
        return error_set(err, "out of memory");
    if (add_file(&collection, &text, true) < 0) {
        authorities_free(authorities);
        return -1;
    }
    sort(authorities);
    return 0;
}

int authorities_find(struct authorities *authorities, const struct strings *named,
                     struct error *err)
{
    static const char *const additions[] = {"/usr/local/share/ca-certificates",
                                            "/etc/pki/ca-trust/source/anchors",
                                            "/etc/ca-certificates/trust-source/anchors"};
    static const char *const variables[] = {"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"};
    struct collection collection = {.found = authorities, .err = err};
    *authorities = (struct authorities){0};
    for (size_t i = 0; named && i < named->count && !collection.failed; i++)
        collection.failed = add_named(&collection, named->items[i]) < 0;
    each_certificate_file("/usr/share/ca-certificates/mozilla", visit_known, &collection.known);
    for (size_t i = 0; i < array_length(additions); i++)
        each_certificate_file(additions[i], visit_addition, &collection);
    for (size_t i = 0; i < array_length(variables); i++)
        add_variable(&collection, variables[i]);
    known_free(&collection.known);
    if (collection.failed) {
        authorities_free(authorities);
        return -1;
    }
    sort(authorities);
    return 0;
}
