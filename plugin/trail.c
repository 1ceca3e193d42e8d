/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/trail.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/box.h"
#include "plugin/engine/container.h"
#include "plugin/exec.h"
#include "plugin/image/image.h"
#include "plugin/oneshot.h"
#include "shared/log.h"
#include "shared/names.h"

enum { ANSWER_MAX = 512 * 1024 * 1024, COMPLAINTS_MAX = 4096, ID_DIGITS_MIN = 4 };

void trail_free(struct trail *trail)
{
    free(trail->box);
    json_decref(trail->folders);
    free(trail->volume);
    *trail = (struct trail){0};
}

/* --- where it is ------------------------------------------------------------------------- */

/* 1 if the engine has it. */
static int has_volume(struct engine *engine, const char *folder, struct error *err)
{
    char path[64];
    long status = 0;
    json_t *answer = NULL;
    cleanup_free char *name = trail_volume(folder);
    if (!name)
        return error_set(err, "out of memory");
    (void)snprintf(path, sizeof path, "/volumes/%s", name);
    int failed = engine_request(engine, "GET", path, NULL, &answer, &status, err);
    json_decref(answer);
    return failed ? -1 : status == 200;
}

/* Of one project's box that has ended, by compose: its trail's volume has another name. */
static bool find_of_ended(struct trail *trail, const struct boxes *boxes, const char *folder)
{
    const long at = box_fit(boxes, NULL, folder, false);
    if (at < 0)
        return false;
    const struct box *box = &boxes->items[at];
    const json_t *mount;
    size_t i;
    json_t *folders = json_loads(box_label(box, LABEL_FOLDERS), 0, NULL);
    json_array_foreach(json_object_get(box->summary, "Mounts"), i, mount)
    {
        const char *target = json_string_value(json_object_get(mount, "Destination"));
        const char *name = json_string_value(json_object_get(mount, "Name"));
        if (name && target && strncmp(target, BOX_AUDIT "/", sizeof BOX_AUDIT) == 0)
            trail->volume = trail->volume ? trail->volume : strdup(name);
    }
    const char *first = json_string_value(json_array_get(folders, 0));
    if (trail->volume && json_array_size(folders) == 1 && first && strcmp(first, folder) == 0)
        trail->folders = json_incref(folders);
    else if (trail->volume) {
        free(trail->volume);
        trail->volume = NULL;
    }
    json_decref(folders);
    return trail->folders != NULL;
}

/* The nearest folder above that has a trail. */
static int find_volume(struct trail *trail, const char *here, const struct boxes *boxes,
                       struct error *err)
{
    cleanup_free char *folder = strdup(here);
    while (folder && *folder) {
        int found = has_volume(trail->engine, folder, err);
        if (found < 0)
            return -1;
        if (found) {
            trail->folders = json_pack("[s]", folder);
            return trail->folders ? 0 : error_set(err, "the folder's name is not UTF-8");
        }
        if (find_of_ended(trail, boxes, folder))
            return 0;
        char *slash = strrchr(folder, '/');
        *slash = '\0';
    }
    return error_set(err,
                     "no audit trail of %s: no box was ever opened on it, or with --no-git",
                     quoted(here));
}

int trail_find(struct invocation *invocation, const char *name, struct trail *trail,
               struct error *err)
{
    cleanup_boxes struct boxes boxes = {0};
    cleanup_free char *here = realpath(".", NULL);
    trail->engine = invocation_engine(invocation, err);
    if (!trail->engine || box_list(trail->engine, true, &boxes, err) < 0)
        return -1;
    trail->local = endpoint_is_local(&invocation->endpoint);
    long at =
        name ? box_choose(&boxes, name, here, true, err) : box_fit(&boxes, NULL, here, true);
    if (name && at < 0)
        return -1;
    if (at == -2)
        return error_set(err, "several boxes of this folder run; say which with --box NAME");
    if (at < 0)
        return here ? find_volume(trail, here, &boxes, err)
                    : error_errno(err, "cannot tell the current folder");
    trail->box = strdup(boxes.items[at].id);
    trail->folders = json_loads(box_label(&boxes.items[at], LABEL_FOLDERS), 0, NULL);
    return trail->box && json_is_array(trail->folders) ? 0 : error_set(err, "out of memory");
}

