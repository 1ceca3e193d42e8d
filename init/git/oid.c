/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/oid.h"

#include <stddef.h>

void oid_print(const uint8_t oid[OID_SIZE], char hex[2 * OID_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < OID_SIZE; i++) {
        hex[2 * i] = digits[oid[i] >> 4];
        hex[2 * i + 1] = digits[oid[i] & 0xf];
    }
    hex[(size_t)2 * OID_SIZE] = '\0';
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int oid_parse(const char *hex, uint8_t oid[OID_SIZE])
{
    for (size_t i = 0; i < OID_SIZE; i++) {
        int high = digit(hex[2 * i]);
        int low = high < 0 ? -1 : digit(hex[2 * i + 1]);
        if (low < 0)
            return -1;
        oid[i] = (uint8_t)(high * 16 + low);
    }
    return 0;
}
