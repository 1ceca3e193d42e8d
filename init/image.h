/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has to hold in any image, the user's own included, before an agent may run in it.
 */
#ifndef CLAUDEX_INIT_IMAGE_H
#define CLAUDEX_INIT_IMAGE_H

#include "shared/error.h"

/*
 * Nobody but root can replace BOX_INIT, which `docker exec` starts as root: neither the file
 * nor a folder on the way to it, some of which images give to users of theirs. Folders are made
 * root's and writable for nobody else; where that does not hold of the file, or a symbolic link
 * is on the way, the box does not start. A box that has no such file has nothing to replace.
 * Makes /tmp where an image has none. 0 or -1.
 */
int image_prepare(struct error *err);

#endif
