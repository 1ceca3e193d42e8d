/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugin/image/age.h"
#include "plugin/image/build.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PATH_TEXT_MAX = 4096, MONTH_DAYS = 31 };

const char image_default_tag[] = "claudex:" CLAUDEX_VERSION;

/* --- where it is built from ----------------------------------------------------------- */

static bool has_dockerfile(const char *folder)
{
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    return buf_printf(&path, "%s/Dockerfile", folder) == 0 && access(path.data, R_OK) == 0;
}

/* ../share/claudex seen from this executable; NULL where the system does not say which. */
static char *beside_executable(void)
{
    char self[PATH_TEXT_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return NULL;
    self[n] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (!slash)
            return NULL;
        *slash = '\0';
    }
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    return buf_printf(&path, "%s/share/claudex", self) < 0 ? NULL : buf_take(&path);
}

char *image_data_folder(struct error *err)
{
    const char *named = getenv(ENV_DATA);
    if (named && *named) {
        if (has_dockerfile(named))
            return strdup(named);
        error_set(err, ENV_DATA "=%s has no Dockerfile in it", quoted(named));
        return NULL;
    }
    char *beside = beside_executable();
    if (beside && has_dockerfile(beside))
        return beside;
    free(beside);
    static const char *const compiled[] = {CLAUDEX_DATA_DIR, CLAUDEX_SOURCE_DIR};
    for (size_t i = 0; i < array_length(compiled); i++)
        if (has_dockerfile(compiled[i]))
            return strdup(compiled[i]);
    error_set(err,
              "the files that the image is built from are not in %s\n"
              "install claudex again (make install), or name their folder in " ENV_DATA,
              quoted(CLAUDEX_DATA_DIR));
    return NULL;
}

/* --- what the engine has -------------------------------------------------------------- */

int image_inspect(struct engine *engine, const char *tag, json_t **reply, struct error *err)
{
    cleanup_free char *name = engine_escape(tag);
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    long status;
    *reply = NULL;
    if (!name || buf_printf(&path, "/images/%s/json", name) < 0)
        return error_set(err, "the image's name %s is too long", quoted(tag));
    if (engine_request(engine, "GET", path.data, NULL, reply, &status, err) < 0)
        return -1;
    if (status == 200)
        return 1;
    const char *message = json_string_value(json_object_get(*reply, "message"));
    int result = 0;
    if (status != 404)
        result = error_set(err, "the engine says about the image %s: %s", quoted(tag),
                           quoted(message ? message : "?"));
    json_decref(*reply);
    *reply = NULL;
    return result;
}

int image_exists(struct engine *engine, const char *tag, struct error *err)
{
    json_t *reply;
    int there = image_inspect(engine, tag, &reply, err);
    json_decref(reply);
    return there;
}

int image_labels(struct engine *engine, const char *tag, json_t **labels, struct error *err)
{
    json_t *reply;
    int there = image_inspect(engine, tag, &reply, err);
    *labels = json_incref(json_object_get(json_object_get(reply, "Config"), "Labels"));
    json_decref(reply);
    return there;
}

const char *lookup_environment(const char *name)
{
    return getenv(name);
}

void image_tell_age(const json_t *image)
{
    const char *created = json_string_value(json_object_get(image, "Created"));
    const long days = image_age_days(created, (long)time(NULL));
    if (days > MONTH_DAYS)
        info("the image %s is %ld days old; newer agents: docker claudex update, and Debian's "
             "newer packages: docker claudex build --no-cache",
             image_default_tag, days);
}

char *image_sole_id(struct engine *engine, const char *tag)
{
    struct error ignored = ERROR_INIT;
    json_t *reply;
    char *id = NULL;
    if (image_inspect(engine, tag, &reply, &ignored) == 1 &&
        json_array_size(json_object_get(reply, "RepoTags")) == 1) {
        const char *text = json_string_value(json_object_get(reply, "Id"));
        id = text ? strdup(text) : NULL;
    }
    json_decref(reply);
    return id;
}

void image_remove_replaced(struct engine *engine, const char *old, const char *new)
{
    struct error ignored = ERROR_INIT;
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    long status;
    json_t *reply;
    if (!old || !new || strcmp(old, new) == 0 ||
        image_inspect(engine, old, &reply, &ignored) != 1)
        return;
    bool nameless = json_array_size(json_object_get(reply, "RepoTags")) == 0;
    json_decref(reply);
    /* noprune: its layers are the next build's cache. */
    if (nameless && buf_printf(&path, "/images/%s?noprune=1", old) == 0)
        (void)engine_request(engine, "DELETE", path.data, NULL, NULL, &status, &ignored);
}

int image_build(struct engine *engine, const struct image_build *build, char **id,
                struct error *err)
{
    const char *tag = build->tag ? build->tag : image_default_tag;
    cleanup_free char *old = image_sole_id(engine, tag);
    cleanup_free char *new = NULL;
    if (image_build_run(engine, build, tag, &new, err) < 0)
        return -1;
    image_remove_replaced(engine, old, new);
    if (id)
        *id = take_ptr(new);
    return 0;
}
