/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many small packs into one. Objects in packs of ours are whole, so they move as they are. */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "init/git/audit.h"
#include "init/git/pack.h"
#include "shared/cleanup.h"
#include "shared/io.h"

enum {
    MANY = 32,
    NAME = sizeof "pack-.pack" + 2 * OID_SIZE,
    PACKS_MAX = 1024,
    FANOUT = 256 * 4,
    INDEX_HEAD = 8 + FANOUT,
};
#define SMALL_PACK ((off_t)8 << 20)

struct small {
    char names[PACKS_MAX][NAME];
    size_t count;
};

static bool is_pack_name(const char *name)
{
    size_t length = strlen(name);
    return length == NAME - 1 && strncmp(name, "pack-", 5) == 0 &&
           strcmp(name + length - 5, ".pack") == 0;
}

static int find_small(const struct audit *audit, struct small *small)
{
    int fd = openat(audit->packs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir)) && small->count < PACKS_MAX;) {
        struct stat st;
        if (is_pack_name(entry->d_name) &&
            fstatat(audit->packs, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_size < SMALL_PACK)
            memcpy(small->names[small->count++], entry->d_name, NAME);
    }
    return 0;
}

static void index_name(const char *pack, char out[NAME])
{
    memcpy(out, pack, NAME);
    memcpy(out + NAME - 1 - strlen("pack"), "idx", sizeof "idx");
}

static uint32_t word_at(const struct buf *bytes, size_t at)
{
    uint32_t word;
    memcpy(&word, bytes->data + at, sizeof word);
    return be32toh(word);
}

struct place {
    uint32_t offset, object;
};

static int by_offset(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/* Each object reaches to the next one, the last to the trailer. */
static int move_objects(struct pack *to, const struct buf *pack, const struct buf *index)
{
    if (index->length < INDEX_HEAD || pack->length < 12 + OID_SIZE)
        return -1;
    const size_t count = word_at(index, INDEX_HEAD - 4);
    if (index->length != INDEX_HEAD + count * (OID_SIZE + 8) + 2 * OID_SIZE)
        return -1;
    cleanup_free struct place *places = calloc(count + 1, sizeof *places);
    if (!places)
        return -1;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){word_at(index, INDEX_HEAD + count * (OID_SIZE + 4) + i * 4),
                                   (uint32_t)i};
    qsort(places, count, sizeof *places, by_offset);
    places[count].offset = (uint32_t)(pack->length - OID_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint8_t oid[OID_SIZE];
        if (places[i].offset >= places[i + 1].offset ||
            places[i + 1].offset > pack->length - OID_SIZE)
            return -1;
        const size_t length = places[i + 1].offset - places[i].offset;
        const struct buf bytes = {.data = pack->data + places[i].offset, .length = length};
        memcpy(oid, index->data + INDEX_HEAD + (size_t)places[i].object * OID_SIZE, OID_SIZE);
        if (pack_add_packed(to, oid, &bytes) < 0)
            return -1;
    }
    return 0;
}

static int move_pack(const struct audit *audit, struct pack *to, const char *name)
{
    char index_file[NAME];
    cleanup_buf struct buf pack = BUF_INIT((size_t)SMALL_PACK),
                           index = BUF_INIT((size_t)SMALL_PACK);
    index_name(name, index_file);
    if (read_regular_file(audit->packs, name, &pack) < 0 ||
        read_regular_file(audit->packs, index_file, &index) < 0)
        return -1;
    return move_objects(to, &pack, &index);
}

int audit_tidy(const struct audit *audit, struct error *err)
{
    char temporary[AUDIT_TEMPORARY_MAX];
    cleanup_free struct small *small = calloc(1, sizeof *small);
    if (!small || find_small(audit, small) < 0)
        return error_errno(err, "cannot look at the audit trail's packs");
    if (small->count < MANY)
        return 0;
    cleanup_fd int fd = audit_pack_new(audit, temporary, err);
    if (fd < 0)
        return -1;
    struct pack pack;
    pack_begin(&pack, fd);
    int failed = 0;
    for (size_t i = 0; i < small->count && !failed; i++)
        failed = move_pack(audit, &pack, small->names[i]);
    if (failed)
        (void)error_set(err, "a pack of the audit trail cannot be read; they stay apart");
    else
        failed = audit_pack_place(audit, temporary, &pack, err);
    pack_free(&pack);
    if (failed) {
        audit_pack_drop(audit, temporary);
        return -1;
    }
    audit_sync(audit); /* before the only other copy goes */
    for (size_t i = 0; i < small->count; i++) {
        char index_file[NAME];
        index_name(small->names[i], index_file);
        (void)unlinkat(audit->packs, index_file, 0);
        (void)unlinkat(audit->packs, small->names[i], 0);
    }
    return 0;
}
