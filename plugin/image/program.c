/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "plugin/archive/archive.h"
#include "plugin/engine/container.h"
#include "plugin/image/custom.h"
#include "plugin/image/image.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

#define PROGRAM "claudex-init"
enum { PATH_TEXT_MAX = 4096, PROGRAM_BYTES_MAX = 64 << 20, ID_SHOWN = 12 };

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *program_installed(void)
{
    static const char *const places[] = {"", "../lib/claudex/"};
    char self[PATH_TEXT_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < array_length(places); i++) {
        cleanup_free char *path = NULL;
        slash[1] = '\0';
        if (asprintf(&path, "%s%s" PROGRAM, self, places[i]) < 0) {
            path = NULL;
            return NULL;
        }
        if (is_program(path))
            return realpath(path, NULL);
    }
    return NULL;
}

/* --- out of the image ----------------------------------------------------------------- */

static char *cache_folder(struct error *err)
{
    char *path = NULL;
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool named = cache && cache[0] == '/';
    if (!named && (!home || home[0] != '/')) {
        error_set(err, "no home folder for you: set HOME or XDG_CACHE_HOME");
        return NULL;
    }
    if (asprintf(&path, "%s%s/claudex", named ? cache : home, named ? "" : "/.cache") < 0) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (make_folders(path, 0700) == 0)
        return path;
    error_errno(err, "cannot make the folder %s", quoted(path));
    free(path);
    return NULL;
}

/* The file of a container that does not run, as `folder`/`name`. */
static int take_file(struct engine *engine, const char *id, const char *folder,
                     const char *name, struct error *err)
{
    static const struct archive_limits limits = {.bytes = PROGRAM_BYTES_MAX, .files = 1};
    cleanup_free char *path = container_path(id, "/archive?path=" BOX_INIT);
    cleanup_with(archive_reader_free) struct archive_reader *reader =
        archive_reader_new(folder, name, &limits, err);
    if (!reader)
        return -1;
    if (!path)
        return error_set(err, "out of memory");
    const struct engine_stream get = {
        .method = "GET", .path = path, .sink = archive_sink, .data = reader};
    if (engine_stream(engine, &get, err) < 0)
        return -1;
    return archive_reader_finish(reader, NULL, NULL, err);
}

/* Through a container that is never started. */
static int extract(struct engine *engine, const char *image, const char *folder,
                   const char *name, struct error *err)
{
    char container[64];
    cleanup_free char *id = NULL;
    enum obstacle obstacle;
    struct error ignored = ERROR_INIT;
    (void)snprintf(container, sizeof container, "claudex-extract-%ld", (long)getpid());
    json_t *spec = json_pack("{s:s, s:s}", "Image", image, "NetworkMode", "none");
    int failed = container_create(engine, container, spec, &id, &obstacle, err);
    json_decref(spec);
    if (failed < 0)
        return -1;
    failed = take_file(engine, id, folder, name, err);
    engine_resume(); /* a cancelled one has to be removed, too */
    if (container_remove(engine, id, true, &ignored) < 0)
        warn("the container %s stays behind: %s", container, ignored.text);
    return failed;
}

/* Under another name first: who sees the file sees it whole. */
static int extract_whole(struct engine *engine, const char *image, const char *folder,
                         const char *path, struct error *err)
{
    char name[64];
    cleanup_free char *made = NULL;
    (void)snprintf(name, sizeof name, ".extracted-%ld", (long)getpid());
    if (asprintf(&made, "%s/%s", folder, name) < 0) {
        made = NULL;
        return error_set(err, "out of memory");
    }
    if (extract(engine, image, folder, name, err) == 0) {
        if (chmod(made, 0755) == 0 && rename(made, path) == 0)
            return 0;
        error_errno(err, "cannot write %s", quoted(path));
    }
    (void)unlink(made);
    return error_prefix(err, "cannot take " PROGRAM " out of %s", image_default_tag);
}

char *program_extracted(struct engine *engine, struct error *err)
{
    static const struct strings nothing = {0};
    cleanup_custom struct custom base = {0}; /* the image's id, however it comes to be there */
    cleanup_free char *folder = cache_folder(err);
    char *path = NULL;
    if (!folder || custom_find(engine, &nothing, true, &base, err) < 0)
        return NULL;
    const char *colon = strchr(base.base, ':');
    if (asprintf(&path, "%s/" PROGRAM "-%.*s", folder, ID_SHOWN,
                 colon ? colon + 1 : base.base) < 0) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (is_program(path) || extract_whole(engine, base.base, folder, path, err) == 0)
        return path;
    free(path);
    return NULL;
}

/* --- how it gets into a box ----------------------------------------------------------- */

bool program_is_mountable(const char *path, const struct folders *projects)
{
    struct statvfs fs;
    for (size_t i = 0; i < projects->count; i++) {
        const char *folder = projects->items[i].path;
        size_t length = strlen(folder);
        if (length == 1 || (strncmp(path, folder, length) == 0 && path[length] == '/'))
            return false;
    }
    return statvfs(path, &fs) == 0 && !(fs.f_flag & ST_NOEXEC);
}
