/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOX_DENIED: what was refused, one line each, readable for the agent, so that both it and the
 * person who looks over its shoulder find out why something failed.
 *
 *     2025-01-31T12:00:00Z tls example.org:443
 */
#ifndef CLAUDEX_INIT_DENIED_H
#define CLAUDEX_INIT_DENIED_H

#include "init/net/gate_frame.h"

enum { DENIED_FILE_MAX = 256 * 1024 }; /* bytes; then it begins anew */

/* Appends a line. What cannot be written is left out: nothing may stop PID 1. */
void denied_note(const struct gate_frame *frame);

#endif
