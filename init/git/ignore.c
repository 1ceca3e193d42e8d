/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/ignore.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Far beyond what a pattern that somebody means takes; a hostile one could take hours. */
enum { STEPS_MAX = 200000, RULES_MAX = 100000 };

/* --- one pattern -------------------------------------------------------------------------- */

/* "[…]" at *pattern against the byte; *pattern goes behind it. A bracket that is not closed is
 * a byte like any other. */
static bool match_bracket(const char **pattern, unsigned char byte)
{
    const unsigned char *p = (const unsigned char *)*pattern + 1;
    bool negated = *p == '!' || *p == '^', found = false, first = true;
    if (negated)
        p++;
    for (; *p && (*p != ']' || first); first = false) {
        unsigned char low = *p == '\\' && p[1] ? *++p : *p;
        unsigned char high = low;
        p++;
        if (*p == '-' && p[1] && p[1] != ']') {
            high = p[1] == '\\' && p[2] ? p[2] : p[1];
            p += p[1] == '\\' && p[2] ? 3 : 2;
        }
        found |= byte >= low && byte <= high;
    }
    if (*p != ']') {
        bool same = byte == '[';
        (*pattern)++;
        return same;
    }
    *pattern = (const char *)p + 1;
    return found != negated && byte != '/';
}

/* One element of the pattern against one byte; *pattern goes behind it. */
static bool match_one(const char **pattern, char byte)
{
    const char *p = *pattern;
    if (*p == '[')
        return match_bracket(pattern, (unsigned char)byte);
    if (*p == '?') {
        *pattern = p + 1;
        return byte != '/';
    }
    if (*p == '\\' && p[1])
        p++;
    *pattern = p + 1;
    return *p == byte;
}

/* Anywhere else two stars are as good as one. */
static bool is_double_star(const char *begin, const char *p)
{
    return p[0] == '*' && p[1] == '*' && (p == begin || p[-1] == '/') &&
           (p[2] == '/' || p[2] == '\0');
}

bool ignore_match(const char *pattern, const char *text)
{
    /* Where to go on if what follows the last star, or the last double star, does not fit. */
    const char *star = NULL, *star_text = NULL, *stars = NULL, *stars_text = NULL;
    const char *const begin = pattern;
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (is_double_star(begin, pattern)) {
            pattern += 2;
            if (*pattern == '/')
                pattern++; /* also no folder at all */
            stars = pattern;
            stars_text = text;
            star = NULL;
            if (!*pattern)
                return true;
            continue;
        }
        if (*pattern == '*') {
            star = ++pattern;
            star_text = text;
            continue;
        }
        if (!*text && !*pattern)
            return true;
        const char *next = pattern;
        if (*text && *pattern && match_one(&next, *text)) {
            pattern = next;
            text++;
            continue;
        }
        if (star && *star_text && *star_text != '/') {
            pattern = star;
            text = ++star_text;
            continue;
        }
        if (!stars)
            return false;
        /* A double star swallows whole folders. */
        const char *slash = strchr(stars_text, '/');
        if (!slash)
            return false;
        star = NULL;
        pattern = stars;
        text = stars_text = slash + 1;
    }
    return false;
}

/* --- one file ----------------------------------------------------------------------------- */

/* Trailing blanks go unless quoted. */
static char *trim(const char *line, char *end)
{
    while (end > line && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t')) {
        if (end - line >= 2 && end[-1] == ' ' && end[-2] == '\\')
            break;
        end--;
    }
    *end = '\0';
    return end;
}

/* False for a line without a rule. */
static bool parse_rule(char *line, char *end, struct ignore_rule *rule)
{
    end = trim(line, end);
    *rule = (struct ignore_rule){0};
    if (*line == '#')
        return false;
    if (*line == '!') {
        rule->negated = true;
        line++;
    }
    if (end > line && end[-1] == '/') {
        rule->folders_only = true;
        *--end = '\0';
    }
    rule->anchored = strchr(line, '/') != NULL;
    if (*line == '/')
        line++;
    rule->literal = strpbrk(line, "*?[\\") == NULL;
    rule->pattern = line;
    return line < end;
}

static void file_free(struct ignore_file *file)
{
    free(file->folder);
    free(file->text);
    free(file->rules);
}

