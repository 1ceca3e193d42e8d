/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pull: files of a box to the host. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin/archive/archive.h"
#include "plugin/transfer.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"

/* More than anybody's project, less than what fills a disk unseen. */
static const struct archive_limits limits = {.bytes = UINT64_C(1) << 40, .files = 10000000};

/* Where it goes: into the folder DEST, or beside it under that name. */
struct target {
    char *folder, *name; /* owned; name NULL: keeps its own */
};

static void target_free(struct target *target)
{
    free(target->folder);
    free(target->name);
}

static int find_target(const char *dest, bool content, struct target *target, struct error *err)
{
    struct stat st;
    if (content && mkdir(dest, 0777) < 0 && errno != EEXIST)
        return error_errno(err, "%s", quoted(dest));
    if (stat(dest, &st) == 0 && S_ISDIR(st.st_mode)) {
        target->folder = strdup(dest);
        return target->folder ? 0 : error_set(err, "out of memory");
    }
    if (transfer_split(dest, &target->folder, &target->name) < 0)
        return error_set(err, "out of memory");
    if (stat(target->folder, &st) < 0)
        return error_errno(err, "%s", quoted(target->folder));
    return 0;
}

static int look(const struct exec *box, const char *path, struct error *err)
{
    const char *const command[] = {"test", "-e", path, NULL};
    const struct exec_pipes none = {0};
    struct exec exec = *box;
    exec.command = command;
    int missing = transfer_run(&exec, &none, 1, "looking for it", err);
    if (missing > 0)
        return error_set(err, "%s: there is no such file in the box", quoted(path));
    return missing;
}

static int pull(const struct exec *box, const char *path, const char *dest, struct error *err)
{
    cleanup_free char *folder = NULL, *name = NULL;
    cleanup_with(target_free) struct target target = {0};
    if (transfer_split(path, &folder, &name) < 0)
        return error_set(err, "out of memory");
    if (look(box, path, err) < 0 || find_target(dest, strcmp(name, ".") == 0, &target, err) < 0)
        return -1;
    cleanup_with(archive_reader_free) struct archive_reader *reader =
        archive_reader_new(target.folder, target.name, &limits, err);
    if (!reader)
        return -1;
    /* ./ in front: a name may begin with a hyphen. */
    cleanup_free char *plain = NULL;
    if (asprintf(&plain, "./%s", name) < 0) {
        plain = NULL;
        return error_set(err, "out of memory");
    }
    const char *const command[] = {"tar", "-cf", "-", "-C", folder, plain, NULL};
    const struct exec_pipes pipes = {.sink = archive_sink, .sink_data = reader};
    struct exec exec = *box;
    exec.command = command;
    if (transfer_run(&exec, &pipes, 0, "reading the files", err) < 0)
        return -1;
    return archive_reader_finish(reader, NULL, NULL, err);
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_free char *name = NULL;
    cleanup_box struct box box = {0};
    const char *path = NULL;
    if (arguments->operand_count == 0)
        return error_set(err, "bare pull, the agent's commits as git refs, is not built yet; "
                              "files: pull BOX:SRC DEST");
    if (arguments->operand_count != 2 || arguments->rest_count > 0 ||
        transfer_parse(arguments->operands[0], &name, &path) < 0)
        return error_usage(err, "pull wants BOX:SRC DEST; BOX may be left out, the colon not");
    if (verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    const struct exec exec = {.engine = invocation->engine, .box = box.id};
    return pull(&exec, path, arguments->operands[1], err);
}

const struct command cmd_pull = {
    .name = "pull",
    .operands = "BOX:SRC DEST",
    .summary = "Copy files out of a box",
    .details =
        "DEST is a folder, or the new name of SRC. What SRC names is read as the agent;\n"
        "what comes out is not trusted: no link that leads out of DEST, no device, no\n"
        "setuid bit and nobody else's file arrives.",
    .completes = COMPLETES_FILE,
    .run = run,
};
