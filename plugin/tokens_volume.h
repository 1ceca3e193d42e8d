/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the volumes with the agents' logins and skills. Pure.
 */
#ifndef CLAUDEX_PLUGIN_TOKENS_VOLUME_H
#define CLAUDEX_PLUGIN_TOKENS_VOLUME_H

/* The user's, who is whoever has this home folder, and one project's, named after its box. The
 * caller's; NULL when out of memory. */
char *tokens_volume_of_user(const char *home);
char *tokens_volume_of_box(const char *box);
/* Of skills from git. */
char *skills_volume_of_user(const char *home);

#endif
