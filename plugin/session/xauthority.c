/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/xauthority.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/buf.h"

#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"

struct text {
    const uint8_t *bytes;
    size_t length;
};

struct entry {
    unsigned family;
    struct text address, number, name, data;
};

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool read_short(struct reader *r, unsigned *value)
{
    if (r->left < 2)
        return false;
    *value = (unsigned)(r->at[0] << 8 | r->at[1]);
    r->at += 2;
    r->left -= 2;
    return true;
}

static bool read_text(struct reader *r, struct text *text)
{
    unsigned length;
    if (!read_short(r, &length) || r->left < length)
        return false;
    *text = (struct text){r->at, length};
    r->at += length;
    r->left -= length;
    return true;
}

static bool read_entry(struct reader *r, struct entry *entry)
{
    return read_short(r, &entry->family) && read_text(r, &entry->address) &&
           read_text(r, &entry->number) && read_text(r, &entry->name) &&
           read_text(r, &entry->data);
}

static bool is_text(const struct text *text, const char *wanted)
{
    return text->length == strlen(wanted) && memcmp(text->bytes, wanted, text->length) == 0;
}

/* As XauGetBestAuthByAddr(3): no number means any. */
static bool fits(const struct entry *entry, const char *host, const char *number)
{
    return (entry->family == XAUTHORITY_WILD ||
            (entry->family == XAUTHORITY_LOCAL && is_text(&entry->address, host))) &&
           (entry->number.length == 0 || is_text(&entry->number, number)) &&
           is_text(&entry->name, COOKIE_NAME) && entry->data.length > 0;
}

static int add_short(struct buf *out, size_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    return buf_append(out, bytes, sizeof bytes);
}

static int add_text(struct buf *out, const void *bytes, size_t length)
{
    return add_short(out, length) < 0 ? -1 : buf_append(out, bytes, length);
}

int xauthority_pick(const void *bytes, size_t length, const char *host, unsigned number,
                    struct buf *out)
{
    struct reader r = {bytes, length};
    struct entry entry;
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    while (r.left > 0) {
        if (!read_entry(&r, &entry))
            return 0;
        if (!fits(&entry, host, text))
            continue;
        return add_short(out, XAUTHORITY_WILD) < 0 || add_text(out, "", 0) < 0 ||
                       add_text(out, text, strlen(text)) < 0 ||
                       add_text(out, COOKIE_NAME, strlen(COOKIE_NAME)) < 0 ||
                       add_text(out, entry.data.bytes, entry.data.length) < 0
                   ? -1
                   : 1;
    }
    return 0;
}
