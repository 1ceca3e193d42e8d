/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/utf8.h"

#include "shared/cleanup.h"

size_t utf8_character(const char *text, size_t length, uint32_t *point)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least; /* smaller ones have a shorter form */
    } forms[] = {
        {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    const unsigned char *p = (const unsigned char *)text;
    for (size_t n = 0; n < array_length(forms) && n < length; n++) {
        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t value = p[0] & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            value = (value << 6) | (p[i] & 0x3fU);
        }
        bool surrogate = value >= 0xd800 && value <= 0xdfff;
        if (value < forms[n].least || value > 0x10ffff || surrogate)
            return 0;
        *point = value;
        return n + 1;
    }
    return 0;
}

bool utf8_is_valid(const char *text, size_t length)
{
    uint32_t point;
    while (length > 0) {
        size_t n = utf8_character(text, length, &point);
        if (n == 0)
            return false;
        text += n;
        length -= n;
    }
    return true;
}

size_t utf8_find_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t point = 0;
        size_t n = utf8_character(text + i, length - i, &point);
        if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
            return i;
        i += n ? n : 1;
    }
    return length;
}
