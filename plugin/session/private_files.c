/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/private_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "plugin/archive/archive.h"
#include "plugin/engine/container.h"
#include "plugin/session/home_files.h"
#include "plugin/session/skills.h"
#include "shared/buf.h"
#include "shared/config.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { CONFIG_TEXT_MAX = 4 << 20, INSTRUCTIONS_MAX = 1 << 20, INIT_MAX = 64 << 20 };

/* Paths of an archive have no leading slash. */
#define RELATIVE(path) (&(path)[1])

/* The user agreed to what was there, not to what a link leads to by now. */
static int check_settled(const struct plan *plan, const struct strings *paths,
                         struct error *err)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->items[i];
        cleanup_free char *real = plan_is_settled(plan, path) ? realpath(path, NULL) : NULL;
        if (real && strcmp(real, path) != 0)
            return error_set(err, "%s became a link to somewhere else meanwhile", quoted(path));
    }
    return 0;
}

static int add_private(struct archive_writer *writer, const struct plan *plan,
                       struct error *err)
{
    cleanup_buf struct buf config = BUF_INIT(CONFIG_TEXT_MAX);
    cleanup_buf struct buf env = BUF_INIT(CONFIG_TEXT_MAX);
    if (config_print(&plan->session, &config) < 0)
        return error_errno(err, "cannot write the configuration for the box");
    for (size_t i = 0; i < plan->environment.count; i++)
        if (buf_append(&env, plan->environment.items[i],
                       strlen(plan->environment.items[i]) + 1) < 0)
            return error_errno(err, "cannot write the environment for the box");
    if (archive_add_folder(writer, RELATIVE(BOX_RUN), 0755, 0, 0, err) < 0 ||
        archive_add_folder(writer, RELATIVE(BOX_PRIVATE), 0700, 0, 0, err) < 0 ||
        archive_add_bytes(writer, RELATIVE(BOX_CONFIG), 0600, 0, 0, config.data, config.length,
                          err) < 0)
        return -1;
    return archive_add_bytes(writer, RELATIVE(BOX_ENV), 0600, 0, 0, env.data ? env.data : "",
                             env.length, err);
}

static int read_instructions(const char *path, struct buf *text, struct error *err)
{
    cleanup_free char *real = realpath(path, NULL);
    if (real && read_regular_file(AT_FDCWD, real, text) == 0)
        return 0;
    if (errno == E2BIG)
        return error_set(err, "instructions %s: larger than %d bytes", quoted(path),
                         INSTRUCTIONS_MAX);
    if (errno == EINVAL)
        return error_set(err, "instructions %s: not a file", quoted(path));
    return error_errno(err, "instructions %s", quoted(path));
}

/* Each by its own name, and all of them where agents look by themselves: Claude Code reads the
 * CLAUDE.md, Codex the AGENTS.md of the folders above the one that it starts in. */
static int add_instructions(struct archive_writer *writer, const struct plan *plan,
                            struct error *err)
{
    const struct strings *paths = &plan->session.run.instructions;
    static const char *const known[] = {BOX_WORKSPACE "/CLAUDE.md", BOX_WORKSPACE "/AGENTS.md"};
    cleanup_buf struct buf all = BUF_INIT(16 * INSTRUCTIONS_MAX);
    const char *const folder = BOX_WORKSPACE "/instructions";
    if (paths->count == 0)
        return 0;
    if (check_settled(plan, paths, err) < 0 ||
        archive_add_folder(writer, RELATIVE(BOX_WORKSPACE), 0755, 0, 0, err) < 0 ||
        archive_add_folder(writer, folder + 1, 0755, 0, 0, err) < 0)
        return -1;
    for (size_t i = 0; i < paths->count; i++) {
        cleanup_buf struct buf text = BUF_INIT(INSTRUCTIONS_MAX);
        cleanup_free char *name = NULL;
        const char *slash = strrchr(paths->items[i], '/');
        if (read_instructions(paths->items[i], &text, err) < 0)
            return -1;
        if (asprintf(&name, "%s/%s", folder + 1, slash ? slash + 1 : paths->items[i]) < 0) {
            name = NULL;
            return error_set(err, "out of memory");
        }
        if (archive_add_bytes(writer, name, 0644, 0, 0, text.data ? text.data : "", text.length,
                              err) < 0)
            return -1;
        if (buf_append(&all, text.data, text.length) < 0 || buf_puts(&all, "\n") < 0)
            return error_set(err, "the instructions are too large");
    }
    for (size_t i = 0; i < array_length(known); i++)
        if (archive_add_bytes(writer, RELATIVE(known[i]), 0644, 0, 0, all.data, all.length,
                              err) < 0)
            return -1;
    return 0;
}

/* PID 1 lays it out in the agent's home, where X programs look. */
static int add_cookie(struct archive_writer *writer, const struct x11 *x11, struct error *err)
{
    if (!x11->cookies)
        return 0;
    if (archive_add_folder(writer, RELATIVE(BOX_HOME_FILES), 0700, 0, 0, err) < 0)
        return -1;
    return archive_add_bytes(writer, RELATIVE(BOX_HOME_FILES "/.Xauthority"), 0600, 0, 0,
                             x11->cookies, x11->cookies_length, err);
}

/* Root's, whoever has it here. */
static int add_init(struct archive_writer *writer, const char *init, struct error *err)
{
    cleanup_buf struct buf program = BUF_INIT(INIT_MAX);
    if (!init)
        return 0;
    if (read_regular_file(AT_FDCWD, init, &program) < 0)
        return error_errno(err, "cannot read %s", quoted(init));
    return archive_add_bytes(writer, RELATIVE(BOX_INIT), 0755, 0, 0, program.data,
                             program.length, err);
}

int private_files_put(struct engine *engine, const char *id, const struct plan *plan,
                      const char *init, struct error *err)
{
    cleanup_with(archive_writer_free) struct archive_writer *writer = archive_writer_new(err);
    cleanup_free char *path = container_path(id, "/archive?path=%2F");
    if (!writer || add_init(writer, init, err) < 0 || add_private(writer, plan, err) < 0 ||
        add_instructions(writer, plan, err) < 0 ||
        check_settled(plan, &plan->session.home.files, err) < 0 ||
        home_files_add(writer, &plan->session.home.files, err) < 0 ||
        skills_add(writer, &plan->session.skills.local, err) < 0 ||
        add_cookie(writer, &plan->x11, err) < 0 || archive_finish(writer, err) < 0)
        return -1;
    if (!path)
        return error_set(err, "out of memory");
    const struct engine_stream put = {.method = "PUT",
                                      .path = path,
                                      .content_type = "application/x-tar",
                                      .source = archive_source,
                                      .data = writer};
    return engine_stream(engine, &put, err);
}
