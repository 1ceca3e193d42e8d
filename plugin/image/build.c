/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/archive/archive.h"
#include "plugin/image/arguments.h"
#include "plugin/image/base.h"
#include "plugin/image/ca.h"
#include "plugin/image/request.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { TEXT_FILE_MAX = 256 * 1024, PATH_TEXT_MAX = 4096 };

/* --- the context ---------------------------------------------------------------------- */

static int read_text(const char *folder, const char *name, struct buf *text, struct error *err)
{
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    if (buf_printf(&path, "%s/%s", folder, name) < 0)
        return error_set(err, "the path %s is too long", quoted(folder));
    cleanup_fd int fd = open(path.data, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read_all(fd, text) < 0 || buf_puts(text, "") < 0)
        return error_errno(err, "cannot read %s", quoted(path.data));
    return 0;
}

/* Hidden files, and what editors leave behind. */
static int is_left_out(void *data, const char *relative)
{
    const char *slash = strrchr(relative, '/'), *name = slash ? slash + 1 : relative;
    size_t length = strlen(name);
    (void)data;
    return name[0] == '.' || (length > 0 && name[length - 1] == '~');
}

/* The paths that mk/data-files lists, the same as `make install` copies. */
static int add_sources(struct archive_writer *writer, const char *folder, struct error *err)
{
    cleanup_buf struct buf list = BUF_INIT(TEXT_FILE_MAX);
    if (read_text(folder, "mk/data-files", &list, err) < 0)
        return -1;
    char *state = NULL;
    for (char *line = strtok_r(list.data, "\n", &state); line;
         line = strtok_r(NULL, "\n", &state)) {
        line[strcspn(line, "# \t\r")] = '\0';
        cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
        if (*line == '\0' || *line == '.')
            continue;
        if (buf_printf(&path, "%s/%s", folder, line) < 0)
            return error_set(err, "the path %s is too long", quoted(folder));
        if (access(path.data, F_OK) < 0 && errno == ENOENT)
            continue; /* skills/ may be empty */
        if (archive_add_tree(writer, path.data, line, 0, 0, is_left_out, NULL, err) < 0)
            return -1;
    }
    return 0;
}

static int add_authorities(struct archive_writer *writer, const struct image_build *build,
                           struct error *err)
{
    struct authorities authorities;
    if (build->authorities ? authorities_read(&authorities, build->authorities, err)
                           : authorities_find(&authorities, &build->certificates, err))
        return -1;
    int failed = 0;
    if (authorities.count > 0 && !build->quiet)
        info("the image will trust %zu certificate authorit%s beside Debian's",
             authorities.count, authorities.count == 1 ? "y" : "ies");
    for (size_t i = 0; i < authorities.count && !failed; i++) {
        const struct authority *authority = &authorities.items[i];
        char path[64];
        (void)snprintf(path, sizeof path, "ca/%s", authority->name);
        failed = archive_add_bytes(writer, path, 0644, 0, 0, authority->pem,
                                   strlen(authority->pem), err);
    }
    authorities_free(&authorities);
    return failed;
}

/* --- whole ---------------------------------------------------------------------------- */

int image_build_run(struct engine *engine, const struct image_build *build, const char *tag,
                    char **id, struct error *err)
{
    cleanup_free char *folder = image_data_folder(err);
    cleanup_buf struct buf dockerfile = BUF_INIT(TEXT_FILE_MAX);
    cleanup_buf struct buf pinned = BUF_INIT(TEXT_FILE_MAX);
    if (!folder || read_text(folder, "Dockerfile", &dockerfile, err) < 0 ||
        read_text(folder, "image/versions", &pinned, err) < 0)
        return -1;
    cleanup_free char *base =
        build->base ? strdup(build->base) : dockerfile_base(dockerfile.data);
    if (!base)
        return error_set(err, "%s/Dockerfile names no base image", quoted(folder));

    json_t *labels = NULL, *versions = versions_parse(pinned.data, err), *arguments = NULL;
    struct archive_writer *context = NULL;
    int failed = -1;
    if (versions && image_labels(engine, tag, &labels, err) >= 0 &&
        image_base_provide(engine, base, folder, build->bootstrap, build->quiet, err) == 0 &&
        (context = archive_writer_new(err)) && add_sources(context, folder, err) == 0 &&
        add_authorities(context, build, err) == 0 && archive_finish(context, err) == 0) {
        arguments = build_arguments(versions, build, labels, base, lookup_environment);
        const struct image_request request = {.tag = tag,
                                              .context = context,
                                              .arguments = arguments,
                                              .no_cache = build->no_cache,
                                              .buildkit = builder_is_buildkit(),
                                              .quiet = build->quiet};
        failed = arguments ? image_request(engine, &request, id, err)
                           : error_set(err, "out of memory");
    }
    archive_writer_free(&context);
    json_decref(arguments);
    json_decref(versions);
    json_decref(labels);
    return failed;
}
