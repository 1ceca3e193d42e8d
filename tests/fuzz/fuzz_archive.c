/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/archive/lib.c plugin/archive/place.c plugin/archive/unpack.c plugin/lazy.c */
/*
 * Whole archives, unpacked for real below a folder that has a sibling, so it is slow; the names
 * alone are fuzz_archive_paths's. Whatever arrives, the sibling is as it was.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/archive/lib.h"
#include "plugin/archive/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int promise)
{
    if (!promise)
        abort();
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Puts right the checksums of blocks that look like headers (POSIX.1-1988 ustar), or no mutated
 * one would get past the first check. */
static char *with_checksums(const uint8_t *data, size_t size)
{
    enum { BLOCK = 512, SUM = 148, SUM_SIZE = 8, MAGIC = 257 };
    char *copy = malloc(size + 1);
    must(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        unsigned sum = SUM_SIZE * ' ';
        char text[16] = "";
        if (memcmp(copy + at + MAGIC, "ustar", 5) != 0)
            continue;
        for (size_t i = 0; i < BLOCK; i++)
            sum += i >= SUM && i < SUM + SUM_SIZE ? 0 : (unsigned char)copy[at + i];
        (void)snprintf(text, sizeof text, "%06o", sum);
        memcpy(copy + at + SUM, text, SUM_SIZE);
    }
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct archive_limits limits = {.bytes = 1 << 20, .files = 100};
    char top[] = "/tmp/claudex-fuzz-XXXXXX", target[64], sibling[64];
    struct archive_outcome outcome;
    struct error err = ERROR_INIT;
    struct stat st;
    must(mkdtemp(top) != NULL);
    (void)snprintf(target, sizeof target, "%s/target", top);
    (void)snprintf(sibling, sizeof sibling, "%s/sibling", top);
    must(mkdir(target, 0700) == 0);
    int fd = open(sibling, O_CREAT | O_WRONLY, 0604);
    must(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);

    must(archive_lib_load(&err) == 0);
    char *tar = with_checksums(data, size);
    int source = memfd_create("tar", MFD_CLOEXEC);
    must(source >= 0 && write(source, tar, size) == (ssize_t)size &&
         lseek(source, 0, SEEK_SET) == 0);
    free(tar);
    archive_unpack(source, target, size % 2 ? "renamed" : NULL, &limits, &outcome);
    close(source);
    must(outcome.files <= limits.files && outcome.bytes <= limits.bytes);
    must(stat(sibling, &st) == 0 && st.st_size == 1 && st.st_nlink == 1);
    must((st.st_mode & 07777) == 0604);
    must(stat(top, &st) == 0 && st.st_nlink == 3); /* no third name beside the two */
    must(nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    return 0;
}
