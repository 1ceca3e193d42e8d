/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/toml.h"

#include <errno.h>
#include <string.h>

#include "shared/buf.h"

enum { TABLE_NAME_MAX = 4096 };

static int is_said(const json_t *value)
{
    size_t i;
    json_t *item;
    if (json_is_null(value) || json_is_object(value))
        return 0;
    json_array_foreach((json_t *)value, i, item)
    {
        if (!is_said(item))
            return 0;
    }
    return 1;
}

/* DEL is the one character that JSON writes as it is and TOML does not. */
static int print_text(const char *text, struct buf *out)
{
    for (const char *del; (del = strchr(text, '\x7f')); text = del + 1)
        if (buf_append(out, text, (size_t)(del - text)) < 0 || buf_puts(out, "\\u007f") < 0)
            return -1;
    return buf_puts(out, text);
}

static int print_value(const json_t *value, struct buf *out)
{
    if (!is_said(value)) {
        errno = EINVAL;
        return -1;
    }
    cleanup_free char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    return print_text(text, out);
}

static int print_key(const char *key, struct buf *out)
{
    json_t *text = json_string(key);
    int failed = print_value(text, out);
    json_decref(text);
    return failed;
}

/* `name` is the table's own, "" for the document. */
static int print_table(const json_t *table, const char *name, struct buf *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)table, key, value)
    {
        if (!json_is_object(value) && (print_key(key, out) < 0 || buf_puts(out, " = ") < 0 ||
                                       print_value(value, out) < 0 || buf_puts(out, "\n") < 0))
            return -1;
    }
    json_object_foreach((json_t *)table, key, value)
    {
        cleanup_buf struct buf inner = BUF_INIT(TABLE_NAME_MAX);
        if (!json_is_object(value))
            continue;
        if (buf_printf(&inner, "%s%s", name, *name ? "." : "") < 0 ||
            print_key(key, &inner) < 0 || buf_printf(out, "\n[%s]\n", inner.data) < 0 ||
            print_table(value, inner.data, out) < 0)
            return -1;
    }
    return 0;
}

int toml_print(const json_t *object, struct buf *out)
{
    return print_table(object, "", out);
}
