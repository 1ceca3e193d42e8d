/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/custom.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/archive/archive.h"
#include "plugin/engine/http.h"
#include "plugin/image/arguments.h"
#include "plugin/image/image.h"
#include "plugin/image/request.h"
#include "plugin/state.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { DOCKERFILE_MAX = 256 * 1024, LOCK_WAIT_MS = 200, BLAMED_MAX = 8 };

void custom_free(struct custom *custom)
{
    strings_free(&custom->packages);
}

/* --- which one ------------------------------------------------------------------------ */

static int read_id(const json_t *image, char id[IMAGE_ID_SIZE], struct error *err)
{
    const char *text = json_string_value(json_object_get(image, "Id"));
    if (!text || strlen(text) >= IMAGE_ID_SIZE)
        return error_set(err, "the engine does not say the id of %s", image_default_tag);
    memcpy(id, text, strlen(text) + 1);
    return 0;
}

/* 1 when it is here, 0, -1. */
static int base_id(struct engine *engine, char id[IMAGE_ID_SIZE], struct error *err)
{
    json_t *image = NULL;
    int there = image_inspect(engine, image_default_tag, &image, err);
    if (there == 1 && read_id(image, id, err) < 0)
        there = -1;
    json_decref(image);
    return there;
}

int custom_find(struct engine *engine, const struct strings *asked, bool build,
                struct custom *custom, struct error *err)
{
    if (recipe_packages(asked, &custom->packages, err) < 0)
        return -1;
    int there = base_id(engine, custom->base, err);
    if (there == 0 && !build)
        return error_set(err,
                         "the name of an image with packages depends on %s, which is not here "
                         "yet: docker claudex build",
                         image_default_tag);
    if (there == 0) {
        const struct image_build base = {.quiet = false};
        info("the image %s is not here yet; building it, once (docker claudex build)",
             image_default_tag);
        if (image_build(engine, &base, NULL, err) < 0)
            return -1;
        there = base_id(engine, custom->base, err);
    }
    if (there != 1)
        return there < 0 ? -1 : error_set(err, "the image %s vanished", image_default_tag);
    return recipe_tag(&custom->packages, custom->base, custom->tag) < 0
               ? error_set(err, "out of memory")
               : 0;
}

/* --- the lock ------------------------------------------------------------------------- */

/* Waits for who has the lock, or for the user to have had enough. flock(2) is nothing that
 * poll(2) could wait for, and a signal just before it would be lost; so it is asked again. */
static int wait_for_lock(int fd, const char *tag, struct error *err)
{
    for (bool told = false; flock(fd, LOCK_EX | LOCK_NB) < 0; told = true) {
        struct pollfd cancelled = {.fd = cancel_descriptor(), .events = POLLIN};
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_errno(err, "cannot lock the image %s", tag);
        if (!told)
            info("the image %s is being built already; waiting for it", tag);
        if (poll(&cancelled, 1, LOCK_WAIT_MS) != 0 && cancel_pending())
            return cancel_error(err);
    }
    return 0;
}

