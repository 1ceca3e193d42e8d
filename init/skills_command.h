/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claudex-init --skills [json]: what skills_install() installed, from BOX_SKILLS_LIST.
 */
#ifndef CLAUDEX_INIT_SKILLS_COMMAND_H
#define CLAUDEX_INIT_SKILLS_COMMAND_H

/* Returns the exit status. argv[0] is "--skills". */
int skills_command(int argc, char **argv);

#endif
