/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/archive/archive.c plugin/archive/lib.c plugin/archive/place.c
 * plugin/archive/reader.c plugin/archive/unpack.c plugin/lazy.c */
/* wraps: fork */
/* Archives as a hostile box would send them, unpacked for real. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/archive/archive.h"
#include "plugin/archive/place.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/names.h"

/* --- tar by hand, POSIX.1-1988 ustar: what libarchive would not write ------------------ */

static struct buf tar = BUF_INIT(64 << 20);

struct hostile {
    const char *path;
    char
        type; /* '0' file, '1' hard link, '2' link, '3' device, '5' folder, '6' fifo, 'x' pax */
    const char *link, *content;
    unsigned mode;
    unsigned long long size; /* 0: of content */
};

static void put(struct hostile entry)
{
    static const char magic[8] = {'u', 's', 't', 'a', 'r', '\0', '0', '0'};
    unsigned char block[512] = {0};
    unsigned sum = 8 * ' ';
    size_t length = entry.content ? strlen(entry.content) : 0;
    unsigned long long size = entry.size ? entry.size : length;
    unsigned mode = entry.mode ? entry.mode : entry.type == '5' ? 0755 : 0644;
    strncpy((char *)block, entry.path, 100);
    (void)snprintf((char *)block + 100, 8, "%07o", mode);
    (void)snprintf((char *)block + 108, 8, "%07o", 12345);
    (void)snprintf((char *)block + 116, 8, "%07o", 12345);
    (void)snprintf((char *)block + 124, 12, "%011llo", size);
    (void)snprintf((char *)block + 136, 12, "%011o", 1000000000);
    block[156] = (unsigned char)entry.type;
    if (entry.link)
        strncpy((char *)block + 157, entry.link, 100);
    memcpy(block + 257, magic, sizeof magic);
    for (size_t i = 0; i < sizeof block; i++)
        sum += i >= 148 && i < 156 ? 0 : block[i];
    (void)snprintf((char *)block + 148, 8, "%06o", sum);
    assert_int_equal(buf_append(&tar, block, sizeof block), 0);
    assert_int_equal(buf_append(&tar, entry.content, length), 0);
    while (tar.length % 512)
        assert_int_equal(buf_append(&tar, "", 1), 0);
}

static void put_end(void)
{
    static const char zeros[1024];
    assert_int_equal(buf_append(&tar, zeros, sizeof zeros), 0);
}

/* --- a target with something outside of it -------------------------------------------- */

static char top[64], target[80], outside[80];
static struct error err;
static uint64_t files, bytes;

