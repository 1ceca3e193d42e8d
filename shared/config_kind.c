/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each kind of value accepts: one small rule a kind, one table. */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "shared/ascii.h"
#include "shared/config_value.h"
#include "shared/names.h"
#include "shared/parse.h"
#include "shared/skill_source.h"
#include "shared/utf8.h"

enum {
    MEMORY_LEAST = 6 << 20, /* what the engine takes */
    PIDS_MOST = 1 << 22,    /* PID_MAX_LIMIT, linux/threads.h */
    RATE_MOST = 1000,
    NAME_MAX_LENGTH = 255,
};

#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NUMBERS "0123456789"

/* One rule. *why comes in as "expected …" and may be replaced by something closer. */
struct rule {
    const char *expected;
    bool (*accepts)(const char *word, enum config_source source, const char **why);
};

#define RULE(name)                                                                             \
    static bool name(const char *word __attribute__((unused)),                                 \
                     enum config_source source __attribute__((unused)),                        \
                     const char **why __attribute__((unused)))

static bool is_made_of(const char *word, const char *bytes, size_t most)
{
    size_t length = strspn(word, bytes);
    return length > 0 && length <= most && word[length] == '\0' &&
           (is_letter(word[0]) || is_digit(word[0]));
}

RULE(is_flag)
{
    bool value;
    return parse_bool(word, &value) == 0;
}

RULE(is_mode)
{
    enum network_mode mode;
    if (network_mode_parse(word, &mode) < 0)
        return false;
    *why = "sealed is a command, not a setting: docker claudex network sealed";
    return mode != NETWORK_SEALED || source == CONFIG_COMMAND || source == CONFIG_RESOLVED;
}

RULE(is_memory)
{
    uint64_t bytes;
    return parse_size(word, &bytes) == 0 && bytes <= INT64_MAX &&
           (bytes == 0 || bytes >= MEMORY_LEAST);
}

RULE(is_cpus)
{
    uint32_t thousandths;
    return strcmp(word, "0") == 0 || parse_cpus(word, &thousandths) == 0;
}

RULE(is_pids)
{
    uint64_t number;
    return parse_number(word, 1, PIDS_MOST, &number) == 0;
}

RULE(is_duration)
{
    uint64_t seconds;
    return parse_duration(word, &seconds) == 0;
}

RULE(is_port)
{
    struct port port;
    return parse_port(word, &port) == 0;
}

RULE(is_package)
{
    return is_package_name(word);
}

RULE(is_command)
{
    return word[0] != '-' && strlen(word) <= PATH_MAX;
}

RULE(is_known_agent)
{
    return strcmp(word, "claude") == 0 || strcmp(word, "codex") == 0;
}

RULE(is_any)
{
    return true;
}

RULE(is_path)
{
    return strlen(word) < PATH_MAX;
}

RULE(is_env)
{
    size_t length = strcspn(word, "=");
    char name[NAME_MAX_LENGTH + 1];
    if (length >= sizeof name)
        return false;
    memcpy(name, word, length);
    name[length] = '\0';
    if (!is_env_name(name))
        return false;
    *why = "a value does not belong into this file";
    return word[length] == '\0' || source != CONFIG_RESOLVED;
}

RULE(is_variable)
{
    return is_env_name(word);
}

RULE(is_runtime)
{
    return is_made_of(word, LOWER UPPER NUMBERS "_.-", NAME_MAX_LENGTH);
}

RULE(is_image)
{
    return is_made_of(word, LOWER UPPER NUMBERS "_./:@-", 2 * NAME_MAX_LENGTH);
}

RULE(is_group)
{
    return config_is_name(word);
}

RULE(is_host)
{
    struct host_pattern pattern;
    return parse_host_pattern(word, &pattern, why) == 0;
}

RULE(is_rate)
{
    uint64_t number;
    return parse_number(word, 0, RATE_MOST, &number) == 0;
}

