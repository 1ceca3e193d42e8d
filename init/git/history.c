/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/history.h"

#include <ctype.h>
#include <git2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#include "init/git/name.h"
#include "init/git/path.h"
#include "init/git/record.h"
#include "init/git/store.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/utf8.h"

enum { WORD_MIN = 4 };

int history_open(struct history *history, const char *name, struct error *err)
{
    char objects[600];
    uint8_t oid[OID_SIZE];
    (void)snprintf(history->name, sizeof history->name, "%s", name);
    (void)snprintf(history->path, sizeof history->path, BOX_AUDIT "/%s", name);
    (void)snprintf(objects, sizeof objects, "%s/objects", history->path);
    if (audit_open(&history->audit, history->path, err) < 0)
        return -1;
    int found = audit_tip(&history->audit, oid, err);
    if (found <= 0)
        return found < 0 ? -1 : error_set(err, "%s has no snapshot yet", quoted(name));
    history->odb = store_open(objects, err);
    history->repository = history->odb ? store_repository(history->odb, err) : NULL;
    return history->repository ? 0 : -1;
}

void history_close(struct history *history)
{
    git_repository_free(history->repository);
    git_odb_free(history->odb);
    audit_close(&history->audit);
}

void history_unlock(const struct history *history)
{
    if (history->audit.lock >= 0)
        (void)flock(history->audit.lock, LOCK_UN);
}

static int lookup(const struct history *history, const uint8_t oid[OID_SIZE],
                  git_commit **commit, struct error *err)
{
    git_oid id;
    memcpy(id.id, oid, OID_SIZE);
    return git_commit_lookup(commit, history->repository, &id) < 0
               ? store_error(err, "a snapshot of %s cannot be read", quoted(history->name))
               : 0;
}

static int tip(const struct history *history, git_commit **commit, struct error *err)
{
    uint8_t oid[OID_SIZE];
    int found = audit_tip(&history->audit, oid, err);
    return found <= 0 ? -1 : lookup(history, oid, commit, err);
}

/* The trailer's value, or NULL; copied into a static buffer by nobody: the caller's. */
static char *trailer(const git_commit *commit, const char *name)
{
    const char *line = git_commit_message(commit);
    const size_t length = strlen(name);
    const char *body = strstr(line, "\n\n");
    for (line = body ? body + 2 : ""; *line; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0)
            return strndup(line + length + 2, strcspn(line + length + 2, "\n"));
        if (!line[strcspn(line, "\n")])
            break;
    }
    return NULL;
}

static bool is_kind(const git_commit *commit, const char *kind)
{
    cleanup_free char *is = trailer(commit, "Kind");
    return is && strcmp(is, kind) == 0;
}

static bool has_prefix(const git_commit *commit, const char *word)
{
    char hex[GIT_OID_SHA1_HEXSIZE + 1];
    git_oid_tostr(hex, sizeof hex, git_commit_id(commit));
    return strncasecmp(hex, word, strlen(word)) == 0;
}

static bool is_hex(const char *word)
{
    size_t length = strspn(word, "0123456789abcdefABCDEF");
    return length >= WORD_MIN && length <= GIT_OID_SHA1_HEXSIZE && !word[length];
}

/* The one before; NULL at the first. */
static git_commit *before(git_commit *commit)
{
    git_commit *parent = NULL;
    if (git_commit_parentcount(commit) == 0 || git_commit_parent(&parent, commit, 0) < 0)
        parent = NULL;
    git_commit_free(commit);
    return parent;
}

int history_find(const struct history *history, const char *word, git_commit **commit,
                 struct error *err)
{
    const bool start = strcmp(word, "start") == 0;
    if (!start && strcmp(word, "last") != 0 && !is_hex(word))
        return 1;
    if (tip(history, commit, err) < 0)
        return -1;
    if (!start && !is_hex(word))
        return 0;
    git_commit *at = *commit;
    while (at && !(start ? is_kind(at, "start") : has_prefix(at, word)))
        at = before(at);
    *commit = at;
    return at ? 0 : 1;
}

/* --- as JSON ----------------------------------------------------------------------------- */

json_t *history_path(const char *path)
{
    char decoded[PATH_DECODED_MAX];
    size_t length = path_decode(path, decoded, sizeof decoded);
    return utf8_is_valid(decoded, length) ? json_stringn(decoded, length)
                                          : record_bytes(decoded, length);
}

static git_blob *record_blob(const struct history *history, const git_commit *commit)
{
    git_tree *tree = NULL;
    git_blob *blob = NULL;
    if (git_commit_tree(&tree, commit) == 0) {
        const git_tree_entry *entry = git_tree_entry_byname(tree, "record");
        if (!entry || git_blob_lookup(&blob, history->repository, git_tree_entry_id(entry)) < 0)
            blob = NULL;
    }
    git_tree_free(tree);
    return blob;
}

json_t *history_record(const struct history *history, const git_commit *commit)
{
    git_blob *blob = record_blob(history, commit);
    json_t *record =
        blob ? json_loadb(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), 0, NULL)
             : NULL;
    git_blob_free(blob);
    return record;
}

static json_t *count_notes(const struct history *history, const git_commit *commit)
{
    json_t *record = history_record(history, commit), *notes = json_object();
    for (size_t i = 0; i < NOTE_KINDS; i++) {
        json_t *count = json_object_get(json_object_get(record, note_names[i]), "count");
        if (count)
            (void)json_object_set(notes, note_names[i], count);
    }
    json_decref(record);
    return notes;
}

json_t *history_describe(const struct history *history, const git_commit *commit)
{
    static const struct {
        const char *key, *name;
    } trailers[] = {{"kind", "Kind"},   {"session", "Session"}, {"box", "Box"},
                    {"agent", "Agent"}, {"command", "Command"}, {"mode", "Mode"}};
    char hex[GIT_OID_SHA1_HEXSIZE + 1];
    const char *summary = git_commit_summary((git_commit *)commit);
    const char *colon = summary ? strstr(summary, ": ") : NULL;
    git_oid_tostr(hex, sizeof hex, git_commit_id(commit));
    json_t *all = json_pack("{s:s, s:s, s:I, s:s, s:o}", "project", history->name, "id", hex,
                            "time", (json_int_t)git_commit_time(commit), "summary",
                            colon ? colon + 2 : "", "notes", count_notes(history, commit));
    for (size_t i = 0; all && i < sizeof trailers / sizeof *trailers; i++) {
        cleanup_free char *value = trailer(commit, trailers[i].name);
        (void)json_object_set_new(all, trailers[i].key, json_string(value ? value : ""));
    }
    return all;
}

json_t *history_list(const struct history *history, size_t count, struct error *err)
{
    git_commit *commit = NULL;
    json_t *list = json_array();
    if (tip(history, &commit, err) < 0) {
        json_decref(list);
        return NULL;
    }
    for (; commit && json_array_size(list) < count; commit = before(commit))
        (void)json_array_append_new(list, history_describe(history, commit));
    git_commit_free(commit);
    return list;
}

int history_files(const struct history *history, const git_commit *commit, git_tree **files,
                  struct error *err)
{
    git_tree *tree = NULL;
    const git_tree_entry *entry = NULL;
    int failed = git_commit_tree(&tree, commit);
    if (!failed)
        entry = git_tree_entry_byname(tree, "files");
    if (failed || !entry ||
        git_tree_lookup(files, history->repository, git_tree_entry_id(entry)) < 0)
        failed = store_error(err, "a snapshot of %s cannot be read", quoted(history->name));
    git_tree_free(tree);
    return failed;
}
