/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>
#include <stdio.h>

#include "plugin/command.h"
#include "plugin/image/age.h"
#include "plugin/image/image.h"
#include "shared/log.h"
#include "shared/names.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

/* What is in the image, as its labels say; the empty object where there is none. */
static int describe_image(struct engine *engine, json_t *image, struct error *err)
{
    json_t *inspect = NULL;
    int there = image_inspect(engine, image_default_tag, &inspect, err);
    if (there < 0)
        return -1;
    const json_t *labels = json_object_get(json_object_get(inspect, "Config"), "Labels");
    json_object_set_new(image, "tag", json_string(image_default_tag));
    json_object_set_new(image, "built", json_boolean(there));
    static const struct {
        const char *key, *label;
    } known[] = {{"version", LABEL_VERSION},
                 {"claude", LABEL_CLAUDE},
                 {"codex", LABEL_CODEX},
                 {"base", LABEL_BASE}};
    for (size_t i = 0; i < array_length(known); i++) {
        json_t *value = json_object_get(labels, known[i].label);
        if (value)
            json_object_set(image, known[i].key, value);
    }
    if (there) {
        json_object_set(image, "created", json_object_get(inspect, "Created"));
        json_object_set(image, "size", json_object_get(inspect, "Size"));
        image_tell_age(inspect);
    }
    json_decref(inspect);
    return 0;
}

static int describe_engine(struct engine *engine, json_t *out, struct error *err)
{
    const struct engine_info *info = engine_info(engine, err);
    if (!info)
        return -1;
    json_object_set_new(out, "version", json_string(info->version));
    json_object_set_new(out, "api_version", json_string(engine_api_version(engine)));
    json_object_set_new(out, "kernel", json_string(info->kernel));
    json_object_set_new(out, "architecture", json_string(info->architecture));
    return 0;
}

static void print_table(const json_t *version)
{
    const json_t *engine = json_object_get(version, "engine");
    const json_t *image = json_object_get(version, "image");
    printf("claudex      %s\n", CLAUDEX_VERSION);
    if (!engine)
        return;
    printf("engine       %s (API %s), kernel %s, %s\n", quoted(text_of(engine, "version")),
           text_of(engine, "api_version"), quoted(text_of(engine, "kernel")),
           quoted(text_of(engine, "architecture")));
    if (json_is_false(json_object_get(image, "built"))) {
        printf("image        %s is not built yet\n", image_default_tag);
        return;
    }
    char bytes[32];
    print_bytes(json_integer_value(json_object_get(image, "size")), bytes, sizeof bytes);
    printf("image        %s, %s, built %.10s on %s\n", image_default_tag, bytes,
           quoted(text_of(image, "created")), quoted(text_of(image, "base")));
    printf("claudex-init %s\n", quoted(text_of(image, "version")));
    printf("claude       %s\n", quoted(text_of(image, "claude")));
    printf("codex        %s\n", quoted(text_of(image, "codex")));
}

static int version(struct invocation *invocation, struct error *err)
{
    if (invocation->quiet) {
        puts(CLAUDEX_VERSION);
        return 0;
    }
    json_t *engine_part = json_object(), *image = json_object(), *out = json_object();
    struct engine *engine = invocation_engine(invocation, err);
    int failed = !engine || describe_engine(engine, engine_part, err) < 0 ||
                 describe_image(engine, image, err) < 0;
    json_object_set_new(out, "version", json_string(CLAUDEX_VERSION));
    if (!failed) {
        json_object_set(out, "engine", engine_part);
        json_object_set(out, "image", image);
    }
    if (invocation->format == OUTPUT_JSON)
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER), putchar('\n');
    else
        print_table(out);
    json_decref(engine_part);
    json_decref(image);
    json_decref(out);
    return failed ? -1 : 0;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "Versions of claudex, the engine, the image and what is in it",
    .run = version,
};
