/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit trail of a project, from outside: which volume holds it, and what is asked of it,
 * through the box that runs, or where there is none through one for this question alone, that
 * has no network.
 */
#ifndef CLAUDEX_PLUGIN_TRAIL_H
#define CLAUDEX_PLUGIN_TRAIL_H

/* The volume's name, by the project's real path. The caller's; NULL when out of memory. */
char *trail_volume(const char *real_path);

#endif
