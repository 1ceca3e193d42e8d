/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of git's objects: 20 bytes, or 40 hex digits. Pure.
 */
#ifndef CLAUDEX_INIT_GIT_OID_H
#define CLAUDEX_INIT_GIT_OID_H

#include <stdint.h>

enum { OID_SIZE = 20 };

void oid_print(const uint8_t oid[OID_SIZE], char hex[2 * OID_SIZE + 1]);
/* The first 40 bytes of `hex`; 0 or -1. */
int oid_parse(const char *hex, uint8_t oid[OID_SIZE]);

#endif
