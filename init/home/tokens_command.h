/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claudex-init --tokens: the kept logins, for the plugin, in a container that has their volume
 * at BOX_TOKENS_DIR, no network and no agent. Boxes that run see the change by themselves.
 *
 *     list            init/home/token_list.h's on stdout
 *     forget AGENT      removes the login, with the one before
 *     keep AGENT        keeps BOX_TOKENS_NEW
 *     accept AGENT ID   shares what is held (init/home/login_judge.h), if it has that ID
 *     refuse AGENT      forgets what is held
 *     previous AGENT    goes back to the login before
 *
 * All but the first print AGENT where there was one.
 */
#ifndef CLAUDEX_INIT_HOME_TOKENS_COMMAND_H
#define CLAUDEX_INIT_HOME_TOKENS_COMMAND_H

/* Returns the exit status. argv[0] is "--tokens". */
int tokens_command(int argc, char **argv);

#endif
