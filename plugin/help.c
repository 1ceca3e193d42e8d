/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/help.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/options.h"

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 50, WIDTH_MOST = 110, LABEL_MAX = 96 };

const char help_summary[] = "AI coding agents in a box that they cannot talk their way out of";

/* Columns that UTF-8 takes, wide characters aside: our own texts have none. */
static size_t columns(const char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_LEAST  ? WIDTH_LEAST
           : size.ws_col > WIDTH_MOST ? WIDTH_MOST
                                      : size.ws_col;
}

/* Words of `text` from column `indent` on; the cursor is there already. */
static void print_wrapped(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t at = indent;
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " "), wide = columns(word, length);
        bool first = word == text;
        if (!first && at + 1 + wide > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fwrite(word, 1, length, out);
        at += wide;
        word += length;
        word += strspn(word, " ");
    }
    fputc('\n', out);
}

/* "-a, --agent NAME" */
static void option_label(const struct option_spec *spec, char label[LABEL_MAX])
{
    char letter[] = "-x, ";
    letter[1] = spec->letter;
    (void)snprintf(label, LABEL_MAX, "%s--%s%s%s", spec->letter ? letter : "    ", spec->name,
                   spec->argument ? " " : "", spec->argument ? spec->argument : "");
}

static void print_options(FILE *out, const struct option_spec *specs, size_t count, size_t wide)
{
    for (size_t i = 0; i < count; i++) {
        char label[LABEL_MAX];
        option_label(&specs[i], label);
        fprintf(out, "  %s%*s   ", label, (int)(wide - columns(label, strlen(label))), "");
        print_wrapped(out, specs[i].help, wide + 5, terminal_width());
    }
}

static size_t widest(const struct option_spec *specs, size_t count, size_t least)
{
    for (size_t i = 0; i < count; i++) {
        char label[LABEL_MAX];
        option_label(&specs[i], label);
        size_t wide = columns(label, strlen(label));
        least = wide > least ? wide : least;
    }
    return least;
}

void help_print(FILE *out, const char *program, bool standalone)
{
    fprintf(out, "Usage:  %s %sCOMMAND\n", program, standalone ? "[OPTIONS] " : "");
    if (standalone)
        fprintf(out, "        %s [DIR[:ro] …]    the same as %s run\n", program, program);
    fprintf(out, "\n%s\n\nCommands:\n", help_summary);
    int wide = 0;
    for (size_t i = 0; i < command_count; i++)
        if ((int)strlen(commands[i]->name) > wide)
            wide = (int)strlen(commands[i]->name);
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            fprintf(out, "  %-*s   %s\n", wide, commands[i]->name, commands[i]->summary);
    if (standalone) {
        fputs("\nOptions:\n", out);
        print_options(out, global_specs, global_spec_count,
                      widest(global_specs, global_spec_count, 0));
    }
    fprintf(out, "\nRun '%s COMMAND --help' for more about a command.\n", program);
}

void help_command(FILE *out, const char *program, const struct command *command)
{
    fprintf(out, "Usage:  %s %s [OPTIONS]%s%s\n\n%s\n", program, command->name,
            command->operands ? " " : "", command->operands ? command->operands : "",
            command->summary);
    if (command->details)
        fprintf(out, "\n%s\n", command->details);
    fputs("\nOptions:\n", out);
    size_t wide = widest(command->options, command->option_count, 0);
    wide = widest(common_options, common_option_count, wide);
    print_options(out, command->options, command->option_count, wide);
    print_options(out, common_options, common_option_count, wide);
}
