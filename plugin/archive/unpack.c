/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/archive/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/archive/lib.h"
#include "plugin/archive/place.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { STEP = 64 * 1024 };

struct input {
    int fd;
    char bytes[STEP];
};

static la_ssize_t on_read(struct archive *tar, void *data, const void **bytes)
{
    struct input *input = data;
    (void)tar;
    *bytes = input->bytes;
    for (;;) {
        ssize_t n = read(input->fd, input->bytes, sizeof input->bytes);
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

static int archive_broken(struct archive *tar, struct error *err)
{
    const char *why = lib.error_string(tar);
    return error_set(err, "the archive is broken: %s", quoted(why ? why : "?"));
}

static int write_content(struct archive *tar, int fd, const struct place_entry *entry,
                         struct error *err)
{
    for (;;) {
        const void *bytes;
        size_t length;
        la_int64_t offset;
        int result = lib.read_data_block(tar, &bytes, &length, &offset);
        if (result == ARCHIVE_EOF)
            break;
        if (result != ARCHIVE_OK)
            return archive_broken(tar, err);
        /* The size is what the limits were checked with. */
        if (offset < 0 || offset > entry->size || length > (uint64_t)(entry->size - offset))
            return error_set(err, "the archive is broken: %s is longer than it says",
                             quoted(entry->path));
        for (size_t done = 0; done < length;) {
            ssize_t n = pwrite(fd, (const char *)bytes + done, length - done,
                               (off_t)offset + (off_t)done);
            if (n < 0 && errno != EINTR)
                return error_errno(err, "cannot write %s", quoted(entry->path));
            done += n < 0 ? 0 : (size_t)n;
        }
    }
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, entry->modified};
    if (ftruncate(fd, entry->size) < 0 || futimens(fd, times) < 0)
        return error_errno(err, "cannot write %s", quoted(entry->path));
    return 0;
}

static enum place_kind kind_of(struct archive_entry *entry)
{
    if (lib.entry_hardlink(entry))
        return PLACE_HARD_LINK;
    switch (lib.entry_filetype(entry)) {
    case AE_IFREG:
        return PLACE_FILE;
    case AE_IFDIR:
        return PLACE_FOLDER;
    case AE_IFLNK:
        return PLACE_LINK;
    default:
        return PLACE_OTHER;
    }
}

static int unpack(struct archive *tar, struct placer *placer, struct error *err)
{
    struct archive_entry *header;
    for (;;) {
        int result = lib.read_next_header(tar, &header);
        if (result == ARCHIVE_EOF)
            return 0;
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) /* a warning: of names' encoding */
            return archive_broken(tar, err);
        struct place_entry entry = {
            .kind = kind_of(header),
            .path = lib.entry_pathname(header),
            .mode = lib.entry_perm(header),
            .size = lib.entry_size(header),
            .modified = {.tv_sec = lib.entry_mtime(header),
                         .tv_nsec = lib.entry_mtime_nsec(header)},
        };
        if (entry.kind == PLACE_HARD_LINK)
            entry.link = lib.entry_hardlink(header);
        else if (entry.kind == PLACE_LINK)
            entry.link = lib.entry_symlink(header);
        if (!entry.path || (entry.kind == PLACE_LINK && !entry.link) || entry.size < 0)
            return error_set(err, "the archive is broken: an entry lacks its name");
        cleanup_fd int fd = -1;
        if (placer_place(placer, &entry, &fd, err) < 0 ||
            (fd >= 0 && write_content(tar, fd, &entry, err) < 0))
            return -1;
    }
}

void archive_unpack(int fd, const char *target, const char *rename_to,
                    const struct archive_limits *limits, struct archive_outcome *outcome)
{
    struct input input = {.fd = fd};
    struct placer placer;
    struct error *err = &outcome->failure;
    *outcome = (struct archive_outcome){.failure = ERROR_INIT};
    struct archive *tar = lib.read_new();
    if (placer_open(&placer, target, rename_to, limits, err) == 0) {
        if (!tar || lib.read_support_format_tar(tar) != ARCHIVE_OK ||
            lib.read_open(tar, &input, NULL, on_read, NULL) != ARCHIVE_OK)
            error_set(err, "the archive is broken");
        else if (unpack(tar, &placer, err) == 0 && placer.refused > 0)
            error_set(err, "%llu of the archive's entries were refused, the rest is there:%s%s",
                      (unsigned long long)placer.refused, placer.reasons,
                      placer.refused > PLACE_SHOWN_MAX ? "\n…" : "");
        outcome->files = placer.files;
        outcome->bytes = placer.bytes;
    }
    placer_close(&placer);
    if (tar)
        (void)lib.read_free(tar);
}