/* What looks like a fingerprint is one: a mistake in it must not become a pattern. */
RULE(is_ssh_key)
{
    static const char prefix[] = "SHA256:";
    const size_t length = sizeof prefix - 1;
    if (strncasecmp(word, prefix, length) != 0)
        return strncasecmp(word, "MD5:", 4) != 0 && strlen(word) <= NAME_MAX_LENGTH;
    return strncmp(word, prefix, length) == 0 && strlen(word + length) == 43 &&
           strspn(word + length, LOWER UPPER NUMBERS "+/") == 43;
}

RULE(is_skill)
{
    struct skill_source skill;
    if (skill_source_is_local(word))
        return strlen(word) < PATH_MAX;
    return skill_source_parse(word, &skill, why) == 0;
}

RULE(is_url)
{
    size_t scheme = strncmp(word, "https://", 8) == 0 ? 8 : strncmp(word, "http://", 7) ? 0 : 7;
    return scheme > 0 && word[scheme] != '\0' && !strpbrk(word, " \"\\@#");
}

RULE(is_name_of_box)
{
    return is_box_name(word);
}

/* Absolute, below `root`, and no part of it empty, "." or "..". */
static bool is_normal_below(const char *path, const char *root)
{
    size_t length = strlen(root);
    if (strncmp(path, root, length) != 0 || path[length] != '/' || strlen(path) >= PATH_MAX)
        return false;
    for (const char *part = path + length; *part;) {
        part++; /* the slash */
        size_t size = strcspn(part, "/");
        if (size == 0 || size > NAME_MAX_LENGTH || (size == 1 && part[0] == '.') ||
            (size == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += size;
    }
    return true;
}

static bool is_x11_socket(const char *path)
{
    const size_t length = strlen(BOX_X11_SOCKET);
    uint64_t number;
    return strncmp(path, BOX_X11_SOCKET, length) == 0 &&
           parse_number(path + length, 0, UINT16_MAX, &number) == 0;
}

RULE(is_workdir)
{
    return strcmp(word, BOX_WORKSPACE) == 0 || is_normal_below(word, BOX_WORKSPACE);
}

RULE(is_version)
{
    return is_made_of(word, LOWER UPPER NUMBERS ".+~-", 64);
}

RULE(is_file_name)
{
    return !strchr(word, '/') && strcmp(word, ".") != 0 && strcmp(word, "..") != 0 &&
           strlen(word) <= NAME_MAX_LENGTH;
}

static const struct rule rules[] = {
    [KIND_FLAG] = {"expected yes or no", is_flag},
    [KIND_MODE] = {"expected open, allowlist, api or lockdown", is_mode},
    [KIND_MEMORY] = {"expected a size of at least 6m, such as 512m or 4g", is_memory},
    [KIND_CPUS] = {"expected a number of CPUs, such as 2 or 1.5", is_cpus},
    [KIND_PIDS] = {"expected a number of processes from 1 to 4194304", is_pids},
    [KIND_DURATION] = {"expected a time, such as 90s, 10m or 2h", is_duration},
    [KIND_RATE] = {"expected a number from 0 to 1000", is_rate},
    [KIND_PORT] = {"expected [HOST-IP:][HOST:]CONTAINER[/udp], such as 8080:80", is_port},
    [KIND_MOUNT] = {"expected rw|ro[,idmapped] DEVICE:INODE|- DESTINATION", is_any},
    [KIND_PACKAGE] = {"expected a Debian package name", is_package},
    [KIND_AGENT] = {"expected claude, codex, shell or a command", is_command},
    [KIND_AGENT_WORD] = {"expected claude and codex, or one of them", is_known_agent},
    [KIND_ARGUMENT] = {"expected arguments", is_any},
    [KIND_PATH] = {"expected a path", is_path},
    [KIND_ENV] = {"expected NAME or NAME=value", is_env},
    [KIND_ENV_NAME] = {"expected the name of an environment variable", is_variable},
    [KIND_RUNTIME] = {"expected a runtime's name, such as runsc", is_runtime},
    [KIND_IMAGE] = {"expected an image, such as ghcr.io/acme/dev:1", is_image},
    [KIND_GROUP] = {"expected names of groups, such as ai apt npm", is_group},
    [KIND_HOST] = {"expected a host", is_host},
    [KIND_SSH_KEY] = {"expected SHA256: and 43 characters, as ssh-add -l shows them, or a "
                      "pattern of comments, such as *@work",
                      is_ssh_key},
    [KIND_SKILL] = {"expected github:OWNER/REPOSITORY@TAG or a folder such as ./skills/review",
                    is_skill},
    [KIND_TEXT] = {"expected a text", is_any},
    [KIND_URL] = {"expected a URL, such as https://ai.example.org/v1", is_url},
    [KIND_BOX_NAME] = {"expected a container's name", is_name_of_box},
    [KIND_WORKDIR] = {"expected a normal path at or below " BOX_WORKSPACE, is_workdir},
    [KIND_VERSION] = {"expected a version", is_version},
    [KIND_FILE_NAME] = {"expected the name of a file", is_file_name},
};

bool config_is_name(const char *word)
{
    return is_made_of(word, LOWER NUMBERS "_-", 32);
}

int config_mount_parse(const struct strings *words, struct mount *mount, const char **why)
{
    static const struct {
        const char *word;
        bool read_only, idmapped;
    } ways[] = {{"rw", false, false},
                {"ro", true, false},
                {"rw,idmapped", false, true},
                {"ro,idmapped", true, true}};
    *why = rules[KIND_MOUNT].expected;
    if (words->count != 3)
        return -1;
    struct mount got = {.source = NULL};
    size_t way = 0;
    while (way < array_length(ways) && strcmp(words->items[0], ways[way].word) != 0)
        way++;
    if (way == array_length(ways))
        return -1;
    got.read_only = ways[way].read_only;
    got.idmapped = ways[way].idmapped;

    const char *id = words->items[1], *colon = strchr(id, ':');
    char device[24] = "";
    if (strcmp(id, "-") != 0) {
        if (!colon || (size_t)(colon - id) >= sizeof device)
            return -1;
        memcpy(device, id, (size_t)(colon - id));
        if (parse_number(device, 0, UINT64_MAX, &got.device) < 0 ||
            parse_number(colon + 1, 0, UINT64_MAX, &got.inode) < 0)
            return -1;
    }
    const char *destination = words->items[2];
    *why = "expected a normal destination below " BOX_WORKSPACE " or " BOX_CONTEXT;
    const bool socket = is_x11_socket(destination) && got.read_only && !got.idmapped;
    if (!is_normal_below(destination, BOX_WORKSPACE) &&
        !is_normal_below(destination, BOX_CONTEXT) && !socket)
        return -1;
    *why = "out of memory";
    got.destination = strdup(destination);
    if (!got.destination)
        return -1;
    *mount = got;
    return 0;
}

static bool is_clean(enum config_kind kind, const char *word)
{
    size_t length = strlen(word);
    if (kind == KIND_ARGUMENT || kind == KIND_ENV)
        return true; /* the session's own business: only its argv and environment get it */
    return utf8_find_control(word, length) == length;
}

int config_value_check(const struct config_key *key, const struct strings *words,
                       enum config_source source, const char **why)
{
    const struct rule *rule = &rules[key->kind];
    for (size_t i = 0; i < words->count; i++) {
        *why = "control bytes";
        if (!is_clean(key->kind, words->items[i]))
            return -1;
        *why = rule->expected;
        if (words->items[i][0] == '\0' && key->kind != KIND_ARGUMENT)
            return -1;
        if (!rule->accepts(words->items[i], source, why))
            return -1;
    }
    *why = rule->expected;
    if (words->count == 0)
        return -1;
    if (key->kind != KIND_MOUNT)
        return 0;
    struct mount mount = {.source = NULL};
    int result = config_mount_parse(words, &mount, why);
    free(mount.destination);
    return result;
}
