/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex status` inside: BOX_STATUS for people.
 */
#ifndef CLAUDEX_INIT_INSIDE_VIEW_H
#define CLAUDEX_INIT_INSIDE_VIEW_H

#include <stdbool.h>

/* Prints it, or the file as it is. Returns the exit status. */
int view_status(bool json);

#endif
