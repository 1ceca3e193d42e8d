/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys that leave a session without ending it. Pure.
 *
 * While what was typed may be their beginning, it is held back; what turns out not to be is
 * passed on whole.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_KEYS_H
#define CLAUDEX_PLUGIN_TERMINAL_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    KEYS_MAX = 16,
    KEYS_HOLD_MS = 400, /* how long a beginning is held back when nothing follows */
};

struct keys {
    char sequence[KEYS_MAX];
    size_t length;
    size_t matched; /* how much of it was typed; held back */
};

/* docker's form: "ctrl-p,ctrl-q"; a character, or ctrl- and one of a-z @ [ \ ] ^ _. NULL means
 * that default. 0, or -1 for anything else. */
int keys_parse(const char *text, struct keys *keys);

/*
 * Takes one typed byte and puts what is to be passed on into out[KEYS_MAX]; returns its length.
 * *detach becomes true with the last byte of the sequence; nothing is passed on then.
 */
size_t keys_type(struct keys *keys, char byte, char out[KEYS_MAX], bool *detach);

/* Gives up waiting: what was held back goes to out[KEYS_MAX]. */
size_t keys_release(struct keys *keys, char out[KEYS_MAX]);

#endif
