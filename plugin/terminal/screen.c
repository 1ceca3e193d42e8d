/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/screen.h"

#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"

enum { ESC = 0x1b, BEL = 0x07, CAN = 0x18, SUB = 0x1a, DEL = 0x7f };

/* Modes of DECSET that say nothing about drawing: those that shells and their editors use. */
static bool is_harmless_mode(long mode)
{
    static const long modes[] = {1, 7, 12, 2004};
    for (size_t i = 0; i < array_length(modes); i++)
        if (modes[i] == mode)
            return true;
    return false;
}

static bool is_alternate(long mode)
{
    return mode == 47 || mode == 1047 || mode == 1049;
}

/* CSI ? MODE ; … h or l */
static void set_modes(struct screen *screen, bool on)
{
    for (const char *at = screen->sequence + 1; *at;) {
        char *end;
        const long mode = strtol(at, &end, 10);
        if (is_alternate(mode))
            screen->alternate = on;
        else if (!is_harmless_mode(mode) && !(mode == 25 && on) && !screen->alternate)
            screen->drawing = true;
        if (end == at || *end != ';')
            return;
        at = end + 1;
    }
}

/* "" and "1;1", of a cursor's position: home. */
static bool is_home(const char *parameters)
{
    return *parameters == '\0' || strcmp(parameters, "1;1") == 0;
}

/* CSI … J. From home on it is all of the screen, which then is as at the beginning; of the
 * lines that scrolled off it nothing is seen. */
static void erase(struct screen *screen)
{
    const char *parameters = screen->sequence;
    const bool all = *parameters == '\0' || strcmp(parameters, "2") == 0;
    if (screen->homed && all)
        screen->homed = screen->inside_line = false;
    else if (strcmp(parameters, "3") != 0)
        screen->drawing = true;
}

/* What edits a line, or colours it, or asks the terminal something. */
static void end_control(struct screen *screen, char final)
{
    screen->sequence[screen->length] = '\0';
    if (screen->sequence[0] == '?' && (final == 'h' || final == 'l'))
        set_modes(screen, final == 'h');
    else if (screen->alternate)
        return;
    else if (final == 'H' && is_home(screen->sequence))
        screen->homed = true;
    else if (final == 'J')
        erase(screen);
    else if (!strchr("mKCDP@Xcnt", final))
        screen->drawing = true;
}

static void feed_text(struct screen *screen, unsigned char byte)
{
    if (screen->homed) { /* over what is there, which was not cleared */
        screen->homed = false;
        screen->drawing = true;
    }
    if (byte == '\n')
        screen->inside_line = false;
    else if (byte >= 0x20 && byte != DEL)
        screen->inside_line = true;
    if (byte >= 0xc2)
        screen->continuation = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf5 ? 3 : 0;
}

static void feed_escape(struct screen *screen, char byte)
{
    if (byte == '[') {
        screen->state = SCREEN_CONTROL;
        screen->length = 0;
    } else if (strchr("]PX^_", byte)) {
        screen->state = SCREEN_STRING;
    } else if (byte >= 0x20 && byte < 0x30) {
        screen->state = SCREEN_INTERMEDIATE;
    } else {
        /* Cursor saved, restored, moved; keypad modes are not about the screen. */
        screen->drawing = screen->drawing || (!strchr("=>\\", byte) && !screen->alternate);
        screen->state = SCREEN_TEXT;
    }
}

static void feed_control(struct screen *screen, char byte)
{
    if (byte >= 0x40 && byte < DEL) {
        screen->state = SCREEN_TEXT;
        end_control(screen, byte);
    } else if (screen->length + 1 < sizeof screen->sequence) {
        screen->sequence[screen->length++] = byte;
    }
}

void screen_feed(struct screen *screen, char byte)
{
    if (screen->continuation > 0) {
        screen->continuation--;
        if (((unsigned char)byte & 0xc0) == 0x80)
            return;
        screen->continuation = 0; /* it was no UTF-8 */
    }
    if (byte == CAN || byte == SUB) { /* ends any sequence, ECMA-48 8.3.5 */
        screen->state = SCREEN_TEXT;
        return;
    }
    if (byte == ESC) {
        screen->state = screen->state == SCREEN_STRING ? SCREEN_STRING_ESCAPE : SCREEN_ESCAPE;
        return;
    }
    switch (screen->state) {
    case SCREEN_TEXT:
        feed_text(screen, (unsigned char)byte);
        break;
    case SCREEN_ESCAPE:
        feed_escape(screen, byte);
        break;
    case SCREEN_INTERMEDIATE:
        if (byte < 0x20 || byte >= 0x30)
            screen->state = SCREEN_TEXT;
        break;
    case SCREEN_CONTROL:
        feed_control(screen, byte);
        break;
    case SCREEN_STRING:
        if (byte == BEL)
            screen->state = SCREEN_TEXT;
        break;
    case SCREEN_STRING_ESCAPE:
        screen->state = SCREEN_TEXT;
        if (byte != '\\')
            feed_escape(screen, byte);
        break;
    }
}

bool screen_is_between(const struct screen *screen)
{
    return screen->state == SCREEN_TEXT && screen->continuation == 0;
}

bool screen_takes_line(const struct screen *screen)
{
    return screen_is_between(screen) && !screen->inside_line && !screen->alternate &&
           !screen->drawing && !screen->homed;
}