int ignore_add(struct ignore *ignore, const char *folder, const char *text, size_t length)
{
    struct ignore_file file = {.folder_length = strlen(folder), .text_length = length};
    struct ignore_file *files =
        reallocarray(ignore->files, ignore->count + 1, sizeof *ignore->files);
    if (!files)
        return -1;
    ignore->files = files;
    size_t lines = 1;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    if (lines > RULES_MAX)
        lines = RULES_MAX;
    file.folder = strdup(folder);
    /* The patterns are cut out of a copy; the text itself stays, to be kept. */
    file.text = malloc(2 * length + 2);
    file.rules = calloc(lines, sizeof *file.rules);
    if (!file.folder || !file.text || !file.rules) {
        file_free(&file);
        return -1;
    }
    if (length > 0) {
        memcpy(file.text, text, length);
        memcpy(file.text + length, text, length);
    }
    char *line = file.text + length, *last = line + length;
    *last = '\0';
    while (line < last && file.count < lines) {
        char *end = memchr(line, '\n', (size_t)(last - line));
        char *next = end ? end + 1 : last;
        if (parse_rule(line, end ? end : last, &file.rules[file.count]))
            file.count++;
        line = next;
    }
    files[ignore->count++] = file;
    return 0;
}

static int by_folder(const void *folder, const void *file)
{
    return strcmp(folder, ((const struct ignore_file *)file)->folder);
}

const struct ignore_file *ignore_find(const struct ignore *ignore, const char *folder)
{
    if (ignore->count == 0)
        return NULL;
    return bsearch(folder, ignore->files, ignore->count, sizeof *ignore->files, by_folder);
}

enum ignore_verdict ignore_judge(const struct ignore_file *file, const char *path,
                                 bool is_folder)
{
    const char *below = path + file->folder_length;
    const char *slash = strrchr(below, '/'), *name = slash ? slash + 1 : below;
    for (size_t i = file->count; i-- > 0;) {
        const struct ignore_rule *rule = &file->rules[i];
        const char *text = rule->anchored ? below : name;
        if (rule->folders_only && !is_folder)
            continue;
        if (rule->literal ? strcmp(rule->pattern, text) == 0
                          : ignore_match(rule->pattern, text))
            return rule->negated ? IGNORE_NO : IGNORE_YES;
    }
    return IGNORE_UNDECIDED;
}

void ignore_free(struct ignore *ignore)
{
    for (size_t i = 0; i < ignore->count; i++)
        file_free(&ignore->files[i]);
    free(ignore->files);
    *ignore = (struct ignore){0};
}

/* --- all of them -------------------------------------------------------------------------- */

/* Each: two lengths of 32 bits (little-endian), the folder, the text. */
int ignore_print(const struct ignore *ignore, struct buf *out)
{
    for (size_t i = 0; i < ignore->count; i++) {
        const struct ignore_file *file = &ignore->files[i];
        const uint32_t lengths[] = {htole32((uint32_t)file->folder_length),
                                    htole32((uint32_t)file->text_length)};
        if (buf_append(out, lengths, sizeof lengths) < 0 ||
            buf_append(out, file->folder, file->folder_length) < 0 ||
            buf_append(out, file->text, file->text_length) < 0)
            return -1;
    }
    return 0;
}

int ignore_parse(const void *bytes, size_t length, struct ignore *ignore)
{
    const char *p = bytes, *end = p + length;
    while (p < end) {
        uint32_t lengths[2];
        if ((size_t)(end - p) < sizeof lengths)
            return -1;
        memcpy(lengths, p, sizeof lengths);
        p += sizeof lengths;
        const size_t folder_length = le32toh(lengths[0]), text_length = le32toh(lengths[1]);
        if (folder_length > (size_t)(end - p) ||
            text_length > (size_t)(end - p) - folder_length || text_length > IGNORE_FILE_MAX)
            return -1;
        cleanup_free char *folder = strndup(p, folder_length);
        if (!folder || strlen(folder) != folder_length ||
            (ignore->count > 0 &&
             strcmp(ignore->files[ignore->count - 1].folder, folder) >= 0) ||
            ignore_add(ignore, folder, p + folder_length, text_length) < 0)
            return -1;
        p += folder_length + text_length;
    }
    return 0;
}
