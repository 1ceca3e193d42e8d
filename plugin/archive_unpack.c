/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking. libarchive pulls its bytes while the engine pushes them, so a child reads them
 * from a socket: memory stays small whatever the size, and what parses a hostile archive is not
 * the process that speaks to the engine.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/archive_lib.h"
#include "plugin/archive_place.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { STEP = 64 * 1024 };

/* What the child says at its end. */
struct outcome {
    uint64_t files, bytes;
    struct error failure; /* status 0: all is well */
};

struct archive_reader {
    int fd; /* to the child; -1: it has ended */
    pid_t child;
    struct outcome outcome;
};

/* --- the child ------------------------------------------------------------------------ */

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

static void be_child(int fd, const char *target, const char *rename_to,
                     const struct archive_limits *limits)
{
    static struct input input;
    struct placer placer;
    struct outcome outcome = {0};
    struct error *err = &outcome.failure;
    input.fd = fd;
    /* With it, names that the archive says are UTF-8 come out as the same bytes. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    struct archive *tar = lib.read_new();
    if (placer_open(&placer, target, rename_to, limits, err) == 0) {
        if (!tar || lib.read_support_format_tar(tar) != ARCHIVE_OK ||
            lib.read_open(tar, &input, NULL, on_read, NULL) != ARCHIVE_OK)
            error_set(err, "the archive is broken");
        else if (unpack(tar, &placer, err) == 0 && placer.refused > 0)
            error_set(err, "%llu of the archive's entries were refused, the rest is there:%s%s",
                      (unsigned long long)placer.refused, placer.reasons,
                      placer.refused > PLACE_SHOWN_MAX ? "\n…" : "");
        outcome.files = placer.files;
        outcome.bytes = placer.bytes;
    }
    (void)send(fd, &outcome, sizeof outcome, MSG_NOSIGNAL);
    _exit(0);
}

/* --- the parent ----------------------------------------------------------------------- */

struct archive_reader *archive_reader_new(const char *target, const char *rename_to,
                                          const struct archive_limits *limits,
                                          struct error *err)
{
    struct archive_reader *reader = calloc(1, sizeof *reader);
    int pair[2];
    if (archive_lib_load(err) < 0) {
        free(reader);
        return NULL;
    }
    if (!reader || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        error_errno(err, "cannot unpack");
        free(reader);
        return NULL;
    }
    reader->fd = pair[0];
    reader->child = fork();
    if (reader->child == 0) {
        close(pair[0]);
        be_child(pair[1], target, rename_to, limits);
    }
    close(pair[1]);
    if (reader->child < 0) {
        error_errno(err, "cannot start the process that unpacks");
        archive_reader_free(&reader);
    }
    return reader;
}

/* Waits for the child and its word; once. */
static void settle(struct archive_reader *reader)
{
    struct outcome outcome;
    size_t got = 0;
    if (reader->fd < 0)
        return;
    (void)shutdown(reader->fd, SHUT_WR);
    while (got < sizeof outcome) {
        ssize_t n = recv(reader->fd, (char *)&outcome + got, sizeof outcome - got, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        got += n < 0 ? 0 : (size_t)n;
    }
    close(reader->fd);
    reader->fd = -1;
    while (waitpid(reader->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (got == sizeof outcome)
        reader->outcome = outcome;
    else
        error_set(&reader->outcome.failure, "the process that unpacks died");
}

static int judge(struct archive_reader *reader, struct error *err)
{
    settle(reader);
    if (reader->outcome.failure.status == 0)
        return 0;
    *err = reader->outcome.failure;
    return -1;
}

int archive_sink(void *data, const char *bytes, size_t length, struct error *err)
{
    struct archive_reader *reader = data;
    while (length > 0 && reader->fd >= 0) {
        ssize_t n = send(reader->fd, bytes, length, MSG_NOSIGNAL);
        if (n >= 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (errno != EINTR) {
            /* The child has ended before its input: it failed, or all that follows is padding.
             */
            return judge(reader, err);
        }
    }
    return 0;
}

int archive_reader_finish(struct archive_reader *reader, uint64_t *files, uint64_t *bytes,
                          struct error *err)
{
    int failed = judge(reader, err);
    if (files)
        *files = reader->outcome.files;
    if (bytes)
        *bytes = reader->outcome.bytes;
    return failed;
}

void archive_reader_free(struct archive_reader **reader)
{
    struct archive_reader *old = take_ptr(*reader);
    if (!old)
        return;
    if (old->fd >= 0) {
        /* Given up: what the child has not unpacked by now, it need not. */
        if (old->child > 0)
            (void)kill(old->child, SIGKILL);
        settle(old);
    }
    free(old);
}
