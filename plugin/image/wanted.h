/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packages a project wants: what the configuration files say when `run` is given that
 * folder, read for verbs that do not run it.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_WANTED_H
#define CLAUDEX_PLUGIN_IMAGE_WANTED_H

#include "plugin/command.h"
#include "shared/error.h"
#include "shared/session.h"

/* Of the folders that are the operands, or of the current one; `packages` gets them sorted,
 * each once, and none is an error that says where to write them. 0 or -1. */
int packages_wanted(const struct arguments *arguments, struct strings *packages,
                    struct error *err);

#endif
