/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/skill_text.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "shared/cleanup.h"
#include "shared/log.h"

enum { NAME_BYTES_MAX = 64 };

/* The line that begins at `at`, without its end; *next is where the one after it begins. */
static size_t line_at(const char *text, size_t length, size_t at, size_t *next)
{
    const char *end = memchr(text + at, '\n', length - at);
    size_t size = end ? (size_t)(end - text) - at : length - at;
    *next = at + size + (end ? 1 : 0);
    return size > 0 && text[at + size - 1] == '\r' ? size - 1 : size;
}

static bool is_fence(const char *text, size_t length, size_t at, size_t *next)
{
    return line_at(text, length, at, next) == 3 && memcmp(text + at, "---", 3) == 0;
}

static const yaml_node_t *value_of(yaml_document_t *document, const yaml_node_t *map,
                                   const char *key)
{
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (name && name->type == YAML_SCALAR_NODE && name->data.scalar.length == strlen(key) &&
            memcmp(name->data.scalar.value, key, strlen(key)) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static int check_scalar(const yaml_node_t *node, const char *key, size_t most,
                        struct error *err)
{
    if (!node || node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
        return error_set(err, "the front matter of its SKILL.md has no %s", key);
    if (node->data.scalar.length > most)
        return error_set(err, "the %s in its SKILL.md is longer than %zu bytes", key, most);
    return 0;
}

static int check_document(yaml_document_t *document, struct error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return error_set(err, "the front matter of its SKILL.md is no list of KEY: VALUE");
    if (check_scalar(value_of(document, root, "name"), "name", NAME_BYTES_MAX, err) < 0)
        return -1;
    return check_scalar(value_of(document, root, "description"), "description",
                        SKILL_DESCRIPTION_MAX, err);
}

static int check_yaml(const char *text, size_t length, struct error *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return error_set(err, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    int result;
    if (yaml_parser_load(&parser, &document)) {
        result = check_document(&document, err);
        yaml_document_delete(&document);
    } else {
        result = error_set(err, "line %zu of its SKILL.md: %s", parser.problem_mark.line + 2,
                           parser.problem ? quoted(parser.problem) : "no YAML");
    }
    yaml_parser_delete(&parser);
    return result;
}

int skill_text_check(const char *text, size_t length, struct error *err)
{
    size_t begin, at, next;
    if (length > SKILL_TEXT_MAX)
        return error_set(err, "its SKILL.md is larger than %d bytes", SKILL_TEXT_MAX);
    if (length < 4 || !is_fence(text, length, 0, &begin))
        return error_set(err, "its SKILL.md does not begin with a line of ---");
    for (at = begin; at < length && at - begin <= SKILL_FRONT_MAX; at = next)
        if (is_fence(text, length, at, &next))
            return check_yaml(text + begin, at - begin, err);
    return error_set(err, "the front matter of its SKILL.md has no end");
}
