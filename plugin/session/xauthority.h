/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of cookies for X displays, as libXau reads and xauth(1) writes it (Xau(3)): entries
 * of a family (two bytes) and four texts, each with its length in front (two bytes): address,
 * display number, name, data. Numbers are big-endian. Pure.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_XAUTHORITY_H
#define CLAUDEX_PLUGIN_SESSION_XAUTHORITY_H

#include <stddef.h>

struct buf;

enum {
    XAUTHORITY_FILE_MAX = 1 << 20,
    XAUTHORITY_LOCAL = 256,  /* FamilyLocal, X11/X.h: the address is a host's name */
    XAUTHORITY_WILD = 65535, /* FamilyWild, X11/Xauth.h: any address */
};

/*
 * Appends to `out` a file that has the one cookie which opens the display of that number on
 * this host, for any host: in a box, which has another name. 1; 0 where there is none, or the
 * file is damaged before it; -1 when out of memory.
 */
int xauthority_pick(const void *bytes, size_t length, const char *host, unsigned number,
                    struct buf *out);

#endif
