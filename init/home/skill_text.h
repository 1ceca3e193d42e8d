/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SKILL.md: a front matter of YAML between two lines "---", with a name and a description, as
 * both agents want it (agentskills.io). Pure; the only user of libyaml.
 */
#ifndef CLAUDEX_INIT_HOME_SKILL_TEXT_H
#define CLAUDEX_INIT_HOME_SKILL_TEXT_H

#include <stddef.h>

#include "shared/error.h"

enum {
    SKILL_TEXT_MAX = 1 << 20,   /* bytes of SKILL.md */
    SKILL_FRONT_MAX = 16 << 10, /* of its front matter */
    SKILL_DESCRIPTION_MAX = 1024,
};

/* 0, or -1 with what is wrong with it. */
int skill_text_check(const char *text, size_t length, struct error *err);

#endif
