/* SPDX-License-Identifier: GPL-2.0-or-later */
/* push: files of the host into a box. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/archive/archive.h"
#include "plugin/transfer.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum place { PLACE_FOLDER, PLACE_FREE, PLACE_NOWHERE };

/* What DEST is in the box; a session's exit status is the answer. */
static int look(const struct exec *box, const char *path, struct error *err)
{
    static const char script[] = "[ ! -d \"$1\" ] || exit 0; "
                                 "[ ! -d \"$(dirname -- \"$1\")\" ] || exit 1; exit 2";
    const char *const command[] = {"sh", "-c", script, "sh", path, NULL};
    const struct exec_pipes none = {0};
    struct exec exec = *box;
    exec.command = command;
    return transfer_run(&exec, &none, PLACE_NOWHERE, "looking for the place", err);
}

static int check_sources(const struct arguments *arguments, bool *folder, struct error *err)
{
    *folder = false;
    for (size_t i = 0; i + 1 < arguments->operand_count; i++) {
        struct stat st;
        if (stat(arguments->operands[i], &st) < 0)
            return error_errno(err, "%s", quoted(arguments->operands[i]));
        *folder = *folder || S_ISDIR(st.st_mode);
    }
    return 0;
}

/* `name` is what the only source is called in the box; NULL: each keeps its own. */
static int pack(struct archive_writer *writer, const struct arguments *arguments,
                const char *name, struct error *err)
{
    for (size_t i = 0; i + 1 < arguments->operand_count; i++) {
        /* "." and "..", too, have a name. */
        cleanup_free char *real = realpath(arguments->operands[i], NULL);
        cleanup_free char *folder = NULL, *own = NULL;
        if (!real)
            return error_errno(err, "%s", quoted(arguments->operands[i]));
        const char *last = strrchr(arguments->operands[i], '/');
        last = last ? last + 1 : arguments->operands[i];
        const bool dots = strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
        if (transfer_split(dots ? real : arguments->operands[i], &folder, &own) < 0)
            return error_set(err, "out of memory");
        if (archive_add_tree(writer, real, name ? name : own, 0, 0, NULL, NULL, err) < 0)
            return -1;
    }
    return archive_finish(writer, err);
}

static int push(const struct exec *box, const struct arguments *arguments, const char *path,
                struct error *err)
{
    bool has_folder;
    if (check_sources(arguments, &has_folder, err) < 0)
        return -1;
    int place = look(box, path, err);
    if (place < 0)
        return -1;
    const bool slash = path[strlen(path) - 1] == '/';
    const bool rename =
        place == PLACE_FREE && arguments->operand_count == 2 && (has_folder || !slash);
    if (place != PLACE_FOLDER && !rename)
        return error_set(err, "%s: there is no such folder in the box", quoted(path));
    cleanup_free char *folder = NULL, *name = NULL;
    if (transfer_split(path, &folder, &name) < 0)
        return error_set(err, "out of memory");
    cleanup_with(archive_writer_free) struct archive_writer *writer = archive_writer_new(err);
    if (!writer || pack(writer, arguments, rename ? name : NULL, err) < 0)
        return -1;
    /* -o: as the session's user (both GNU's and busybox's tar). */
    const char *const command[] = {"tar", "-xof", "-", "-C", rename ? folder : path, NULL};
    const struct exec_pipes pipes = {.source = archive_source, .source_data = writer};
    struct exec exec = *box;
    exec.command = command;
    return transfer_run(&exec, &pipes, 0, "writing the files", err);
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_free char *name = NULL;
    cleanup_box struct box box = {0};
    const char *path = NULL;
    const size_t count = arguments->operand_count;
    if (count < 2 || arguments->rest_count > 0 ||
        transfer_parse(arguments->operands[count - 1], &name, &path) < 0)
        return error_usage(err, "push wants SRC… BOX:DEST; BOX may be left out, the colon not");
    if (verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    const struct exec exec = {.engine = invocation->engine, .box = box.id};
    return push(&exec, arguments, path, err);
}

const struct command cmd_push = {
    .name = "push",
    .operands = "SRC… BOX:DEST",
    .summary = "Copy files into a box, as the agent's own",
    .details =
        "DEST is a folder of the box, or the new name of the only SRC. A relative one\n"
        "is seen from where the box's session starts. The agent may write only where it\n"
        "may write, and so may push.",
    .completes = COMPLETES_FILE,
    .run = run,
};