/* --- asking
 * ----------------------------------------------------------------------------------- */

static int take(void *data, const char *bytes, size_t length, struct error *err)
{
    return buf_append(data, bytes, length) < 0
               ? error_set(err, "the answer is larger than %d MiB; name some paths",
                           ANSWER_MAX >> 20)
               : 0;
}

/* What it complained of, as our own words. */
static int complain(const struct buf *complaints, int status, struct error *err)
{
    static const char *const ours[] = {"claudex: ", "warning: "};
    char text[COMPLAINTS_MAX];
    const char *words = complaints->data;
    if (!words)
        return error_set(err, "the box's part ended with status %d and without a word", status);
    for (size_t i = 0; i < array_length(ours); i++)
        if (strncmp(words, ours[i], strlen(ours[i])) == 0)
            words += strlen(ours[i]);
    return error_set(err, "%s", term_quote(text, sizeof text, words, strcspn(words, "\n")));
}

static int ask_box(const struct trail *trail, const struct trail_question *question,
                   struct buf *answer, struct error *err)
{
    cleanup_buf struct buf complaints = BUF_INIT(COMPLAINTS_MAX);
    const struct exec exec = {.engine = trail->engine,
                              .box = trail->box,
                              .command = question->words,
                              .entry = "trail",
                              .local = trail->local};
    const struct exec_pipes pipes = {
        .sink = take, .sink_data = answer, .complaints = &complaints};
    int status = exec_piped(&exec, &pipes, err);
    return status <= 0 ? status : complain(&complaints, status, err);
}

static json_t *oneshot_mounts(const struct trail *trail, const struct trail_question *question)
{
    json_t *mounts = json_array();
    size_t i;
    const json_t *folder;
    json_array_foreach(trail->folders, i, folder)
    {
        const char *path = json_string_value(folder);
        const char *slash = path ? strrchr(path, '/') : NULL;
        cleanup_free char *by_path = path && !trail->volume ? trail_volume(path) : NULL;
        const char *volume = trail->volume ? trail->volume : by_path;
        if (!slash || !volume)
            continue;
        (void)json_array_append_new(mounts, json_pack("{s:s, s:s, s:o, s:{s:b}}", "Type",
                                                      "volume", "Source", volume, "Target",
                                                      json_sprintf(BOX_AUDIT "%s", slash),
                                                      "VolumeOptions", "NoCopy", 1));
        if (question->projects)
            (void)json_array_append_new(
                mounts,
                json_pack("{s:s, s:s, s:o, s:b, s:{s:s}}", "Type", "bind", "Source", path,
                          "Target", json_sprintf(BOX_WORKSPACE "%s", slash), "ReadOnly",
                          (int)!question->writes, "BindOptions", "Propagation", "rprivate"));
    }
    return mounts;
}

static json_t *oneshot_spec(const struct trail *trail, const struct trail_question *question)
{
    json_t *words = json_pack("[s]", "--trail");
    for (const char *const *word = question->words; *word; word++)
        (void)json_array_append_new(words, json_string(*word));
    json_t *host = json_pack("{s:s, s:[s], s:[s, s, s], s:[s], s:b, s:i, s:o}", "NetworkMode",
                             "none", "CapDrop", "ALL", "CapAdd", "SETUID", "SETGID", "SETPCAP",
                             "SecurityOpt", "no-new-privileges", "Init", 0, "PidsLimit", 64,
                             "Mounts", oneshot_mounts(trail, question));
    return json_pack("{s:s, s:s, s:[s], s:o, s:s, s:o, s:{s:s}}", "Image", image_default_tag,
                     "User", "0:0", "Entrypoint", BOX_INIT, "Cmd", words, "WorkingDir", "/",
                     "HostConfig", host, "Labels", LABEL_VERSION, CLAUDEX_VERSION);
}

