/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/name.h"

#include <string.h>
#include <strings.h>

#include "shared/ascii.h"

static const char prefix[] = "claudex~";
enum { PREFIX = sizeof prefix - 1 };

/* Code points that HFS+ does not see when it compares names (git's utf8.c, next_hfs_char), all
 * of three bytes: U+200C…200F, 202A…202E, 206A…206F, FEFF. */
static size_t unseen(const unsigned char *p, size_t left)
{
    if (left < 3)
        return 0;
    const unsigned point = p[0] == 0xe2   ? 0x2000U + (p[1] & 0x3fU) * 64 + (p[2] & 0x3fU)
                           : p[0] == 0xef ? 0xf000U + (p[1] & 0x3fU) * 64 + (p[2] & 0x3fU)
                                          : 0;
    const bool hit = (point >= 0x200c && point <= 0x200f) ||
                     (point >= 0x202a && point <= 0x202e) ||
                     (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
    return hit ? 3 : 0;
}

static bool is_git_for_hfs(const char *name, size_t length)
{
    static const char wanted[] = ".git";
    size_t matched = 0;
    for (size_t i = 0; i < length;) {
        size_t skip = unseen((const unsigned char *)name + i, length - i);
        if (skip == 0) {
            if (matched == sizeof wanted - 1 || to_lower(name[i]) != wanted[matched])
                return false;
            matched++;
            skip = 1;
        }
        i += skip;
    }
    return matched == sizeof wanted - 1;
}

/* NTFS drops dots and blanks at the end, takes what follows ':' for a stream, '\' for a slash,
 * and has git~1 for .git. */
static bool is_git_for_ntfs(const char *name, size_t length)
{
    static const char *const wanted[] = {".git", "git~1"};
    size_t end = 0;
    while (end < length && name[end] != ':' && name[end] != '\\')
        end++;
    while (end > 0 && (name[end - 1] == '.' || name[end - 1] == ' '))
        end--;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (end == strlen(wanted[i]) && strncasecmp(name, wanted[i], end) == 0)
            return true;
    /* "a\.git" is a path there. */
    const char *backslash = memchr(name, '\\', length);
    return backslash && is_git_for_ntfs(backslash + 1, length - (size_t)(backslash + 1 - name));
}

bool name_is_odd(const char *name, size_t length)
{
    /* What looks encoded would be decoded. */
    if (length >= PREFIX && memcmp(name, prefix, PREFIX) == 0)
        return true;
    return is_git_for_ntfs(name, length) || is_git_for_hfs(name, length);
}

size_t name_encode(const char *name, size_t length, char out[NAME_ENCODED_MAX])
{
    static const char digits[] = "0123456789abcdef";
    if (length > (NAME_ENCODED_MAX - PREFIX) / 2)
        length = (NAME_ENCODED_MAX - PREFIX) / 2;
    memcpy(out, prefix, PREFIX);
    for (size_t i = 0; i < length; i++) {
        out[PREFIX + 2 * i] = digits[(unsigned char)name[i] >> 4];
        out[PREFIX + 2 * i + 1] = digits[(unsigned char)name[i] & 0xf];
    }
    return PREFIX + 2 * length;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t name_decode(const char *name, size_t length, char out[NAME_ENCODED_MAX])
{
    if (length > NAME_ENCODED_MAX)
        length = NAME_ENCODED_MAX;
    bool ours =
        length > PREFIX && length % 2 == PREFIX % 2 && memcmp(name, prefix, PREFIX) == 0;
    for (size_t i = PREFIX; ours && i < length; i += 2) {
        int high = digit(name[i]), low = digit(name[i + 1]);
        ours = high >= 0 && low >= 0;
        if (ours)
            out[(i - PREFIX) / 2] = (char)(high * 16 + low);
    }
    if (ours)
        return (length - PREFIX) / 2;
    memcpy(out, name, length);
    return length;
}
