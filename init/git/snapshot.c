/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/snapshot.h"

#include <errno.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/git/hashing.h"
#include "init/git/record.h"
#include "init/git/scan.h"
#include "init/git/store.h"
#include "init/git/tree.h"
#include "shared/buf.h"
#include "shared/log.h"

enum { COMMIT_MAX = 64 * 1024, WORD_MAX = 1024, POOR_KEPT_MAX = 4096 };

struct taking {
    const struct audit *audit;
    struct actor *actor;
    const struct snapshot *what;
    struct snapshot_result *result;
    struct entries before;
    struct ignore ignore;
    struct record record;
    struct pack pack;
    struct deflater deflater;
    git_odb *odb;
    uint64_t kept_max;
};

static void taking_free(struct taking *t)
{
    entries_free(&t->before);
    ignore_free(&t->ignore);
    record_free(&t->record);
    deflater_free(&t->deflater);
    git_odb_free(t->odb);
}

/* --- the text ---------------------------------------------------------------------------- */

/* One line of it, whatever somebody called his files and commands. */
static int add_trailer(struct buf *text, const char *name, const char *value)
{
    char line[WORD_MAX];
    return value && *value ? buf_printf(text, "%s: %s\n", name,
                                        term_quote(line, sizeof line, value, strlen(value)))
                           : 0;
}

char *snapshot_commit_text(const struct snapshot *what, const char *tree, const char *parent,
                           time_t when, const char *summary)
{
    const struct trail_session *s = &what->session;
    const struct {
        const char *name, *value;
    } trailers[] = {{"Kind", what->kind},   {"Session", s->id},      {"Box", s->box},
                    {"Agent", s->agent},    {"Command", s->command}, {"Mode", s->mode},
                    {"Project", s->project}};
    cleanup_buf struct buf text = BUF_INIT(COMMIT_MAX);
    int failed = buf_printf(&text, "tree %s\n", tree);
    if (parent)
        failed |= buf_printf(&text, "parent %s\n", parent);
    failed |= buf_printf(&text,
                         "author claudex <claudex@localhost> %lld +0000\n"
                         "committer claudex <claudex@localhost> %lld +0000\n\n%s: %s\n\n",
                         (long long)when, (long long)when, what->kind, summary);
    for (size_t i = 0; i < sizeof trailers / sizeof *trailers; i++)
        failed |= add_trailer(&text, trailers[i].name, trailers[i].value);
    if (what->more_lines)
        failed |= buf_puts(&text, what->more_lines);
    return failed ? NULL : buf_take(&text);
}

/* --- as the agent ------------------------------------------------------------------------ */

static int look(void *context, struct error *err)
{
    struct taking *t = context;
    struct scan scan_of = {
        .root = t->what->root,
        .before = &t->before,
        .fields_are_true = scan_believes(t->what->root),
        .ignore = &t->ignore,
        .gather_ignore = t->what->gather_ignore,
        .ignored_too = t->what->ignored_too,
        .record = &t->record,
    };
    return scan(&scan_of, &t->result->entries, err);
}

static int read_files(void *context, struct error *err)
{
    struct taking *t = context;
    const struct hashing hashing = {
        .root = t->what->root,
        .entries = &t->result->entries,
        .pack = &t->pack,
        .record = &t->record,
        .kept_max = t->kept_max,
        .write_back = t->what->write_back,
    };
    return hash_fresh(&hashing, err);
}

/* --- trees and the commit ---------------------------------------------------------------- */

static int emit_tree(void *context, const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    struct taking *t = context;
    return pack_add(&t->pack, &t->deflater, OBJECT_TREE, bytes, length, oid);
}

/* How much is different: files that are new, changed or gone. */
static size_t count_changes(const struct entries *before, const struct entries *now)
{
    size_t changes = 0, i = 0, k = 0;
    while (i < before->count || k < now->count) {
        const struct entry *old = i < before->count ? &before->items[i] : NULL;
        const struct entry *new = k < now->count ? &now->items[k] : NULL;
        if ((old && entry_is_folder(old)) || (new && (new->flags &ENTRY_GONE)) ||
            (new &&entry_is_folder(new))) {
            i += old && entry_is_folder(old);
            k += new && (entry_is_folder(new) || (new->flags &ENTRY_GONE));
            continue;
        }
        int order = !old                     ? 1
                    : !new                   ? -1
                    : old->path == new->path ? 0
                                             : strcmp(old->path, new->path);
        changes +=
            order != 0 || old->mode != new->mode || memcmp(old->oid, new->oid, OID_SIZE) != 0;
        i += order <= 0;
        k += order >= 0;
    }
    return changes;
}

static void summarize(const struct taking *t, char *out, size_t size)
{
    size_t files = 0, changes = count_changes(&t->before, &t->result->entries);
    for (size_t i = 0; i < t->result->entries.count; i++)
        files += !entry_is_folder(&t->result->entries.items[i]) &&
                 !(t->result->entries.items[i].flags & ENTRY_GONE);
    (void)snprintf(out, size, "%zu file%s, %zu changed", files, files == 1 ? "" : "s", changes);
}

