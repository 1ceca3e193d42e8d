/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/snapshot.c init/git/scan.c init/git/listing.c init/git/ahead.c
 *       init/git/beneath.c
 *       init/processors.c init/git/fields.c init/git/hashing.c init/git/entries.c
 *       init/git/ignore.c init/git/record.c init/git/pack.c init/git/pack_large.c
 *       init/git/pack_index.c init/git/object.c init/git/oid_set.c init/git/tree.c
 *       init/git/name.c init/git/path.c init/git/oid.c init/git/audit.c init/git/tidy.c
 *       init/git/store.c init/git/actor.c init/git/history.c init/git/changes.c
 *       init/git/sessions.c */
/* wraps: pwrite fstatvfs */
/* Snapshots of a folder of this test's, by the code that the worker runs, without its uids. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/git/changes.h"
#include "init/git/history.h"
#include "init/git/scan.h"
#include "init/git/sessions.h"
#include "init/git/snapshot.h"
#include "init/git/store.h"
#include "shared/io.h"

static struct actor actor;
static long writes_left; /* 0: as ever */

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (writes_left > 0 && --writes_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    return __real_pwrite(fd, bytes, size, offset);
}

static uint64_t space_left; /* 0: as it is */

int __real_fstatvfs(int fd, struct statvfs *fs);
int __wrap_fstatvfs(int fd, struct statvfs *fs);
int __wrap_fstatvfs(int fd, struct statvfs *fs)
{
    int failed = __real_fstatvfs(fd, fs);
    if (space_left)
        fs->f_bavail = space_left / fs->f_frsize;
    return failed;
}

struct world {
    char folder[64], audit[64], objects[80];
    int root;
    struct error err;
};

static int set_up(void **state)
{
    /* Not on tmpfs, which scan_believes() does not believe. */
    struct world *w = calloc(1, sizeof *w);
    (void)snprintf(w->folder, sizeof w->folder, "build/test/snapshot.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    (void)snprintf(w->audit, sizeof w->audit, "%s.audit", w->folder);
    (void)snprintf(w->objects, sizeof w->objects, "%s/objects", w->audit);
    w->root = open(w->folder, O_RDONLY | O_DIRECTORY);
    *state = w;
    return w->root < 0 ? -1 : mkdir(w->audit, 0755);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char *argv[] = {(char *)"rm", (char *)"-rf", w->folder, w->audit, NULL};
    close(w->root);
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(1);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        ;
    free(w);
    return status;
}

static void put(const struct world *w, const char *path, const void *bytes, size_t length)
{
    cleanup_fd int fd = openat(w->root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, bytes, length), 0);
}

static void put_text(const struct world *w, const char *path, const char *text)
{
    put(w, path, text, strlen(text));
}

static struct snapshot plain(const struct world *w)
{
    return (struct snapshot){.kind = "asked",
                             .session = {.id = "id", .box = "box", .project = "/workspace/p"},
                             .objects = w->objects,
                             .root = w->root,
                             .write_back = true};
}

/* Takes one; its tree as hex. */
static void take(struct world *w, const struct snapshot *what, char tree[41],
                 struct snapshot_result *result)
{
    cleanup_audit struct audit audit = AUDIT_INIT;
    if (audit_open(&audit, w->audit, &w->err) < 0 ||
        snapshot_take(&audit, &actor, what, result, &w->err) < 0)
        fail_msg("%s", w->err.text);
    oid_print(result->tree, tree);
}

static void take_plain(struct world *w, char tree[41])
{
    const struct snapshot what = plain(w);
    struct snapshot_result result;
    take(w, &what, tree, &result);
    entries_free(&result.entries);
}

