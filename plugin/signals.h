/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends a verb early: SIGINT, SIGTERM and SIGHUP cancel what is under way
 * (engine_cancel()), a second one of the same kind ends the program at once. The docker CLI
 * says it by closing the plugin socket (docker/cli, cli-plugins/socket), which counts as a
 * SIGTERM.
 */
#ifndef CLAUDEX_PLUGIN_SIGNALS_H
#define CLAUDEX_PLUGIN_SIGNALS_H

/* Once, first thing. Whoever wants these signals for himself (plugin/terminal/attach) sets his
 * own actions and puts these back. SIGPIPE is ignored from here on: write(2) says EPIPE.
 * SIGCHLD is not, whoever started us: wait(2) would have no child's status then. */
void signals_install(void);

#endif
