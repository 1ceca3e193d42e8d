/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/record.h"

#include <jansson.h>
#include <string.h>

#include "shared/utf8.h"

enum { PATHS_MAX = 64 * 1024 * 1024 };

const char *const note_names[NOTE_KINDS] = {
    [NOTE_UNREADABLE] = "unreadable",     [NOTE_HASH_ONLY] = "hash_only",
    [NOTE_CHANGING] = "changing",         [NOTE_COLLISION] = "collision",
    [NOTE_TOO_DEEP] = "too_deep",         [NOTE_REPOSITORY] = "repositories",
    [NOTE_IGNORE] = "gitignore_too_large"};

void record_note(struct record *record, enum note kind, const char *path)
{
    (void)pthread_mutex_lock(&record->lock);
    struct buf *paths = &record->paths[kind];
    paths->max = PATHS_MAX;
    if (record->counts[kind]++ < NOTES_LISTED)
        (void)buf_append(paths, path, strlen(path) + 1);
    (void)pthread_mutex_unlock(&record->lock);
}

/* As Latin-1: every byte is one code point, and none is lost. */
json_t *record_bytes(const char *bytes, size_t length)
{
    cleanup_buf struct buf text = BUF_INIT(2 * length + 1);
    int failed = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        const char two[] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f))};
        failed |= byte < 0x80 ? buf_append(&text, bytes + i, 1) : buf_append(&text, two, 2);
    }
    return failed ? NULL : json_stringn(text.data ? text.data : "", text.length);
}

static json_t *print_kind(const struct buf *paths, size_t count)
{
    json_t *kind = json_pack("{s:I, s:[]}", "count", (json_int_t)count, "paths");
    json_t *list = json_object_get(kind, "paths"), *raw = json_array();
    for (size_t at = 0; at < paths->length;) {
        const char *path = paths->data + at;
        size_t length = strlen(path);
        if (utf8_is_valid(path, length))
            (void)json_array_append_new(list, json_stringn(path, length));
        else
            (void)json_array_append_new(raw, record_bytes(path, length));
        at += length + 1;
    }
    if (json_array_size(raw) > 0)
        (void)json_object_set(kind, "bytes", raw);
    json_decref(raw);
    return kind;
}

char *record_print(struct record *record)
{
    json_t *all = json_pack("{s:i}", "version", 1);
    for (size_t i = 0; i < NOTE_KINDS; i++)
        if (record->counts[i] > 0)
            (void)json_object_set_new(all, note_names[i],
                                      print_kind(&record->paths[i], record->counts[i]));
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(all);
    return text;
}

void record_free(struct record *record)
{
    for (size_t i = 0; i < NOTE_KINDS; i++)
        buf_free(&record->paths[i]);
}