/* The blob's bytes at a path of the last snapshot; "" where there is none. */
static char *recorded(struct world *w, const char *path)
{
    uint8_t tip[OID_SIZE];
    cleanup_audit struct audit audit = AUDIT_INIT;
    git_commit *commit = NULL;
    git_tree *tree = NULL;
    git_tree_entry *entry = NULL;
    git_blob *blob = NULL;
    git_oid id;
    assert_int_equal(audit_open(&audit, w->audit, &w->err), 0);
    assert_int_equal(audit_tip(&audit, tip, &w->err), 1);
    git_odb *odb = store_open(w->objects, &w->err);
    git_repository *repository = store_repository(odb, &w->err);
    memcpy(id.id, tip, OID_SIZE);
    assert_int_equal(git_commit_lookup(&commit, repository, &id), 0);
    assert_int_equal(git_commit_tree(&tree, commit), 0);
    char *text = NULL;
    if (git_tree_entry_bypath(&entry, tree, path) == 0 &&
        git_blob_lookup(&blob, repository, git_tree_entry_id(entry)) == 0)
        text = strndup(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    git_blob_free(blob);
    git_tree_entry_free(entry);
    git_tree_free(tree);
    git_commit_free(commit);
    git_repository_free(repository);
    git_odb_free(odb);
    return text ? text : strdup("");
}

static void assert_recorded(struct world *w, const char *path, const char *text)
{
    cleanup_free char *is = recorded(w, path);
    assert_string_equal(is, text);
}

/* Old enough for its fields to be believed. */
static void wait_until_old(void)
{
    const struct timespec moment = {.tv_sec = 2, .tv_nsec = 100000000};
    (void)nanosleep(&moment, NULL);
}

/* --- tests -------------------------------------------------------------------------------- */

static void every_kind_of_file_is_there(void **state)
{
    struct world *w = *state;
    char tree[41];
    assert_int_equal(mkdirat(w->root, "sub", 0755), 0);
    assert_int_equal(mkdirat(w->root, "sub/.git", 0755), 0);
    assert_int_equal(mkdirat(w->root, ".GIT", 0755), 0);
    put_text(w, "sub/.git/config", "[core]\n\tfsmonitor = touch ran\n");
    put_text(w, ".GIT/x", "odd");
    put_text(w, "sub/new\nline", "n");
    put_text(w, "\xff\xfe", "not UTF-8");
    put_text(w, "Case", "1");
    put_text(w, "case", "2");
    put_text(w, ".git", "gitdir: /elsewhere");
    assert_int_equal(symlinkat("/etc/passwd", w->root, "link"), 0);
    assert_int_equal(mkfifoat(w->root, "fifo", 0600), 0);
    take_plain(w, tree);
    assert_recorded(w, "files/sub/new\nline", "n");
    assert_recorded(w, "files/\xff\xfe", "not UTF-8");
    assert_recorded(w, "files/Case", "1");
    assert_recorded(w, "files/case", "2");
    assert_recorded(w, "files/link", "/etc/passwd");
    assert_recorded(w, "files/claudex~2e474954/x", "odd");
    assert_recorded(w, "files/claudex~2e676974", "gitdir: /elsewhere");
    assert_recorded(w, "files/sub/.git/config", "");
    assert_recorded(w, "files/fifo", "");
    cleanup_free char *record = recorded(w, "record");
    assert_non_null(strstr(record, "sub/.git"));
}

/* Promise 14. */
static void forged_times_hide_nothing(void **state)
{
    struct world *w = *state;
    char before[41], after[41];
    struct stat st;
    if (!scan_believes(w->root)) {
        print_message("skip: this file system's times are not believed at all\n");
        skip();
    }
    put_text(w, "a", "one");
    assert_int_equal(fstatat(w->root, "a", &st, 0), 0);
    wait_until_old();
    take_plain(w, before);
    put_text(w, "a", "two");
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(w->root, "a", times, 0), 0);
    take_plain(w, after);
    assert_string_not_equal(before, after);
    assert_recorded(w, "files/a", "two");
}

static void a_damaged_index_costs_time_and_nothing_else(void **state)
{
    struct world *w = *state;
    char before[41], after[41], path[128];
    put_text(w, "a", "one");
    take_plain(w, before);
    (void)snprintf(path, sizeof path, "%s/claudex/index", w->audit);
    assert_int_equal(truncate(path, 100), 0);
    take_plain(w, after);
    assert_string_equal(before, after);
    cleanup_fd int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write_all(fd, "nonsense", 8), 0);
    take_plain(w, after);
    assert_string_equal(before, after);
}

