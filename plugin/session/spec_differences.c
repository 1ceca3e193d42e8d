/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In what a box that is wanted differs from one that runs, in the words of the options. */
#include <stdio.h>
#include <string.h>

#include "plugin/session/spec.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

enum { TEXT_MAX = 64 * 1024 };

/* The two shapes of a specification: in the body of a create request the host's part lies
 * inside, in the answer of inspect beside the container's. */
struct shape {
    const json_t *container, *host;
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int print_image(const struct shape *shape, struct buf *out)
{
    return buf_puts(out, quoted(text_of(shape->container, "Image")));
}

static int print_label(const struct shape *shape, const char *label, struct buf *out)
{
    return buf_puts(out, quoted(text_of(json_object_get(shape->container, "Labels"), label)));
}

static int print_mode(const struct shape *shape, struct buf *out)
{
    return print_label(shape, LABEL_NETWORK, out);
}

static int print_ssh(const struct shape *shape, struct buf *out)
{
    return print_label(shape, LABEL_SSH, out);
}

static int print_version(const struct shape *shape, struct buf *out)
{
    return print_label(shape, LABEL_VERSION, out);
}

static int print_folders(const struct shape *shape, struct buf *out)
{
    size_t i;
    const json_t *mount;
    json_t *asked = spec_asked_mounts(json_object_get(shape->host, "Mounts"));
    int failed = asked ? 0 : -1;
    json_array_foreach(asked, i, mount)
    {
        const bool read_only = json_is_true(json_object_get(mount, "ReadOnly"));
        failed |= buf_printf(out, "%s%s:%s%s", i ? ", " : "", quoted(text_of(mount, "Source")),
                             quoted(text_of(mount, "Target")), read_only ? ":ro" : "");
    }
    json_decref(asked);
    return failed;
}

static int print_ports(const struct shape *shape, struct buf *out)
{
    const char *key;
    json_t *list;
    /* Iterated in the order of insertion, which the engine does not keep: hence sorted. */
    const json_t *bindings = json_object_get(shape->host, "PortBindings");
    size_t count = json_object_size(bindings), used = 0;
    const char **keys = calloc(count + 1, sizeof *keys);
    int failed = keys ? 0 : -1;
    json_object_foreach((json_t *)bindings, key, list)
    {
        size_t at = used;
        for (; keys && at > 0 && strcmp(keys[at - 1], key) > 0; at--)
            keys[at] = keys[at - 1];
        if (keys)
            keys[at] = key;
        used++;
    }
    for (size_t k = 0; !failed && k < count; k++) {
        size_t i;
        const json_t *binding;
        json_array_foreach(json_object_get(bindings, keys[k]), i, binding)
        {
            failed |= buf_printf(out, "%s%s:%s:%s", out->length ? ", " : "",
                                 quoted(text_of(binding, "HostIp")),
                                 quoted(text_of(binding, "HostPort")), quoted(keys[k]));
        }
    }
    free(keys);
    return failed;
}

static int print_number(const struct shape *shape, const char *key, json_int_t unit,
                        struct buf *out)
{
    json_int_t number = json_integer_value(json_object_get(shape->host, key));
    if (number <= 0)
        return buf_puts(out, "no limit");
    return buf_printf(out, "%.*f", number % unit ? 2 : 0, (double)number / (double)unit);
}

static int print_memory(const struct shape *shape, struct buf *out)
{
    return print_number(shape, "Memory", 1, out);
}

static int print_cpus(const struct shape *shape, struct buf *out)
{
    return print_number(shape, "NanoCpus", 1000000000, out);
}

static int print_pids(const struct shape *shape, struct buf *out)
{
    return print_number(shape, "PidsLimit", 1, out);
}

/* An engine answers a request without a runtime with the name of its default one. */
static int print_runtime(const struct shape *shape, struct buf *out)
{
    const char *name = text_of(shape->host, "Runtime");
    return buf_puts(out, *name ? quoted(name) : "runc");
}

static int print_network(const struct shape *shape, struct buf *out)
{
    return buf_puts(out, quoted(text_of(shape->host, "NetworkMode")));
}

static int print_trail(const struct shape *shape, struct buf *out)
{
    const json_t *mounts = json_object_get(shape->host, "Mounts");
    return buf_puts(out, spec_has_trail(mounts) ? "kept" : "none");
}

static const struct {
    const char *name;
    int (*print)(const struct shape *shape, struct buf *out);
} rows[] = {
    {"image", print_image},
    {"folders", print_folders},
    {"network mode", print_mode},
    {"network", print_network},
    {"ports", print_ports},
    {"memory (bytes)", print_memory},
    {"cpus", print_cpus},
    {"pids-limit", print_pids},
    {"ssh agent", print_ssh},
    {"runtime", print_runtime},
    {"version of claudex", print_version},
    {"audit trail", print_trail},
};

static const char *or_none(const struct buf *text)
{
    return text->length > 0 ? text->data : "none";
}

char *spec_differences(const json_t *wanted, const json_t *running)
{
    const struct shape asked = {wanted, json_object_get(wanted, "HostConfig")};
    const struct shape found = {json_object_get(running, "Config"),
                                json_object_get(running, "HostConfig")};
    cleanup_buf struct buf text = BUF_INIT(TEXT_MAX);
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf left = BUF_INIT(TEXT_MAX), right = BUF_INIT(TEXT_MAX);
        if (rows[i].print(&asked, &left) < 0 || rows[i].print(&found, &right) < 0)
            return NULL;
        if (strcmp(or_none(&left), or_none(&right)) != 0 &&
            buf_printf(&text, "%s%s: %s ≠ %s", text.length ? "\n" : "", rows[i].name,
                       or_none(&left), or_none(&right)) < 0)
            return NULL;
    }
    return buf_take(&text);
}
