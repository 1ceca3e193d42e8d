/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of objects' names. Pure.
 */
#ifndef CLAUDEX_INIT_GIT_OID_SET_H
#define CLAUDEX_INIT_GIT_OID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/git/oid.h"

/* All 0: empty. */
struct oid_set {
    uint32_t *table; /* 1 + where in `oids` */
    size_t table_size;
    uint8_t (*oids)[OID_SIZE];
    size_t count, capacity;
};

void oid_set_free(struct oid_set *set);

bool oid_set_has(const struct oid_set *set, const uint8_t oid[OID_SIZE]);

/* One that is not in it: 0, or -1 when out of memory. */
int oid_set_add(struct oid_set *set, const uint8_t oid[OID_SIZE]);

/* Its place stays, under an id that no object has. */
void oid_set_remove(struct oid_set *set, const uint8_t oid[OID_SIZE]);

#endif