/* Without an index every tree is made anew: the ids that were kept have to be the same ones. */
static void take_both_ways(struct world *w)
{
    char tree[41], anew[41], path[128];
    take_plain(w, tree);
    (void)snprintf(path, sizeof path, "%s/claudex/index", w->audit);
    assert_int_equal(unlink(path), 0);
    take_plain(w, anew);
    assert_string_equal(tree, anew);
}

static void trees_are_kept_where_nothing_is_different(void **state)
{
    struct world *w = *state;
    char path[64], last[41], tree[41];
    /* Enough for the threads of the walk. */
    for (int i = 0; i < 60; i++) {
        (void)snprintf(path, sizeof path, "d%d", i % 10);
        assert_true(mkdirat(w->root, path, 0755) == 0 || errno == EEXIST);
        (void)snprintf(path, sizeof path, "d%d/e%d", i % 10, i);
        assert_int_equal(mkdirat(w->root, path, 0755), 0);
        for (int k = 0; k < 3; k++) {
            (void)snprintf(path, sizeof path, "d%d/e%d/f%d", i % 10, i, k);
            put_text(w, path, path);
        }
    }
    put_text(w, "d3/e3.c", "between e3 and e3/");
    wait_until_old();
    take_plain(w, last);
    take_plain(w, tree);
    assert_string_equal(last, tree);
    /* Each alone: gone at the end, in front, all of a folder's; new; changed; its mode. */
    assert_int_equal(unlinkat(w->root, "d9/e59/f2", 0), 0);
    take_both_ways(w);
    assert_int_equal(unlinkat(w->root, "d0/e0/f0", 0), 0);
    take_both_ways(w);
    for (int k = 0; k < 3; k++) {
        (void)snprintf(path, sizeof path, "d5/e5/f%d", k);
        assert_int_equal(unlinkat(w->root, path, 0), 0);
    }
    take_plain(w, tree);
    take_both_ways(w);
    assert_int_equal(unlinkat(w->root, "d5/e5", AT_REMOVEDIR), 0);
    take_both_ways(w);
    put_text(w, "d3/e3/f9", "new");
    take_both_ways(w);
    put_text(w, "d3/e13/f1", "changed");
    take_both_ways(w);
    assert_int_equal(fchmodat(w->root, "d4/e4/f1", 0755, 0), 0);
    take_both_ways(w);
    /* As many as before, but others; a folder in the place of a file. */
    assert_int_equal(renameat(w->root, "d6/e6/f0", w->root, "d6/e6/g0"), 0);
    take_both_ways(w);
    assert_int_equal(renameat(w->root, "d7/e7", w->root, "d8/e7"), 0);
    take_both_ways(w);
    assert_int_equal(unlinkat(w->root, "d3/e3.c", 0), 0);
    assert_int_equal(mkdirat(w->root, "d3/e3.c", 0755), 0);
    put_text(w, "d3/e3.c/x", "x");
    take_both_ways(w);
}

static void gitignore_counts_as_it_was_at_the_start(void **state)
{
    struct world *w = *state;
    char tree[41];
    struct snapshot what = plain(w);
    struct snapshot_result result;
    put_text(w, ".gitignore", "*.o\n");
    put_text(w, "a.o", "object");
    put_text(w, "a.c", "source");
    what.gather_ignore = true;
    take(w, &what, tree, &result);
    entries_free(&result.entries);
    assert_recorded(w, "files/a.o", "");
    /* Written while the session runs, it hides nothing. */
    put_text(w, ".gitignore", "*\n");
    put_text(w, "hidden.c", "h");
    put_text(w, "b.o", "still");
    take_plain(w, tree);
    assert_recorded(w, "files/hidden.c", "h");
    assert_recorded(w, "files/b.o", "");
    /* At the next start it counts, but not for what is known. */
    put_text(w, "a.c", "changed");
    put_text(w, "new.c", "n");
    take(w, &what, tree, &result);
    entries_free(&result.entries);
    assert_recorded(w, "files/a.c", "changed");
    assert_recorded(w, "files/new.c", "");
    what.ignored_too = true;
    take(w, &what, tree, &result);
    entries_free(&result.entries);
    assert_recorded(w, "files/a.o", "object");
}

