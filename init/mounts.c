/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/mounts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

void mount_table_free(struct mount_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->entries[i].root);
        free(table->entries[i].point);
    }
    free(table->entries);
    *table = (struct mount_table){0};
}

/* The next field of the line, separated by one space; NULL at its end. */
static const char *next_field(const char **line, const char *end, size_t *length)
{
    const char *field = *line;
    if (field >= end)
        return NULL;
    const char *space = memchr(field, ' ', (size_t)(end - field));
    *length = (size_t)((space ? space : end) - field);
    *line = space ? space + 1 : end;
    return field;
}

/* Space, tab, newline and backslash come as three octal digits (fs/seq_file.c, mangle_path).
 * NULL for anything that the kernel would not write. */
static char *unescape(const char *field, size_t length)
{
    cleanup_free char *text = malloc(length + 1);
    if (!text)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (field[i] != '\\') {
            text[used++] = field[i];
            continue;
        }
        unsigned value = 0;
        for (size_t k = 1; k <= 3; k++) {
            if (i + k >= length || field[i + k] < '0' || field[i + k] > '7')
                return NULL;
            value = value * 8 + (unsigned)(field[i + k] - '0');
        }
        if (value == 0 || value > 0xff)
            return NULL;
        text[used++] = (char)value;
        i += 3;
    }
    text[used] = '\0';
    return take_ptr(text);
}

/* Whether "rw,noatime,…" holds the option. */
static bool has_option(const char *options, size_t length, const char *option)
{
    const size_t wanted = strlen(option);
    for (size_t start = 0; start < length;) {
        const char *comma = memchr(options + start, ',', length - start);
        size_t size = comma ? (size_t)(comma - options) - start : length - start;
        if (size == wanted && memcmp(options + start, option, size) == 0)
            return true;
        start += size + 1;
    }
    return false;
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL…] - TYPE SOURCE SUPER-OPTIONS */
static int parse_line(const char *line, const char *end, struct mount_entry *entry)
{
    enum { ROOT = 3, POINT, OPTIONS, BEFORE_DASH };
    const char *fields[BEFORE_DASH], *field;
    size_t lengths[BEFORE_DASH], length;
    for (size_t i = 0; i < array_length(fields); i++) {
        fields[i] = next_field(&line, end, &lengths[i]);
        if (!fields[i])
            return -1;
    }
    do {
        field = next_field(&line, end, &length);
        if (!field)
            return -1;
    } while (length != 1 || field[0] != '-');
    for (int i = 0; i < 2; i++) /* type and source; the source may be empty */
        if (!next_field(&line, end, &length))
            return -1;
    field = next_field(&line, end, &length);
    if (!field || line != end)
        return -1;
    cleanup_free char *root = unescape(fields[ROOT], lengths[ROOT]);
    cleanup_free char *point = unescape(fields[POINT], lengths[POINT]);
    if (!root || !point || point[0] != '/')
        return -1;
    bool read_only =
        has_option(fields[OPTIONS], lengths[OPTIONS], "ro") || has_option(field, length, "ro");
    *entry = (struct mount_entry){take_ptr(root), take_ptr(point), read_only};
    return 0;
}

int mounts_parse(const char *text, size_t length, struct mount_table *table, struct error *err)
{
    const char *end = text + length;
    size_t lines = 0;
    for (const char *p = text; p < end; p++)
        lines += *p == '\n';
    table->entries = calloc(lines + 1, sizeof *table->entries);
    if (!table->entries)
        return error_errno(err, "cannot read the mounts");
    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline || memchr(line, '\0', (size_t)(newline - line)))
            return error_set(err, "/proc/self/mountinfo: line %zu is cut off",
                             table->count + 1);
        if (parse_line(line, newline, &table->entries[table->count]) < 0)
            return error_set(err, "/proc/self/mountinfo: line %zu is not understood",
                             table->count + 1);
        table->count++;
        line = newline + 1;
    }
    return 0;
}