/* A folder is the lock, and goes with it. Returns the descriptor, or -1. */
static int lock_image(const char *tag, char **folder, struct error *err)
{
    cleanup_free char *images = state_images(err);
    if (!images)
        return -1;
    if (asprintf(folder, "%s/%s", images, strchr(tag, ':') + 1) < 0) {
        *folder = NULL;
        return error_set(err, "out of memory");
    }
    for (;;) {
        struct stat locked, there;
        if (make_folders(*folder, 0700) < 0)
            return error_errno(err, "cannot make the folder %s", quoted(*folder));
        cleanup_fd int fd = open(*folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return error_errno(err, "cannot open the folder %s", quoted(*folder));
        if (wait_for_lock(fd, tag, err) < 0)
            return -1;
        if (fstat(fd, &locked) == 0 && stat(*folder, &there) == 0 &&
            there.st_ino == locked.st_ino)
            return take_fd(&fd);
    }
}

/* --- the build ------------------------------------------------------------------------ */

/* Who is to blame for a build that failed, gathered from its log. */
struct blamed {
    enum blame kind; /* the first kind that came; what follows from it is not of interest */
    struct strings packages;
    size_t more;
};

static void on_line(void *data, const char *line)
{
    struct blamed *blamed = data;
    char package[256];
    enum blame kind = recipe_blame(line, package, sizeof package);
    if (kind == BLAME_NOBODY || (blamed->kind != BLAME_NOBODY && kind != blamed->kind))
        return;
    blamed->kind = kind;
    for (size_t i = 0; i < blamed->packages.count; i++)
        if (strcmp(blamed->packages.items[i], package) == 0)
            return;
    if (blamed->packages.count == BLAMED_MAX || strings_add(&blamed->packages, package) < 0)
        blamed->more++;
}

/* In place of the engine's words, which repeat the whole command. */
static void tell_blamed(const struct blamed *blamed, const char *tag, struct error *err)
{
    static const char *const what[] = {
        [BLAME_UNKNOWN] = "Debian's archive has no package",
        [BLAME_FETCH] = "could not be fetched:",
        [BLAME_INSTALL] = "could not be installed:",
    };
    static const char *const help[] = {
        [BLAME_UNKNOWN] = "mend [packages]; https://packages.debian.org knows the names",
        [BLAME_FETCH] = "try again later; behind a proxy set HTTP_PROXY",
        [BLAME_INSTALL] = "the reason is above",
    };
    cleanup_buf struct buf names = BUF_INIT(ERROR_TEXT_MAX);
    for (size_t i = 0; i < blamed->packages.count; i++)
        (void)buf_printf(&names, "%s%s", i ? ", " : "", quoted(blamed->packages.items[i]));
    if (blamed->more > 0)
        (void)buf_printf(&names, " and %zu more", blamed->more);
    (void)error_set(err, "building the image %s failed: %s %s\n%s", tag, what[blamed->kind],
                    names.data, help[blamed->kind]);
}

/* The commands that failed are long, and the log has them. */
static void shorten(struct error *err)
{
    static const struct {
        const char *start, *end; /* classic; BuildKit */
    } known[] = {{"The command '", "' returned a non-zero code"},
                 {"process \"", "\" did not complete successfully"}};
    for (size_t i = 0; i < array_length(known); i++) {
        static const char instead[] = "apt-get";
        char *start = strstr(err->text, known[i].start);
        const char *end = start ? strstr(start, known[i].end) : NULL;
        if (!end)
            continue;
        memcpy(start, instead, sizeof instead - 1);
        start += sizeof instead - 1;
        memmove(start, end + 1, strlen(end + 1) + 1);
    }
}

static int request(struct engine *engine, const struct custom *custom,
                   const struct custom_build *how, struct archive_writer *context, char **id,
                   struct error *err)
{
    struct blamed blamed = {.kind = BLAME_NOBODY};
    /* BuildKit takes an id for the name of an image at a registry. */
    const bool buildkit = builder_is_buildkit();
    json_t *arguments =
        json_pack("{s:s, s:s}", "BASE", buildkit ? image_default_tag : custom->base, "BASE_ID",
                  custom->base);
    if (!arguments)
        return error_set(err, "out of memory");
    add_proxies(arguments, lookup_environment);
    const struct image_request wanted = {.tag = custom->tag,
                                         .context = context,
                                         .arguments = arguments,
                                         .no_cache = how->no_cache,
                                         .buildkit = buildkit,
                                         .quiet = how->quiet,
                                         .line = on_line,
                                         .data = &blamed};
    int failed = image_request(engine, &wanted, id, err);
    if (failed && !engine_cancelled() && blamed.kind != BLAME_NOBODY)
        tell_blamed(&blamed, custom->tag, err);
    else if (failed)
        shorten(err);
    strings_free(&blamed.packages);
    json_decref(arguments);
    return failed;
}

/* By its name another base may have been taken than what the result's name says. */
static int check_base(struct engine *engine, const struct custom *custom, struct error *err)
{
    char now[IMAGE_ID_SIZE];
    struct error ignored = ERROR_INIT;
    cleanup_free char *path = NULL;
    if (!builder_is_buildkit())
        return 0;
    if (base_id(engine, now, err) == 1 && strcmp(now, custom->base) == 0)
        return 0;
    if (asprintf(&path, "/images/%s", custom->tag) < 0)
        path = NULL;
    if (path)
        (void)engine_request(engine, "DELETE", path, NULL, NULL, NULL, &ignored);
    return error_set(err, "the image %s was built anew meanwhile; try again",
                     image_default_tag);
}

static int build(struct engine *engine, const struct custom *custom,
                 const struct custom_build *how, struct error *err)
{
    cleanup_buf struct buf dockerfile = BUF_INIT(DOCKERFILE_MAX);
    cleanup_with(archive_writer_free) struct archive_writer *context = archive_writer_new(err);
    cleanup_free char *old = image_sole_id(engine, custom->tag);
    cleanup_free char *new = NULL;
    if (!context)
        return -1;
    if (recipe_dockerfile(&custom->packages, image_default_tag, &dockerfile) < 0)
        return error_set(err, "the list of packages is too long");
    if (archive_add_bytes(context, "Dockerfile", 0644, 0, 0, dockerfile.data, dockerfile.length,
                          err) < 0 ||
        archive_finish(context, err) < 0 ||
        request(engine, custom, how, context, &new, err) < 0)
        return -1;
    image_remove_replaced(engine, old, new);
    return check_base(engine, custom, err);
}

int custom_build(struct engine *engine, const struct custom *custom,
                 const struct custom_build *how, bool *made, struct error *err)
{
    cleanup_free char *folder = NULL;
    cleanup_fd int lock = lock_image(custom->tag, &folder, err);
    if (lock < 0 || !folder)
        return -1;
    /* Whoever had the lock may have built it. */
    int there = how->no_cache ? 0 : image_exists(engine, custom->tag, err);
    if (made)
        *made = there == 0;
    if (there == 0 && !how->quiet)
        info("building the image %s with %zu package%s of [packages], once", custom->tag,
             custom->packages.count, custom->packages.count == 1 ? "" : "s");
    int failed = there < 0 || (there == 0 && build(engine, custom, how, err) < 0);
    if (rmdir(folder) < 0 && errno != ENOENT)
        warn("cannot remove %s: %s", quoted(folder), strerror(errno));
    return failed ? -1 : 0;
}