static void a_sparse_file_of_10_gigabytes_is_a_hash(void **state)
{
    struct world *w = *state;
    char tree[41];
    cleanup_fd int fd = openat(w->root, "sparse", O_WRONLY | O_CREAT, 0644);
    assert_int_equal(ftruncate(fd, (off_t)10 << 30), 0);
    assert_int_equal(pwrite(fd, "x", 1, (off_t)5 << 30), 1);
    clock_t start = clock();
    take_plain(w, tree);
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
    cleanup_free char *text = recorded(w, "files/sparse");
    assert_non_null(strstr(text, "size 10737418240\n"));
    cleanup_free char *record = recorded(w, "record");
    assert_non_null(strstr(record, "hash_only"));
    /* Another byte is another hash. */
    assert_int_equal(pwrite(fd, "y", 1, (off_t)5 << 30), 1);
    take_plain(w, tree);
    cleanup_free char *again = recorded(w, "files/sparse");
    assert_string_not_equal(text, again);
}

static void a_large_file_is_whole(void **state)
{
    struct world *w = *state;
    char tree[41];
    const size_t size = (size_t)9 << 20;
    cleanup_free char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    put(w, "large", bytes, size);
    put(w, "twin", bytes, size);
    take_plain(w, tree);
    cleanup_free char *is = recorded(w, "files/large");
    assert_int_equal(strlen(is), size);
    assert_memory_equal(is, bytes, size);
}

static void a_full_disk_makes_a_poorer_snapshot(void **state)
{
    struct world *w = *state;
    char tree[41];
    char bytes[10000];
    memset(bytes, 'b', sizeof bytes);
    put_text(w, "small", "s");
    put(w, "big", bytes, sizeof bytes);
    writes_left = 2;
    take_plain(w, tree);
    writes_left = 0;
    assert_recorded(w, "files/small", "s");
    cleanup_free char *text = recorded(w, "files/big");
    assert_non_null(strstr(text, "size 10000\n"));
    /* With room again it is kept once it changes. */
    put(w, "big", bytes, 9999);
    take_plain(w, tree);
    cleanup_free char *is = recorded(w, "files/big");
    assert_int_equal(strlen(is), 9999);
}

static void past_the_cap_large_files_are_hashes(void **state)
{
    struct world *w = *state;
    char tree[41];
    const size_t size = (size_t)2 << 20;
    cleanup_free char *bytes = malloc(size);
    memset(bytes, 'l', size);
    put(w, "large", bytes, size);
    put_text(w, "small", "s");
    space_left = (uint64_t)1 << 30;
    take_plain(w, tree);
    space_left = 0;
    assert_recorded(w, "files/small", "s");
    cleanup_free char *text = recorded(w, "files/large");
    assert_non_null(strstr(text, "size 2097152\n"));
    cleanup_free char *record = recorded(w, "record");
    assert_non_null(strstr(record, "\"hash_only\""));
    assert_non_null(strstr(record, "\"large\""));
}

static void space_is_set_aside_and_given_up_on_a_full_disk(void **state)
{
    struct world *w = *state;
    struct stat st;
    char tree[41], path[128];
    (void)snprintf(path, sizeof path, "%s/claudex/reserve", w->audit);
    {
        cleanup_audit struct audit audit = AUDIT_INIT;
        assert_int_equal(audit_open(&audit, w->audit, &w->err), 0);
        audit_reserve(&audit);
    }
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_blocks * 512 >= 16 << 20); /* not only its size */
    put_text(w, "a", "one");
    writes_left = 2;
    take_plain(w, tree);
    writes_left = 0;
    assert_int_equal(stat(path, &st), -1);
    assert_recorded(w, "files/a", "one");
}

