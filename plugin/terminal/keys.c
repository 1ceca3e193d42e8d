/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/keys.h"

#include <string.h>

#include "shared/ascii.h"

static const char default_keys[] = "ctrl-p,ctrl-q";

/* The byte of "x" or "ctrl-x"; -1 if it is neither. */
static int key_byte(const char *word, size_t length)
{
    static const char prefix[] = "ctrl-";
    if (length == 1)
        return (unsigned char)word[0];
    if (length != sizeof prefix || strncmp(word, prefix, sizeof prefix - 1) != 0)
        return -1;
    char c = word[length - 1];
    if (is_letter(c))
        return to_lower(c) - 'a' + 1;
    return c == '@' || (c >= '[' && c <= '_') ? c & 0x1f : -1;
}

int keys_parse(const char *text, struct keys *keys)
{
    struct keys got = {.length = 0};
    if (!text)
        text = default_keys;
    for (const char *word = text;;) {
        size_t length = strcspn(word, ",");
        int byte = key_byte(word, length);
        if (byte < 0 || got.length == KEYS_MAX)
            return -1;
        got.sequence[got.length++] = (char)byte;
        if (word[length] == '\0')
            break;
        word += length + 1;
    }
    *keys = got;
    return 0;
}

size_t keys_type(struct keys *keys, char byte, char out[KEYS_MAX], bool *detach)
{
    char typed[KEYS_MAX + 1];
    size_t count = keys->matched, passed = 0;
    *detach = false;
    memcpy(typed, keys->sequence, count);
    typed[count++] = byte;
    /* The longest end of what was typed that begins the sequence stays held back. */
    while (count > passed && memcmp(typed + passed, keys->sequence, count - passed) != 0)
        passed++;
    keys->matched = count - passed;
    if (keys->matched == keys->length) {
        keys->matched = 0;
        *detach = true;
        return 0;
    }
    memcpy(out, typed, passed);
    return passed;
}

size_t keys_release(struct keys *keys, char out[KEYS_MAX])
{
    size_t held = keys->matched;
    memcpy(out, keys->sequence, held);
    keys->matched = 0;
    return held;
}
