/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex-init exec`: a further session in a running box, confined as the first.
 */
#ifndef CLAUDEX_INIT_EXEC_H
#define CLAUDEX_INIT_EXEC_H

/*
 * exec [--workdir DIR] [--env NAME=VALUE]… [--pass NAME]… [--] [COMMAND [ARG…]], argv[0] being
 * "exec". Run by `docker exec` as root; becomes the command, and so returns only on failure,
 * with the exit status: 127, 126, 125 or 2. Waits for a box that is still starting. A variable
 * of --env or --pass counts more than the box's own; the value of the latter is the one in the
 * request's environment.
 */
int exec_session(int argc, char **argv);

#endif
