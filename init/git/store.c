/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/store.h"

#include <git2.h>
#include <git2/sys/repository.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/log.h"

int store_error(struct error *err, const char *fmt, ...)
{
    char text[512], why[512];
    const git_error *last = git_error_last();
    const char *words = last && last->message ? last->message : "unknown error";
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return error_set(err, "%s: %s", text, term_quote(why, sizeof why, words, strlen(words)));
}

int store_library(struct error *err)
{
    static const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                 GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA};
    if (git_libgit2_init() < 0)
        return store_error(err, "libgit2 does not start");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") < 0)
            return store_error(err, "libgit2 does not start");
    return 0;
}

git_odb *store_open(const char *objects, struct error *err)
{
    git_odb *odb = NULL;
    if (git_odb_open(&odb, objects) == 0)
        return odb;
    (void)store_error(err, "cannot open the audit repository's objects");
    return NULL;
}

bool store_knows(void *odb, const uint8_t oid[OID_SIZE])
{
    git_oid id;
    memcpy(id.id, oid, OID_SIZE);
    return git_odb_exists_ext(odb, &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

git_repository *store_repository(git_odb *odb, struct error *err)
{
    git_repository *repository = NULL;
    git_config *nothing = NULL;
    if (git_repository_wrap_odb(&repository, odb) == 0 && git_config_new(&nothing) == 0 &&
        git_repository_set_config(repository, nothing) == 0) {
        git_config_free(nothing);
        return repository;
    }
    (void)store_error(err, "cannot open the audit repository");
    git_config_free(nothing);
    git_repository_free(repository);
    return NULL;
}
