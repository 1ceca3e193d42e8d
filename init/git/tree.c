/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "init/git/name.h"

enum { TREE_MAX = 1024 * 1024 * 1024 };

/* A name of the tree that is being made. */
struct line {
    const char *name; /* borrowed, or in `odd` */
    size_t length;
    const struct entry *entry;
    char *odd; /* owned; NULL: the name is as it is */
};

struct lines {
    struct line *items;
    size_t count, capacity;
    bool odd; /* an encoded name is in another place */
};

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].odd);
    free(lines->items);
}

int tree_line(struct buf *tree, uint32_t mode, const char *name, size_t length,
              const uint8_t oid[OID_SIZE])
{
    return buf_printf(tree, "%o %.*s", (unsigned)mode, (int)length, name) < 0 ||
                   buf_append(tree, "", 1) < 0 || buf_append(tree, oid, OID_SIZE) < 0
               ? -1
               : 0;
}

static int by_name(const void *a, const void *b)
{
    const struct line *left = a, *right = b;
    size_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->name, right->name, common);
    if (order)
        return order;
    int l = common < left->length ? (unsigned char)left->name[common]
                                  : (entry_is_folder(left->entry) ? '/' : 0);
    int r = common < right->length ? (unsigned char)right->name[common]
                                   : (entry_is_folder(right->entry) ? '/' : 0);
    return l - r;
}

static int add(struct lines *lines, const struct entry *entry, size_t prefix)
{
    if (lines->count == lines->capacity) {
        size_t capacity = lines->capacity ? lines->capacity * 2 : 32;
        struct line *items = reallocarray(lines->items, capacity, sizeof *items);
        if (!items)
            return -1;
        lines->items = items;
        lines->capacity = capacity;
    }
    struct line line = {.name = entry->path + prefix, .entry = entry};
    line.length = strlen(line.name) - entry_is_folder(entry);
    if (name_is_odd(line.name, line.length)) {
        line.odd = malloc(NAME_ENCODED_MAX);
        if (!line.odd)
            return -1;
        line.length = name_encode(line.name, line.length, line.odd);
        line.name = line.odd;
        lines->odd = true;
    }
    lines->items[lines->count++] = line;
    return 0;
}

static int emit_lines(struct lines *lines, tree_emit *emit, void *context,
                      uint8_t oid[OID_SIZE])
{
    cleanup_buf struct buf tree = BUF_INIT(TREE_MAX);
    if (lines->odd)
        qsort(lines->items, lines->count, sizeof *lines->items, by_name);
    for (size_t i = 0; i < lines->count; i++)
        if (tree_line(&tree, lines->items[i].entry->mode, lines->items[i].name,
                      lines->items[i].length, lines->items[i].entry->oid) < 0)
            return -1;
    return emit(context, tree.data ? tree.data : "", tree.length, oid);
}

/* The id of a folder without a file. */
static const uint8_t no_tree[OID_SIZE];

struct build {
    struct entries *entries;
    tree_emit *emit;
    void *context;
    size_t next; /* entry */
};

static bool is_below(const struct build *build, const struct entry *folder, size_t prefix)
{
    return build->next < build->entries->count &&
           strncmp(build->entries->items[build->next].path, folder->path, prefix) == 0;
}

/* The folder at build->next and all below it. */
static int build_folder(struct build *build, bool *has_files)
{
    cleanup_with(lines_free) struct lines lines = {0};
    struct entry *folder = &build->entries->items[build->next++];
    const size_t prefix = strlen(folder->path);
    if (folder->flags & ENTRY_SAME) {
        while (is_below(build, folder, prefix))
            build->next++;
        *has_files = memcmp(folder->oid, no_tree, OID_SIZE) != 0;
        return 0;
    }
    while (is_below(build, folder, prefix)) {
        const struct entry *entry = &build->entries->items[build->next];
        bool wanted = !(entry->flags & ENTRY_GONE);
        if (entry_is_folder(entry)) {
            if (build_folder(build, &wanted) < 0)
                return -1;
        } else {
            build->next++;
        }
        if (wanted && add(&lines, entry, prefix) < 0)
            return -1;
    }
    *has_files = lines.count > 0;
    if (lines.count == 0 && prefix > 0) {
        memcpy(folder->oid, no_tree, OID_SIZE);
        return 0;
    }
    return emit_lines(&lines, build->emit, build->context, folder->oid);
}

int tree_build(struct entries *entries, tree_emit *emit, void *context)
{
    struct build build = {.entries = entries, .emit = emit, .context = context};
    bool has_files;
    return entries->count == 0 ? 0 : build_folder(&build, &has_files);
}