static int set_up(void **state)
{
    (void)state;
    buf_clear(&tar);
    strcpy(top, "/tmp/claudex-archive-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    (void)snprintf(target, sizeof target, "%s/target", top);
    (void)snprintf(outside, sizeof outside, "%s/outside", top);
    if (mkdir(target, 0755) < 0)
        return -1;
    FILE *file = fopen(outside, "w");
    return !file || fputs("untouched", file) < 0 || fclose(file) ? -1 : 0;
}

static const char *content(const char *path)
{
    static char text[256];
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static const char *in_target(const char *name)
{
    static char path[4][512];
    static int next;
    char *out = path[next++ % 4];
    (void)snprintf(out, sizeof path[0], "%s/%s", target, name);
    return out;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(name);
}

static int tear_down(void **state)
{
    struct stat st;
    (void)state;
    assert_string_equal(content(outside), "untouched");
    assert_int_equal(stat(outside, &st), 0);
    assert_int_equal(st.st_nlink, 1);
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const struct archive_limits plenty = {.bytes = 1 << 30, .files = 10000};

static int unpack_within(const struct archive_limits *limits, const char *rename_to,
                         size_t step)
{
    err = (struct error)ERROR_INIT;
    struct archive_reader *reader = archive_reader_new(target, rename_to, limits, &err);
    assert_non_null(reader);
    int failed = 0;
    for (size_t at = 0; at < tar.length && !failed; at += step) {
        size_t left = tar.length - at;
        failed = archive_sink(reader, tar.data + at, left < step ? left : step, &err);
    }
    failed |= archive_reader_finish(reader, &files, &bytes, &err);
    archive_reader_free(&reader);
    return failed;
}

static int unpack(void)
{
    put_end();
    return unpack_within(&plenty, NULL, 1 << 20);
}

/* --- what is refused ------------------------------------------------------------------ */

static void paths_that_lead_out(void **state)
{
    char absolute[128];
    (void)state;
    (void)snprintf(absolute, sizeof absolute, "%s/new", top);
    put((struct hostile){.path = absolute, .type = '0', .content = "x"});
    put((struct hostile){.path = "../new", .type = '0', .content = "x"});
    put((struct hostile){.path = "a/../../new", .type = '0', .content = "x"});
    put((struct hostile){.path = "a/..", .type = '5'});
    put((struct hostile){.path = "../outside", .type = '0', .content = "x"});
    put((struct hostile){.path = "good", .type = '0', .content = "fine"});
    assert_int_equal(unpack(), -1);
    assert_non_null(
        strstr(err.text, "5 of the archive's entries were refused, the rest is there"));
    assert_non_null(strstr(err.text, "../new: leads out of the folder"));
    assert_int_equal(err.status, EXIT_CLAUDEX);
    (void)snprintf(absolute, sizeof absolute, "%s/new", top);
    assert_int_equal(access(absolute, F_OK), -1);
    assert_string_equal(content(in_target("good")), "fine");
    assert_int_equal(files, 1);
}

static void links_that_lead_out(void **state)
{
    (void)state;
    put((struct hostile){.path = "a", .type = '2', .link = "/etc"});
    put((struct hostile){.path = "b", .type = '2', .link = "../outside"});
    put((struct hostile){.path = "d/c", .type = '2', .link = "../../outside"});
    put((struct hostile){.path = "d/e/up", .type = '2', .link = ".."});
    put((struct hostile){.path = "d/f", .type = '2', .link = "e/up/../../.."});
    put((struct hostile){.path = "d/i", .type = '2', .link = "e/up/.."}); /* by name, inside */
    put((struct hostile){.path = "d/g", .type = '2', .link = "../good"});
    put((struct hostile){.path = "d/h", .type = '2', .link = ""});
    assert_int_equal(unpack(), -1);
    assert_non_null(strstr(err.text, "6 of the archive's entries"));
    assert_non_null(strstr(err.text, "a → /etc: leads out of the folder"));
    struct stat st;
    assert_int_equal(lstat(in_target("a"), &st), -1);
    assert_int_equal(lstat(in_target("d/f"), &st), -1);
    assert_int_equal(lstat(in_target("d/g"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(files, 2);
}

static void nothing_is_written_through_a_link(void **state)
{
    (void)state;
    /* Of the archive itself: a link that is allowed, to a folder, and then a file "in" it. */
    put((struct hostile){.path = "real", .type = '5'});
    put((struct hostile){.path = "link", .type = '2', .link = "real"});
    put((struct hostile){.path = "link/file", .type = '0', .content = "x"});
    put((struct hostile){.path = "link/deep/file", .type = '0', .content = "x"});
    /* Of somebody who was there before. */
    assert_int_equal(symlink("..", in_target("trap")), 0);
    assert_int_equal(symlink("../outside", in_target("file")), 0);
    put((struct hostile){.path = "trap/outside", .type = '0', .content = "x"});
    put((struct hostile){.path = "trap", .type = '5'});
    put((struct hostile){.path = "file", .type = '0', .content = "mine"});
    assert_int_equal(unpack(), -1);
    assert_non_null(strstr(err.text, "a link or file is in the way"));
    assert_int_equal(access(in_target("real/file"), F_OK), -1);
    struct stat st;
    assert_int_equal(lstat(in_target("file"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_string_equal(content(in_target("file")), "mine");
}

static void what_was_there_is_replaced_not_written(void **state)
{
    (void)state;
    assert_int_equal(link(outside, in_target("same")), 0);
    put((struct hostile){.path = "same", .type = '0', .content = "new"});
    assert_int_equal(unpack(), 0);
    assert_string_equal(content(in_target("same")), "new");
}

static void hard_links(void **state)
{
    (void)state;
    FILE *file = fopen(in_target("yours"), "w");
    assert_non_null(file);
    fclose(file);
    put((struct hostile){.path = "mine", .type = '0', .content = "x"});
    put((struct hostile){.path = "also", .type = '1', .link = "mine"});
    put((struct hostile){.path = "theft", .type = '1', .link = "yours"});
    put((struct hostile){.path = "a", .type = '1', .link = "../outside"});
    put((struct hostile){.path = "b", .type = '1', .link = outside});
    put((struct hostile){.path = "l", .type = '2', .link = "mine"});
    put((struct hostile){.path = "c", .type = '1', .link = "l"});
    put((struct hostile){.path = "d", .type = '1', .link = "nowhere/x"});
    assert_int_equal(unpack(), -1);
    assert_non_null(strstr(err.text, "5 of the archive's entries"));
    struct stat st;
    assert_int_equal(lstat(in_target("mine"), &st), 0);
    assert_int_equal(st.st_nlink, 2);
    assert_int_equal(access(in_target("theft"), F_OK), -1);
}

static void devices_and_the_like(void **state)
{
    (void)state;
    put((struct hostile){.path = "disk", .type = '4'});
    put((struct hostile){.path = "tty", .type = '3'});
    put((struct hostile){.path = "pipe", .type = '6'});
    assert_int_equal(unpack(), -1);
    assert_non_null(strstr(err.text, "3 of the archive's entries"));
    assert_int_equal(files, 0);
}

static void no_bits_beyond_rwx_and_no_other_owner(void **state)
{
    (void)state;
    put((struct hostile){.path = "suid", .type = '0', .content = "x", .mode = 06755});
    put((struct hostile){.path = "closed", .type = '5', .mode = 01000});
    put((struct hostile){.path = "closed/in", .type = '0', .content = "x", .mode = 0400});
    assert_int_equal(unpack(), 0);
    struct stat st;
    assert_int_equal(stat(in_target("suid"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(st.st_uid, geteuid());
    assert_int_equal(st.st_gid, getegid());
    assert_int_equal(st.st_mtime, 1000000000);
    assert_int_equal(stat(in_target("closed"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(in_target("closed/in"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
}

static void a_folder_and_a_file_of_one_name(void **state)
{
    (void)state;
    put((struct hostile){.path = "x", .type = '5'});
    put((struct hostile){.path = "x", .type = '0', .content = "file"});
    put((struct hostile){.path = "y", .type = '0', .content = "file"});
    put((struct hostile){.path = "y", .type = '5'});
    put((struct hostile){.path = "y/z", .type = '0', .content = "file"});
    put((struct hostile){.path = ".", .type = '5'});
    put((struct hostile){.path = "./", .type = '0', .content = "file"});
    assert_int_equal(unpack(), -1);
    struct stat st;
    assert_int_equal(stat(in_target("x"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(stat(in_target("y"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
}

/* --- limits --------------------------------------------------------------------------- */

static void too_much(void **state)
{
    const struct archive_limits small = {.bytes = 10, .files = 100};
    (void)state;
    put((struct hostile){.path = "a", .type = '0', .content = "12345"});
    put((struct hostile){.path = "b", .type = '0', .content = "123456"});
    put_end();
    assert_int_equal(unpack_within(&small, NULL, 1 << 20), -1);
    assert_non_null(strstr(err.text, "more than 0 MiB"));
    assert_string_equal(content(in_target("a")), "12345");
    assert_int_equal(access(in_target("b"), F_OK), -1);
    /* What a header claims counts, before a byte of it arrives. */
    buf_clear(&tar);
    put((struct hostile){.path = "huge", .type = '0', .content = "x", .size = 077777777777ULL});
    assert_int_equal(unpack_within(&plenty, NULL, 1 << 20), -1);
    assert_int_equal(access(in_target("huge"), F_OK), -1);
}

static void too_many(void **state)
{
    const struct archive_limits few = {.bytes = 1 << 20, .files = 10};
    char name[32];
    (void)state;
    for (int i = 0; i < 11; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        put((struct hostile){.path = name, .type = (char)(i % 2 ? '5' : '0')});
    }
    put_end();
    assert_int_equal(unpack_within(&few, NULL, 1 << 20), -1);
    assert_non_null(strstr(err.text, "more than 10 files"));
    assert_int_equal(files, 10);
}

/* --- what is broken ------------------------------------------------------------------- */

static void cut_anywhere(void **state)
{
    (void)state;
    put((struct hostile){.path = "a", .type = '0', .content = "12345"});
    put((struct hostile){.path = "b", .type = '0', .content = "12345"});
    size_t whole = tar.length;
    for (size_t length = 1; length < whole; length += 37) {
        tar.length = length;
        /* After a whole entry an end of file may pass for the archive's end. */
        int failed = unpack_within(&plenty, NULL, 1 << 20);
        assert_true(failed == -1 || length >= 1024);
        tar.length = whole;
    }
}

static void rubbish(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_append(&tar, "rubbish!", 8), 0);
    assert_int_equal(unpack_within(&plenty, NULL, 4096), -1);
    assert_non_null(strstr(err.text, "broken"));
}

static void names_are_shown_safely(void **state)
{
    (void)state;
    put((struct hostile){.path = "../\033]0;owned\a", .type = '0', .content = "x"});
    assert_int_equal(unpack(), -1);
    assert_null(strchr(err.text, '\033'));
    assert_non_null(strstr(err.text, "\\x1b]0;owned\\x07"));
}

static void nowhere_to_unpack(void **state)
{
    (void)state;
    put((struct hostile){.path = "a", .type = '0', .content = "x"});
    assert_int_equal(rmdir(target), 0);
    assert_int_equal(unpack(), -1);
    assert_non_null(strstr(err.text, "cannot open the folder"));
}

/* --- what is right -------------------------------------------------------------------- */

static void the_first_component_can_be_renamed(void **state)
{
    (void)state;
    put((struct hostile){.path = "there/", .type = '5'});
    put((struct hostile){.path = "./there//file", .type = '0', .content = "x"});
    put((struct hostile){.path = "there/also", .type = '1', .link = "there/file"});
    put_end();
    assert_int_equal(unpack_within(&plenty, "here", 1), 0);
    assert_string_equal(content(in_target("here/also")), "x");
    assert_int_equal(access(in_target("there"), F_OK), -1);
}

static void names_are_bytes(void **state)
{
    static const char record[] = "16 path=gr\xc3\xbc\xc3\x9f"
                                 "e\n";
    (void)state;
    put((struct hostile){.path = "latin-\xfc", .type = '0', .content = "1"});
    put((struct hostile){.path = "utf8-\xc3\xbc", .type = '0', .content = "2"});
    put((struct hostile){.path = "pax", .type = 'x', .content = record});
    put((struct hostile){.path = "ignored", .type = '0', .content = "3"});
    put((struct hostile){.path = "new\nline", .type = '0', .content = "4"});
    assert_int_equal(unpack(), 0);
    assert_string_equal(content(in_target("latin-\xfc")), "1");
    assert_string_equal(content(in_target("utf8-\xc3\xbc")), "2");
    assert_string_equal(content(in_target("gr\xc3\xbc\xc3\x9f"
                                          "e")),
                        "3");
    assert_string_equal(content(in_target("new\nline")), "4");
}

static int skip_hidden(void *data, const char *relative)
{
    (void)data;
    return strcmp(relative, "skipped") == 0 || strcmp(relative, "sub/skipped") == 0;
}

static void read_writer(struct archive_writer *writer)
{
    char piece[10000];
    long n;
    assert_int_equal(archive_finish(writer, &err), 0);
    buf_clear(&tar);
    while ((n = archive_source(writer, piece, sizeof piece, &err)) > 0)
        assert_int_equal(buf_append(&tar, piece, (size_t)n), 0);
    assert_int_equal(n, 0);
}

static void make_source(const char *source)
{
    static const struct {
        const char *name, *content; /* NULL: a folder */
        mode_t mode;
    } entries[] = {{"", NULL, 0755},
                   {"sub", NULL, 0755},
                   {"sub/skipped", NULL, 0755},
                   {"sub/skipped/x", NULL, 0755},
                   {"sub/a", "a", 0750},
                   {"skipped", "b", 0644},
                   {"gr\xc3\xbc\xff", "g", 0644}};
    char path[256];
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", source, entries[i].name);
        if (!entries[i].content) {
            assert_int_equal(mkdir(path, entries[i].mode), 0);
            continue;
        }
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(entries[i].content, file) >= 0 && fclose(file) == 0);
        assert_int_equal(chmod(path, entries[i].mode), 0);
    }
    (void)snprintf(path, sizeof path, "%s/link", source);
    assert_int_equal(symlink("sub/a", path), 0);
    (void)snprintf(path, sizeof path, "%s/fifo", source);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void there_and_back(void **state)
{
    char source[128], *big = NULL;
    const size_t size = 9 << 20; /* more than stays in memory */
    (void)state;
    (void)snprintf(source, sizeof source, "%s/source", top);
    make_source(source);
    big = calloc(1, size);
    assert_non_null(big);
    memset(big, 'b', size);

    struct archive_writer *writer = archive_writer_new(&err);
    assert_non_null(writer);
    assert_int_equal(archive_add_folder(writer, "made", 0700, 1, 2, &err), 0);
    assert_int_equal(archive_add_bytes(writer, "made/secret", 0600, 1, 2, "s", 1, &err), 0);
    assert_int_equal(archive_add_tree(writer, source, "tree", 0, 0, skip_hidden, NULL, &err),
                     0);
    assert_int_equal(archive_add_bytes(writer, "made/big", 0644, 0, 0, big, size, &err), 0);
    assert_int_equal(archive_add_bytes(writer, "made/empty", 0644, 0, 0, NULL, 0, &err), 0);
    read_writer(writer);
    archive_writer_free(&writer);
    free(big);
    assert_true(tar.length > size);

    assert_int_equal(unpack_within(&plenty, NULL, 100000), 0);
    assert_int_equal(files, 9);
    assert_string_equal(content(in_target("made/secret")), "s");
    assert_string_equal(content(in_target("tree/sub/a")), "a");
    assert_string_equal(content(in_target("tree/link")), "a");
    assert_string_equal(content(in_target("tree/gr\xc3\xbc\xff")), "g");
    struct stat st;
    assert_int_equal(stat(in_target("made/big"), &st), 0);
    assert_int_equal(st.st_size, size);
    assert_int_equal(stat(in_target("tree/sub/a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(access(in_target("tree/skipped"), F_OK), -1);
    assert_int_equal(access(in_target("tree/sub/skipped"), F_OK), -1);
    assert_int_equal(lstat(in_target("tree/fifo"), &st), -1);
}

static void a_source_that_is_not_there(void **state)
{
    struct archive_writer *writer = archive_writer_new(&err);
    (void)state;
    assert_non_null(writer);
    assert_int_equal(archive_add_tree(writer, "/nonexistent", "x", 0, 0, NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    archive_writer_free(&writer);
}

static bool no_more_processes;

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
    if (!no_more_processes)
        return __real_fork();
    errno = EAGAIN;
    return -1;
}

/* To wait for "-1" is to wait for any child: the ssh that the engine is reached by is one. */
static void no_process_to_unpack_leaves_other_children_alone(void **state)
{
    (void)state;
    int status;
    err = (struct error)ERROR_INIT;
    const pid_t other = fork();
    if (other == 0)
        _exit(3);
    no_more_processes = true;
    struct archive_reader *reader = archive_reader_new(target, NULL, &plenty, &err);
    no_more_processes = false;
    assert_null(reader);
    assert_non_null(strstr(err.text, "cannot start the process that unpacks"));
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 3);
}

int main(void)
{
#define on_disk(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        on_disk(paths_that_lead_out),
        on_disk(links_that_lead_out),
        on_disk(nothing_is_written_through_a_link),
        on_disk(what_was_there_is_replaced_not_written),
        on_disk(hard_links),
        on_disk(devices_and_the_like),
        on_disk(no_bits_beyond_rwx_and_no_other_owner),
        on_disk(a_folder_and_a_file_of_one_name),
        on_disk(too_much),
        on_disk(too_many),
        on_disk(cut_anywhere),
        on_disk(rubbish),
        on_disk(names_are_shown_safely),
        on_disk(nowhere_to_unpack),
        on_disk(the_first_component_can_be_renamed),
        on_disk(names_are_bytes),
        on_disk(there_and_back),
        on_disk(a_source_that_is_not_there),
        on_disk(no_process_to_unpack_leaves_other_children_alone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&tar);
    return failed;
}