/* True for `path` itself and what is below it. */
static bool is_within(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Engines whose socket is the host's root. */
static bool is_engine_socket(const char *path)
{
    static const char *const names[] = {"docker.sock", "containerd.sock", "podman.sock",
                                        "crio.sock", "cri-dockerd.sock"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < array_length(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int judge_expected(const struct mount_table *table, const struct mount *mount,
                          struct error *err)
{
    const struct mount_entry *found = NULL;
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->entries[i].point, mount->destination) != 0)
            continue;
        if (found)
            return error_set(err, "two mounts lie over each other at %s",
                             quoted(mount->destination));
        found = &table->entries[i];
    }
    if (!found)
        return error_set(err,
                         "nothing is mounted at %s; was its folder replaced while the box was "
                         "being made? start the box anew",
                         quoted(mount->destination));
    if (found->read_only != mount->read_only)
        return error_set(err, "%s is mounted %s and ought to be %s", quoted(found->point),
                         found->read_only ? "read-only" : "writable",
                         mount->read_only ? "read-only" : "writable");
    return 0;
}

/* What the plugin and compose mount for PID 1 itself. */
static bool is_ours(const char *point)
{
    static const char *const files[] = {BOX_CONFIG,    BOX_ENV,        BOX_CONTROL_DIR,
                                        BOX_STATE_DIR, BOX_TOKENS_DIR, BOX_SKILLS};
    for (size_t i = 0; i < array_length(files); i++)
        if (strcmp(point, files[i]) == 0)
            return true;
    /* A volume for each project. */
    static const char audit[] = BOX_AUDIT "/";
    if (strncmp(point, audit, sizeof audit - 1) == 0)
        return strchr(point + sizeof audit - 1, '/') == NULL;
    return is_within(point, BOX_PRIVATE "/secrets") || is_within(point, BOX_SSH_DIR);
}

/* One that the session does not name. */
static int judge_other(const struct mount_entry *entry, const struct session *session,
                       struct error *err)
{
    static const char *const guarded[] = {BOX_WORKSPACE, BOX_CONTEXT, BOX_RUN};
    bool inside = false;
    for (size_t i = 0; i < array_length(guarded); i++)
        inside = inside || is_within(entry->point, guarded[i]);
    if (!inside || is_ours(entry->point))
        return 0;
    for (size_t i = 0; i < session->box.mount_count; i++) {
        const struct mount *mount = &session->box.mounts[i];
        if (!is_within(entry->point, mount->destination))
            continue;
        /* Engines before 25 leave what is mounted below a read-only folder writable. */
        if (mount->read_only && !entry->read_only)
            return error_set(err,
                             "%s is mounted writable below %s, which ought to be read-only; "
                             "mount the folders apart, or unmount it on the host",
                             quoted(entry->point), quoted(mount->destination));
        return 0;
    }
    return error_set(err,
                     "a mount at %s that nobody asked for; see the volumes of the compose "
                     "file or of the image",
                     quoted(entry->point));
}

static bool is_expected(const struct session *session, const char *point)
{
    for (size_t i = 0; i < session->box.mount_count; i++)
        if (strcmp(session->box.mounts[i].destination, point) == 0)
            return true;
    return false;
}

int mounts_judge(const struct mount_table *table, const struct session *session,
                 struct error *err)
{
    for (size_t i = 0; i < session->box.mount_count; i++)
        if (judge_expected(table, &session->box.mounts[i], err) < 0)
            return -1;
    for (size_t i = 0; i < table->count; i++) {
        const struct mount_entry *entry = &table->entries[i];
        if (is_engine_socket(entry->root) || is_engine_socket(entry->point))
            return error_set(err,
                             "the engine's socket is mounted at %s: whoever reaches it is root "
                             "on the host; take it out of the volumes",
                             quoted(entry->point));
        if (!is_expected(session, entry->point) && judge_other(entry, session, err) < 0)
            return -1;
    }
    return 0;
}

static int check_identity(const struct mount *mount, struct error *err)
{
    cleanup_fd int fd = open(mount->destination, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot look at %s", quoted(mount->destination));
    if (st.st_nlink == 0)
        return error_set(err, "the folder of %s was deleted on the host",
                         quoted(mount->destination));
    bool known = mount->device != 0 || mount->inode != 0;
    if (known && (st.st_dev != mount->device || st.st_ino != mount->inode))
        return error_set(err,
                         "%s is not the folder that it was made for (%" PRIu64 ":%" PRIu64
                         ", expected %" PRIu64 ":%" PRIu64 "): it was replaced on the host; "
                         "start the box anew",
                         quoted(mount->destination), (uint64_t)st.st_dev, (uint64_t)st.st_ino,
                         mount->device, mount->inode);
    return 0;
}

int mounts_check(const struct session *session, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(MOUNTINFO_MAX);
    cleanup_mount_table struct mount_table table = {0};
    if (read_regular_file(AT_FDCWD, "/proc/self/mountinfo", &text) < 0)
        return error_errno(err, "cannot read /proc/self/mountinfo");
    if (mounts_parse(text.data ? text.data : "", text.length, &table, err) < 0 ||
        mounts_judge(&table, session, err) < 0)
        return -1;
    for (size_t i = 0; i < session->box.mount_count; i++)
        if (check_identity(&session->box.mounts[i], err) < 0)
            return -1;
    return 0;
}