static int ask_oneshot(const struct trail *trail, const struct trail_question *question,
                       struct buf *answer, struct error *err)
{
    cleanup_buf struct buf complaints = BUF_INIT(COMPLAINTS_MAX * 16);
    json_t *spec = oneshot_spec(trail, question);
    if (!spec)
        return error_set(err, "a path is not UTF-8, and the engine takes nothing else");
    int status = oneshot_run(trail->engine, spec, answer, &complaints, err);
    json_decref(spec);
    return status <= 0 ? status : complain(&complaints, status, err);
}

int trail_ask(const struct trail *trail, const struct trail_question *question,
              struct buf *answer, struct error *err)
{
    answer->max = ANSWER_MAX;
    return (trail->box ? ask_box : ask_oneshot)(trail, question, answer, err);
}

json_t *trail_ask_json(const struct trail *trail, const struct trail_question *question,
                       struct error *err)
{
    cleanup_buf struct buf answer = BUF_INIT(ANSWER_MAX);
    if (trail_ask(trail, question, &answer, err) < 0)
        return NULL;
    json_t *json = json_loadb(answer.data ? answer.data : "", answer.length, 0, NULL);
    if (!json)
        (void)error_set(err, "the box gave an answer that is none");
    return json;
}

/* --- words
 * ------------------------------------------------------------------------------------ */

bool trail_is_snapshot(const char *word)
{
    const size_t length = strlen(word);
    return strcmp(word, "start") == 0 || strcmp(word, "last") == 0 ||
           (length >= ID_DIGITS_MIN && length <= 40 &&
            strspn(word, "0123456789abcdefABCDEF") == length);
}

/* What lies below `folder` of `path`, or NULL. */
static const char *below(const char *path, const char *folder)
{
    const size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0)
        return NULL;
    return path[length] == '/' ? path + length + 1 : path[length] ? NULL : path + length;
}

/* "a/./b/../c/" → "a/c", without a look at what is there: it may be gone. In place. */
static void tidy(char *path)
{
    char *out = path;
    for (const char *part = path; *part;) {
        size_t length = strcspn(part, "/");
        const char *next = part + length + (part[length] == '/');
        if (length == 2 && part[0] == '.' && part[1] == '.') {
            while (out > path && *--out != '/')
                ;
        } else if (length > 0 && !(length == 1 && part[0] == '.')) {
            *out++ = '/';
            memmove(out, part, length);
            out += length;
        }
        part = next;
    }
    *out = '\0';
}

char *trail_path(const json_t *folders, const char *here, const char *path, struct error *err)
{
    size_t i;
    const json_t *folder;
    cleanup_free char *whole = NULL;
    if (asprintf(&whole, "/%s/%s", *path == '/' ? "" : here, path) < 0) {
        whole = NULL;
        (void)error_set(err, "out of memory");
        return NULL;
    }
    tidy(whole);
    json_array_foreach(folders, i, folder)
    {
        const char *project = json_string_value(folder);
        const char *rest = project ? below(whole, project) : NULL;
        char *out = NULL;
        if (!rest)
            continue;
        int n =
            json_array_size(folders) > 1
                ? asprintf(&out, "%s%s%s", strrchr(project, '/') + 1, *rest ? "/" : "", rest)
                : asprintf(&out, "%s", rest);
        if (n < 0)
            (void)error_set(err, "out of memory");
        return n < 0 ? NULL : out;
    }
    (void)error_usage(err, "%s is in none of the projects", quoted(path));
    return NULL;
}

int trail_add_paths(const json_t *folders, const struct arguments *arguments, size_t from,
                    struct strings *words, struct error *err)
{
    cleanup_free char *here = realpath(".", NULL);
    cleanup_with(strings_free) struct strings paths = {0};
    const size_t count = arguments->operand_count;
    bool all = false;
    int failed = strings_add(words, "--");
    for (size_t i = from; i < count + arguments->rest_count && !failed; i++) {
        const char *word = i < count ? arguments->operands[i] : arguments->rest[i - count];
        cleanup_free char *path = trail_path(folders, here ? here : "", word, err);
        if (!path)
            return -1;
        all = all || !*path;
        failed = strings_add(&paths, path);
    }
    for (size_t i = 0; i < paths.count && !all && !failed; i++)
        failed = strings_add(words, paths.items[i]);
    return failed ? error_set(err, "out of memory") : 0;
}