static void loops_of_repositories_and_links_end(void **state)
{
    struct world *w = *state;
    char tree[41];
    /* As git leaves submodules, but in a ring. */
    assert_int_equal(mkdirat(w->root, "a", 0755), 0);
    assert_int_equal(mkdirat(w->root, "a/b", 0755), 0);
    assert_int_equal(mkdirat(w->root, ".git", 0755), 0);
    assert_int_equal(mkdirat(w->root, ".git/modules", 0755), 0);
    assert_int_equal(symlinkat("../..", w->root, ".git/modules/a"), 0);
    put_text(w, ".gitmodules", "[submodule \"a\"]\n\tpath = a\n\turl = .\n");
    put_text(w, "a/.git", "gitdir: ../a/b/.git\n");
    put_text(w, "a/b/.git", "gitdir: ../../a/.git\n");
    put_text(w, "a/b/file", "f");
    assert_int_equal(symlinkat("..", w->root, "a/b/up"), 0);
    assert_int_equal(symlinkat("self", w->root, "self"), 0);
    take_plain(w, tree);
    assert_recorded(w, "files/a/b/file", "f");
    assert_recorded(w, "files/a/b/up", "..");
    assert_recorded(w, "files/self", "self");
    assert_recorded(w, "files/a/claudex~2e676974", "gitdir: ../a/b/.git\n");
}

static void many_snapshots_are_few_packs(void **state)
{
    struct world *w = *state;
    char tree[41], text[32], path[128];
    for (int i = 0; i < 40; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        put_text(w, "a", text);
        take_plain(w, tree);
    }
    {
        cleanup_audit struct audit audit = AUDIT_INIT;
        assert_int_equal(audit_open(&audit, w->audit, &w->err), 0);
        assert_int_equal(audit_tidy(&audit, &w->err), 0);
    }
    (void)snprintf(path, sizeof path, "%s/objects/pack", w->audit);
    cleanup_dir DIR *dir = opendir(path);
    int files = 0;
    while (readdir(dir))
        files++;
    assert_int_equal(files, 4); /* ".", "..", one pack, its index */
    assert_recorded(w, "files/a", "39");
}

static void a_killed_session_is_found_once(void **state)
{
    struct world *w = *state;
    static struct left_open left;
    const struct trail_session session = {.id = "box.1",
                                          .box = "box",
                                          .agent = "claude",
                                          .command = "[\"a\nb\"]",
                                          .mode = "open"};
    cleanup_audit struct audit audit = AUDIT_INIT;
    assert_int_equal(audit_open(&audit, w->audit, &w->err), 0);
    int lock = sessions_open(&audit, &session, &w->err);
    assert_true(lock >= 0);
    assert_int_equal(sessions_next_dead(&audit, &left, &w->err), 0);
    close(lock); /* as when PID 1 dies */
    assert_int_equal(sessions_next_dead(&audit, &left, &w->err), 1);
    assert_string_equal(left.session.agent, "claude");
    assert_string_equal(left.session.command, "[\"a\\x0ab\"]");
    sessions_bury(&audit, &left);
    assert_int_equal(sessions_next_dead(&audit, &left, &w->err), 0);
}

static void space_decides_what_is_kept(void **state)
{
    (void)state;
    const uint64_t gib = (uint64_t)1 << 30;
    const struct {
        struct audit_space space;
        uint64_t kept;
    } cases[] = {
        {{.used = 0, .left = 100 * gib}, 512 << 20},
        {{.used = 5 * gib, .left = 100 * gib}, 1 << 20},
        {{.used = 0, .left = gib}, 1 << 20},
        {{.used = 9 * gib, .left = 100 * gib}, 64 << 10},
        {{.used = 0, .left = 0}, 4 << 10},
        {{.used = 100 * gib, .left = 100 * gib}, 4 << 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(audit_kept_max(&cases[i].space) == cases[i].kept);
}

static int library(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    return store_library(&err) < 0 ? -1 : actor_start(&actor, geteuid(), getegid(), &err);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(every_kind_of_file_is_there),
        test(forged_times_hide_nothing),
        test(a_damaged_index_costs_time_and_nothing_else),
        test(trees_are_kept_where_nothing_is_different),
        test(gitignore_counts_as_it_was_at_the_start),
        test(a_sparse_file_of_10_gigabytes_is_a_hash),
        test(a_large_file_is_whole),
        test(a_full_disk_makes_a_poorer_snapshot),
        test(past_the_cap_large_files_are_hashes),
        test(space_is_set_aside_and_given_up_on_a_full_disk),
        test(loops_of_repositories_and_links_end),
        test(many_snapshots_are_few_packs),
        test(a_killed_session_is_found_once),
        cmocka_unit_test(space_decides_what_is_kept),
    };
    return cmocka_run_group_tests(tests, library, NULL);
}
