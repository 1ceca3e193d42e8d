/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/entries.c init/git/oid.c init/git/tree.c init/git/name.c init/git/path.c
 *       init/git/object.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/git/entries.h"
#include "init/git/name.h"
#include "init/git/object.h"
#include "init/git/path.h"
#include "init/git/tree.h"

static struct entry *add(struct entries *entries, const char *path, uint32_t mode)
{
    struct entry *entry = entries_add(entries, path, strlen(path));
    assert_non_null(entry);
    entry->mode = mode;
    /* The blob of an empty file. */
    assert_int_equal(oid_parse("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", entry->oid), 0);
    return entry;
}

static void fill(struct entries *entries)
{
    add(entries, "", ENTRY_FOLDER);
    add(entries, "a", ENTRY_FILE)->flags = ENTRY_RACY;
    add(entries, "b/", ENTRY_FOLDER);
    add(entries, "b/c", ENTRY_PROGRAM)->changed = -1;
    add(entries, "b/d", ENTRY_LINK)->size = UINT64_MAX;
}

static void the_index_comes_back(void **state)
{
    (void)state;
    cleanup_entries struct entries entries = {0}, again = {0};
    cleanup_buf struct buf bytes = BUF_INIT(INDEX_MAX);
    fill(&entries);
    add(&entries, "gone", ENTRY_FILE)->flags = ENTRY_GONE;
    assert_int_equal(index_print(&entries, &bytes), 0);
    assert_int_equal(index_parse(bytes.data, bytes.length, &again), 0);
    assert_int_equal(again.count, 5);
    for (size_t i = 0; i < again.count; i++) {
        const struct entry *a = &entries.items[i], *b = &again.items[i];
        assert_string_equal(a->path, b->path);
        assert_int_equal(a->mode, b->mode);
        assert_int_equal(a->flags, b->flags);
        assert_true(a->size == b->size && a->changed == b->changed);
        assert_memory_equal(a->oid, b->oid, OID_SIZE);
    }
}

static void any_damage_is_found(void **state)
{
    (void)state;
    cleanup_entries struct entries entries = {0};
    cleanup_buf struct buf bytes = BUF_INIT(INDEX_MAX);
    fill(&entries);
    assert_int_equal(index_print(&entries, &bytes), 0);
    for (size_t i = 0; i < bytes.length; i++) {
        cleanup_entries struct entries cut = {0}, flipped = {0};
        assert_int_equal(index_parse(bytes.data, i, &cut), -1);
        bytes.data[i] ^= 1;
        assert_int_equal(index_parse(bytes.data, bytes.length, &flipped), -1);
        bytes.data[i] ^= 1;
    }
}

/* What the last tree was. */
static int emit(void *context, const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    struct buf *last = context;
    buf_clear(last);
    assert_int_equal(buf_append(last, bytes, length), 0);
    return object_hash(OBJECT_TREE, bytes, length, oid);
}

static void trees_are_those_of_git(void **state)
{
    (void)state;
    char hex[2 * OID_SIZE + 1];
    cleanup_entries struct entries entries = {0};
    cleanup_buf struct buf last = BUF_INIT(4096);
    add(&entries, "", ENTRY_FOLDER);
    add(&entries, "a-b", ENTRY_FILE);
    add(&entries, "a.b/", ENTRY_FOLDER); /* empty: no part of the tree */
    add(&entries, "a/", ENTRY_FOLDER);
    add(&entries, "a/x", ENTRY_PROGRAM);
    add(&entries, "a0", ENTRY_LINK);
    assert_int_equal(tree_build(&entries, emit, &last), 0);
    oid_print(entries.items[0].oid, hex);
    assert_string_equal(hex, "ea7581c14d915dfe5a936f76c5a655abf1579fb7");
}

static void no_file_at_all_is_the_empty_tree(void **state)
{
    (void)state;
    char hex[2 * OID_SIZE + 1];
    cleanup_entries struct entries entries = {0};
    cleanup_buf struct buf last = BUF_INIT(4096);
    add(&entries, "", ENTRY_FOLDER);
    add(&entries, "gone", ENTRY_FILE)->flags = ENTRY_GONE;
    assert_int_equal(tree_build(&entries, emit, &last), 0);
    oid_print(entries.items[0].oid, hex);
    assert_string_equal(hex, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

static void names_that_git_refuses_are_others_and_come_back(void **state)
{
    (void)state;
    static const char *const odd[] = {
        ".git",    ".GIT",    ".Git ",    ".git.",      "git~1",      "GIT~1",     ".git::$X",
        ".git\\x", "a\\.git", "claudex~", ".g\u200cit", "\ufeff.git", "claudex~00"};
    static const char *const plain[] = {".gitignore", "git",   ".gi",    "xgit~1",
                                        ".gitx",      "a.git", "claude", "\xff\xfe"};
    char coded[NAME_ENCODED_MAX], back[NAME_ENCODED_MAX];
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t length = strlen(odd[i]);
        if (!name_is_odd(odd[i], length))
            fail_msg("%s", odd[i]);
        size_t n = name_encode(odd[i], length, coded);
        assert_memory_equal(coded, "claudex~", 8);
        assert_int_equal(name_decode(coded, n, back), length);
        assert_memory_equal(back, odd[i], length);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (name_is_odd(plain[i], strlen(plain[i])))
            fail_msg("%s", plain[i]);
}

static void paths_are_coded_name_by_name(void **state)
{
    (void)state;
    char coded[PATH_DECODED_MAX], back[PATH_DECODED_MAX];
    (void)path_encode("a/.GIT/b", coded, sizeof coded);
    assert_string_equal(coded, "a/claudex~2e474954/b");
    (void)path_decode(coded, back, sizeof back);
    assert_string_equal(back, "a/.GIT/b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_comes_back),
        cmocka_unit_test(any_damage_is_found),
        cmocka_unit_test(trees_are_those_of_git),
        cmocka_unit_test(no_file_at_all_is_the_empty_tree),
        cmocka_unit_test(names_that_git_refuses_are_others_and_come_back),
        cmocka_unit_test(paths_are_coded_name_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