static int add_commit(struct taking *t, const uint8_t parent[OID_SIZE], bool has_parent)
{
    char tree_hex[2 * OID_SIZE + 1], parent_hex[2 * OID_SIZE + 1], summary[128];
    uint8_t record_oid[OID_SIZE], root[OID_SIZE];
    cleanup_free char *record = record_print(&t->record);
    cleanup_buf struct buf tree = BUF_INIT(WORD_MAX);
    if (!record ||
        pack_add(&t->pack, &t->deflater, OBJECT_BLOB, record, strlen(record), record_oid) < 0 ||
        tree_line(&tree, ENTRY_FOLDER, "files", strlen("files"), t->result->tree) < 0 ||
        tree_line(&tree, ENTRY_FILE, "record", strlen("record"), record_oid) < 0 ||
        pack_add(&t->pack, &t->deflater, OBJECT_TREE, tree.data, tree.length, root) < 0)
        return -1;
    oid_print(root, tree_hex);
    oid_print(parent, parent_hex);
    summarize(t, summary, sizeof summary);
    cleanup_free char *text = snapshot_commit_text(
        t->what, tree_hex, has_parent ? parent_hex : NULL, time(NULL), summary);
    if (!text)
        return -1;
    return pack_add(&t->pack, &t->deflater, OBJECT_COMMIT, text, strlen(text), t->result->oid);
}

/* --- whole ------------------------------------------------------------------------------- */

/* Another thread's errno is not ours: what broke the pack, the pack knows. */
static int cannot(const struct taking *t, struct error *err)
{
    int why = t->pack.why ? t->pack.why : errno;
    errno = why;
    if (!err->text[0])
        (void)error_errno(err, "cannot record the project");
    errno = why;
    return -1;
}

static bool is_unchanged(const struct taking *t)
{
    return t->before.count > 0 &&
           memcmp(t->before.items[0].oid, t->result->tree, OID_SIZE) == 0;
}

/* Everything into one pack, which is there at once or not at all. */
static int fill_pack(struct taking *t, struct error *err)
{
    uint8_t parent[OID_SIZE] = {0};
    int found = audit_tip(t->audit, parent, err);
    if (found < 0 || actor_run(t->actor, read_files, t, err) < 0)
        return cannot(t, err);
    if (tree_build(&t->result->entries, emit_tree, t) < 0)
        return cannot(t, err);
    memcpy(t->result->tree, t->result->entries.items[0].oid, OID_SIZE);
    if (found && t->what->only_if_changed && is_unchanged(t)) {
        memcpy(t->result->oid, parent, OID_SIZE);
        return 0;
    }
    t->result->made = true;
    return add_commit(t, parent, found) < 0 ? cannot(t, err) : 0;
}

static int keep(struct taking *t, const char *temporary, struct error *err)
{
    if (t->pack.count > 0 && audit_pack_place(t->audit, temporary, &t->pack, err) < 0)
        return cannot(t, err);
    if (t->pack.count == 0)
        audit_pack_drop(t->audit, temporary);
    if (t->result->made && audit_set_tip(t->audit, t->result->oid, err) < 0)
        return -1;
    if (t->what->gather_ignore &&
        audit_save_ignore(t->audit, t->what->session.box, &t->ignore, err) < 0)
        return -1;
    /* Where nothing is different it would be the same bytes. */
    return t->result->entries.items[0].flags & ENTRY_SAME
               ? 0
               : audit_save_index(t->audit, &t->result->entries, err);
}

static int attempt(struct taking *t, struct error *err)
{
    char temporary[AUDIT_TEMPORARY_MAX];
    cleanup_fd int fd = audit_pack_new(t->audit, temporary, err);
    if (fd < 0 || actor_run(t->actor, look, t, err) < 0)
        return -1;
    pack_begin(&t->pack, fd);
    t->pack.known = store_knows;
    t->pack.context = t->odb;
    int failed = fill_pack(t, err);
    if (!failed)
        failed = keep(t, temporary, err);
    int why = errno;
    if (failed)
        audit_pack_drop(t->audit, temporary);
    pack_free(&t->pack);
    errno = why;
    return failed;
}

static void forget(struct taking *t)
{
    entries_free(&t->result->entries);
    record_free(&t->record);
    ignore_free(&t->ignore);
    t->record = (struct record)RECORD_INIT;
    *t->result = (struct snapshot_result){0};
}

static void load_ignore(struct taking *t)
{
    if (!t->what->gather_ignore && !t->what->ignored_too)
        audit_load_ignore(t->audit, t->what->session.box, &t->ignore);
}

/* The paths that both lists have outlive the older one. */
static int finish(struct taking *t)
{
    entries_adopt(&t->result->entries, &t->before);
    return 0;
}

int snapshot_take(const struct audit *audit, struct actor *actor, const struct snapshot *what,
                  struct snapshot_result *result, struct error *err)
{
    cleanup_with(taking_free) struct taking t = {
        .audit = audit, .actor = actor, .what = what, .result = result, .record = RECORD_INIT};
    struct audit_space space;
    *result = (struct snapshot_result){0};
    audit_load_index(audit, &t.before);
    load_ignore(&t);
    t.odb = store_open(what->objects, err);
    if (!t.odb)
        return -1;
    audit_space(audit, &space);
    t.kept_max = audit_kept_max(&space);
    if (attempt(&t, err) == 0)
        return finish(&t);
    if (errno != ENOSPC && errno != EDQUOT)
        return -1;
    /* Poorer, with what was set aside for this. */
    warn("%s; of what is new, only hashes are recorded", err->text);
    err->text[0] = '\0';
    forget(&t);
    load_ignore(&t);
    audit_release(audit);
    t.kept_max = POOR_KEPT_MAX;
    return attempt(&t, err) == 0 ? finish(&t) : -1;
}
