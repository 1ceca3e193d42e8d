/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claudex-init for images that are not claudex's: the program that was installed with this one,
 * else what is taken out of claudex's image, where the client is no Linux for one.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_PROGRAM_H
#define CLAUDEX_PLUGIN_IMAGE_PROGRAM_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "plugin/session/folders.h"
#include "shared/error.h"

/* The path of the installed one, the caller's: beside this executable or in ../lib/claudex seen
 * from it; NULL where there is none. */
char *program_installed(void);

/* That of one out of claudex's image, which is built where it is not here; kept in
 * ${XDG_CACHE_HOME:-~/.cache}/claudex by the image's id. The caller's; NULL on failure. */
char *program_extracted(struct engine *engine, struct error *err);

/*
 * True where the file can be mounted into a box as it lies: not below a folder that an agent
 * may write to, which could change what is started as root, and on no file system whose
 * programs cannot be run.
 */
bool program_is_mountable(const char *path, const struct folders *projects);

#endif
