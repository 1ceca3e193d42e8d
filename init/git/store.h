/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object store as libgit2 reads it: objects of folders that we name, and nothing else. There
 * is no repository to it, so no configuration, attribute, filter or hook of anybody is read.
 */
#ifndef CLAUDEX_INIT_GIT_STORE_H
#define CLAUDEX_INIT_GIT_STORE_H

#include <stdbool.h>

#include "init/git/oid.h"
#include "shared/error.h"

/* libgit2's; who looks into them includes it. */
struct git_odb;
struct git_repository;

/* Once, before anything of libgit2. */
int store_library(struct error *err);

/* Opens the store in `objects` (a path). The caller's: git_odb_free(). NULL on failure. */
struct git_odb *store_open(const char *objects, struct error *err);

/* As struct pack wants it; context is the git_odb. */
bool store_knows(void *odb, const uint8_t oid[OID_SIZE]);

/* A repository around it, without a folder or a configuration: git_repository_free(). */
struct git_repository *store_repository(struct git_odb *odb, struct error *err);

/* Fills *err with libgit2's last words behind the format's. Returns -1. */
int store_error(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
