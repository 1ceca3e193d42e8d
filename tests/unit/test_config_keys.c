/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key: what it takes and what not, who may write it, and whether it works yet. */
#include "tests/unit/config_text.h"

#include "shared/config_schema.h"

enum { VALUES_MAX = 40 };

#define SAFE   true /* a project may say it without consent */
#define ASK    false
#define WORKS  true /* config_resolve() takes it */
#define COMING false

struct good {
    const char *value;
    bool safe, works;
};

struct key_case {
    const char *section, *key;
    struct good good[VALUES_MAX];
    const char *expected; /* words of every refusal */
    const char *bad[VALUES_MAX];
};

#define NAME_64     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789__"
#define LONG_NAME   NAME_64 NAME_64 NAME_64 NAME_64 /* 256 */
#define FINGERPRINT "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDfMlYZCLYQxEyRYQg"

/* What no flag is, whatever the flag. */
#define NO_FLAGS                                                                               \
    "expected yes or no",                                                                      \
    {                                                                                          \
        "maybe", "2", "yes no", "\"\"", "y", "yes # ok"                                        \
    }

static const struct key_case cases[] = {
    {"agent",
     "name",
     {{"claude", ASK, WORKS},
      {"codex", ASK, WORKS},
      {"shell", ASK, WORKS},
      {"/opt/my agent", ASK, WORKS},
      {"\"a;b\"", ASK, WORKS}},
     "expected claude, codex, shell or a command",
     {"-x", "--yolo", "\"\"", "\"\\u002d\""}},
    {"agent",
     "args",
     {{"--model opus", ASK, WORKS},
      {"-p \"two words\" \"\"", ASK, WORKS},
      {"\"line\\nline\\u001b\"", ASK, WORKS}},
     "quoted",
     {"\"a\"b", "\"a\\u0000\""}},
    {"agent",
     "yolo",
     {{"no", SAFE, WORKS}, {"OFF", SAFE, WORKS}, {"yes", ASK, WORKS}},
     NO_FLAGS},
    {"run",
     "port",
     {{"3000", SAFE, WORKS},
      {"127.0.0.1:80:80", SAFE, WORKS},
      {"127.1.2.3::80/udp", SAFE, WORKS},
      {"[::1]:80:80", SAFE, WORKS},
      {"\"3000\"", SAFE, WORKS},
      {"0.0.0.0:80:80", ASK, WORKS},
      {"192.168.0.1::80", ASK, WORKS},
      {"[::]:80:80", ASK, WORKS},
      {"[::ffff:127.0.0.1]:80:80", ASK, WORKS}},
     "expected [HOST-IP:][HOST:]CONTAINER[/udp]",
     {"0", "80-90", "http", "localhost:80:80", "80 81", "127.0.0.1"}},
    {"run",
     "include",
     {{"../docs", ASK, WORKS},
      {"/", ASK, WORKS},
      {"my docs", ASK, WORKS},
      {"~/x;y", ASK, WORKS}},
     "in [run]",
     {"\"\"", "\"a\\nb\"", "\"a\\u009bb\"", "\"open"}},
    {"run", "instructions", {{"AGENTS.md", ASK, WORKS}}, "in [run]", {"\"\"", "\"\\u0007\""}},
    {"home",
     "file",
     {{"~/.claude/settings.json", ASK, WORKS}, {"my rules", ASK, WORKS}},
     "in [home]",
     {"\"\"", "\"a\\nb\""}},
    {"run",
     "env",
     {{"NAME", ASK, WORKS},
      {"NAME=value", ASK, WORKS},
      {"NAME=", ASK, WORKS},
      {"A=b=c \"d\"", ASK, WORKS},
      {"\"A=line\\nline\"", ASK, WORKS}},
     "expected NAME or NAME=value",
     {LONG_NAME "=x", "1A", "A-B", "A B=c", "\"=x\"", "\"\"", "$A"}},
    {"run",
     "memory",
     {{"4g", SAFE, WORKS}, {"6m", SAFE, WORKS}, {"6291456", SAFE, WORKS}, {"0", SAFE, WORKS}},
     "expected a size of at least 6m",
     {"4", "5m", "-1", "much", "4 g", "8388608t", "1.5g"}},
    {"run",
     "cpus",
     {{"2", SAFE, WORKS}, {"1.5", SAFE, WORKS}, {".01", SAFE, WORKS}, {"0", SAFE, WORKS}},
     "expected a number of CPUs",
     {"0.001", "two", "-1", "1.2.3"}},
    {"run",
     "pids",
     {{"1", SAFE, WORKS}, {"4194304", SAFE, WORKS}},
     "expected a number of processes from 1 to 4194304",
     {"0", "-1", "4194305", "many"}},
    {"run",
     "runtime",
     {{"runsc", ASK, WORKS}, {"io.containerd.runsc.v1", ASK, WORKS}, {"a_b", ASK, WORKS}},
     "expected a runtime's name",
     {"run sc", "/usr/bin/runsc", "-x", "a;b", "\"\""}},
    {"run",
     "image",
     {{"ghcr.io/acme/dev:1", ASK, WORKS},
      {"localhost:5000/a@sha256:0123", ASK, WORKS},
      {"debian", ASK, WORKS}},
     "expected an image",
     {"a b", "-x", "/a", "a$b", "\"\""}},
    {"run",
     "x11",
     {{"no", SAFE, WORKS}, {"\"no\"", SAFE, WORKS}, {"yes", ASK, WORKS}},
     NO_FLAGS},
    {"network",
     "mode",
     {{"open", ASK, WORKS},
      {"allowlist", SAFE, WORKS},
      {"api", SAFE, WORKS},
      {"lockdown", SAFE, WORKS},
      {"\"open\"", ASK, WORKS},
      {"\"api\"", SAFE, WORKS}},
     "in [network]",
     {"sealed", "closed", "Open", "open api", "\"\""}},
    {"network",
     "groups",
     {{"ai", ASK, WORKS}, {"ai apt npm", ASK, WORKS}},
     "expected names of groups",
     {"AI", "ai,apt", "../x", "\"ai apt\"", "-a", "a123456789012345678901234567890123"}},
    {"network",
     "allow",
     {{"api.example.com", ASK, WORKS},
      {"db:5432", ASK, WORKS},
      {"*.example.com:8443", ASK, WORKS},
      {"10.0.0.0/8", ASK, WORKS}},
     "in [network]",
     {"https://example.com", "a b", "*", "a..b", "a:0", "\"\""}},
    {"network",
     "deny",
     {{"gist.github.com", SAFE, WORKS}, {"*.example.com", SAFE, WORKS}, {"::/0", SAFE, WORKS}},
     "in [network]",
     {"https://example.com/x", "example.com."}},
    {"network", "private", {{"no", SAFE, WORKS}, {"yes", ASK, WORKS}}, NO_FLAGS},
    {"ssh", "agent", {{"no", SAFE, WORKS}, {"yes", ASK, WORKS}}, NO_FLAGS},
    {"ssh",
     "key",
     {{FINGERPRINT, ASK, WORKS}, {"*@work", ASK, WORKS}, {"my key of 2024", ASK, WORKS}},
     "expected SHA256: and 43 characters",
     {LONG_NAME "x", "SHA256:short", "MD5:00",
      "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDfMlYZCLYQxEyRYQg=", "sha256:x"}},
    {"ssh", "log", {{"no", ASK, WORKS}, {"yes", SAFE, WORKS}}, NO_FLAGS},
    {"ssh", "confirm", {{"no", ASK, WORKS}, {"yes", SAFE, WORKS}}, NO_FLAGS},
    {"ssh",
     "limit",
     {{"0", SAFE, WORKS}, {"10", SAFE, WORKS}, {"1000", SAFE, WORKS}},
     "expected a number from 0 to 1000",
     {"-1", "1001", "10/min", "many"}},
    {"git", "isolate", {{"no", ASK, WORKS}, {"yes", SAFE, COMING}}, NO_FLAGS},
    {"git", "track", {{"no", ASK, WORKS}, {"yes", SAFE, WORKS}}, NO_FLAGS},
    {"git", "ignored", {{"no", ASK, WORKS}, {"yes", ASK, WORKS}}, NO_FLAGS},
    {"git",
     "interval",
     {{"5m", ASK, WORKS}, {"90s", ASK, WORKS}},
     "expected a time",
     {"5", "0s", "often", "1w"}},
    {"tokens", "shared", {{"no", SAFE, WORKS}, {"yes", ASK, WORKS}}, NO_FLAGS},
    {"skills",
     "humanizer",
     {{"github:blader/humanizer@v1", ASK, WORKS},
      {"github:a/b@0123abc", ASK, WORKS},
      {"github:a/b/sub/path required", ASK, WORKS},
      {"https://git.example.org/x.git//sub@main", ASK, WORKS},
      {"./skills/review", ASK, WORKS},
      {"~/skills/x y", ASK, WORKS},
      {"/opt/skill", ASK, WORKS}},
     "expected github:OWNER/REPOSITORY",
     {"github:/b@c", "github:a/@c", "github:a/b@", "github:a/b@$x", "gitlab:a/b@c", "skill",
      "svn://h/x", "\"\""}},
    {"mcp.pal",
     "command",
     {{"uvx --from x y", ASK, COMING}},
     "in [mcp.pal]",
     {"\"\"", "\"\\n\""}},
    {"mcp.pal", "image", {{"mcp/fetch", ASK, COMING}}, "expected an image", {"mcp fetch"}},
    {"mcp.pal",
     "env",
     {{"A", ASK, COMING}, {"OPENROUTER_API_KEY GEMINI_API_KEY", ASK, COMING}},
     "expected the name of an environment variable",
     {"A=b", "1", "A,B"}},
    {"provider.home",
     "base_url",
     {{"https://ai.example.org/v1", ASK, COMING}, {"http://localhost:4000", ASK, COMING}},
     "expected a URL",
     {"ai.example.org", "ftp://x", "https://", "https://user@host", "https://a b", "\"\""}},
    {"provider.home",
     "env_key",
     {{"AI_API_KEY", ASK, COMING}},
     "expected the name of an environment variable",
     {"AI-KEY", "sk-123", "A B"}},
    {"provider.home",
     "model",
     {{"claude-sonnet", ASK, COMING}},
     "in [provider.home]",
     {"\"\""}},
    {"provider.home",
     "agents",
     {{"claude codex", ASK, COMING}, {"codex", ASK, COMING}},
     "expected claude and codex",
     {"shell", "claude,codex"}},
    {"packages", "cmake", {{NULL, SAFE, WORKS}}, NULL, {NULL}},
};

static void is_as_told(const struct key_case *c, const struct good *good)
{
    char text[256];
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    (void)snprintf(text, sizeof text, "[%s]\n%s%s%s\n", c->section, c->key,
                   good->value ? " = " : "", good->value ? good->value : "");
    add_text(&config, CONFIG_PROJECT, text);
    assert_int_equal(config.count, 1);
    if (config_entry_is_safe(&config.entries[0]) != good->safe)
        fail_msg("%s is %s", text, good->safe ? "not safe" : "safe");
    int result = config_resolve(&config, &session, &err);
    if (result != (good->works ? 0 : -1))
        fail_msg("%s: %s", text, result ? err.text : "resolves");
    if (result < 0)
        assert_non_null(strstr(err.text, FILE_NAME ":2: "));
    assert_true(result == 0 || strstr(err.text, "is not built yet"));
}

static void is_refused(const struct key_case *c, const char *value)
{
    char text[512], where[64];
    (void)snprintf(text, sizeof text, "[%s]\n%s = %s\n", c->section, c->key, value);
    (void)snprintf(where, sizeof where, "for '%s' in [%s]: ", c->key, c->section);
    cleanup_free char *got = problems_of_bytes(text, strlen(text), CONFIG_USER);
    if (strncmp(got, FILE_NAME ":2: bad value '", 21) != 0 || !strstr(got, where) ||
        !strstr(got, c->expected))
        fail_msg("%s: %s", text, got);
}

static void takes_and_refuses_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t k = 0; k < VALUES_MAX && (k == 0 || cases[i].good[k].value); k++)
            is_as_told(&cases[i], &cases[i].good[k]);
        for (size_t k = 0; k < VALUES_MAX && cases[i].bad[k]; k++)
            is_refused(&cases[i], cases[i].bad[k]);
    }
}

/* A key that is added to the schema is added above. */
static void no_key_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        bool found = (key->flags & KEY_PRIVATE) != 0;
        for (size_t k = 0; k < array_length(cases) && !found; k++) {
            char word[32];
            (void)config_section_split(cases[k].section, word, sizeof word);
            found = strcmp(word, key->section) == 0 &&
                    (!key->name || strcmp(cases[k].key, key->name) == 0);
        }
        if (!found)
            fail_msg("no test for '%s' in [%s]", key->name ? key->name : "…", key->section);
    }
}

/* [box] and the host's network: never from a file that people write. */
static void private_keys(void **state)
{
    (void)state;
    static const struct {
        const char *line, *bad; /* a word of the refusal; NULL: it is taken */
    } lines[] = {
        {"mount = rw 2049:131 /workspace/app", NULL},
        {"mount = ro,idmapped - /context/docs", NULL},
        {"mount = rw,idmapped 0:18446744073709551615 \"/workspace/my app\"", NULL},
        {"mount = ro 1:2 /workspace/a/b", NULL},
        {"mount = ro 1:2 /workspace/..a", NULL},
        {"mount = ro 1:2 /tmp/.X11-unix/X0", NULL},
        {"mount = rw 1:2 /tmp/.X11-unix/X0", "a normal destination"},
        {"mount = ro,idmapped 1:2 /tmp/.X11-unix/X0", "a normal destination"},
        {"mount = ro 1:2 /tmp/.X11-unix/X", "a normal destination"},
        {"mount = ro 1:2 /tmp/.X11-unix/X0/../../etc", "a normal destination"},
        {"mount = ro 1:2 /tmp/.X11-unix/X-1", "a normal destination"},
        {"version = 0.1.0~rc1+x", NULL},
        {"mount = rw 1:2", "expected rw|ro"},
        {"mount = rw 1:2 /workspace/a b", "expected rw|ro"},
        {"mount = rx 1:2 /workspace/a", "expected rw|ro"},
        {"mount = rw,ro 1:2 /workspace/a", "expected rw|ro"},
        {"mount = rw 1 /workspace/a", "expected rw|ro"},
        {"mount = rw 1:x /workspace/a", "expected rw|ro"},
        {"mount = rw -1:2 /workspace/a", "expected rw|ro"},
        {"mount = rw 1:18446744073709551616 /workspace/a", "expected rw|ro"},
        {"mount = rw 1234567890123456789012345:1 /workspace/a", "expected rw|ro"},
        {"mount = rw - /workspace", "a normal destination"},
        {"mount = rw - /workspace/", "a normal destination"},
        {"mount = rw - /workspace/a/", "a normal destination"},
        {"mount = rw - /workspace//a", "a normal destination"},
        {"mount = rw - /workspace/.", "a normal destination"},
        {"mount = rw - /workspace/..", "a normal destination"},
        {"mount = rw - /workspace/../etc", "a normal destination"},
        {"mount = rw - /workspace/a/../../etc", "a normal destination"},
        {"mount = rw - /workspacex/a", "a normal destination"},
        {"mount = rw - workspace/a", "a normal destination"},
        {"mount = rw - /etc/passwd", "a normal destination"},
        {"mount = rw - /run/claudex/private", "a normal destination"},
        {"mount = rw - \"/workspace/a\\nb\"", "control bytes"},
        {"mount = rw - \"\"", "expected rw|ro"},
        {"version = a b", "expected a version"},
        {"version = -1", "expected a version"},
        {"name = x", "expected a container's name"},
        {"name = a/b", "expected a container's name"},
        {"ssh = agent.1234", NULL},
        {"ssh = \"a b\"", NULL},
        {"ssh = ..", "expected the name of a file"},
        {"ssh = a/b", "expected the name of a file"},
        {"workdir = /", "at or below /workspace"},
        {"workdir = /context/a", "at or below /workspace"},
        {"workdir = /workspace/../etc", "at or below /workspace"},
        {"workdir = workspace", "at or below /workspace"},
    };
    for (size_t i = 0; i < array_length(lines); i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "[box]\n%s\n", lines[i].line);
        cleanup_free char *got = problems_of_bytes(text, strlen(text), CONFIG_RESOLVED);
        if (lines[i].bad ? !strstr(got, lines[i].bad) : strstr(got, ":2:") != NULL)
            fail_msg("%s: %s", lines[i].line, got);
    }
    assert_problems_from(CONFIG_RESOLVED, "[network]\nhost = no\n" A_BOX, "");
    assert_problems_from(CONFIG_RESOLVED, "[network]\nmode = sealed\n" A_BOX, "");
    assert_problems_from(CONFIG_RESOLVED, "[run]\nenv = NAME=secret\n" A_BOX,
                         FILE_NAME
                         ":2: bad value 'NAME=secret' for 'env' in [run]: a value does "
                         "not belong into this file\n");
    static const enum config_source files[] = {CONFIG_MACHINE, CONFIG_USER, CONFIG_PROJECT};
    for (size_t i = 0; i < array_length(files); i++) {
        assert_problems_from(files[i], "[network]\nhost = no\n",
                             FILE_NAME ":2: 'host' in [network] is not for a file\n");
        assert_problems_from(files[i], "[box]\nname = x\n",
                             FILE_NAME ":1: [box] is not for a file that people write\n");
        assert_problems_from(files[i], "[network]\nmode = sealed\n",
                             FILE_NAME
                             ":2: bad value 'sealed' for 'mode' in [network]: sealed is "
                             "a command, not a setting: docker claudex network sealed\n");
    }
}

static void an_entry_of_no_key_is_not_safe(void **state)
{
    (void)state;
    char section[] = "nosuch", run[] = "run", key[] = "key", port[] = "port", bad[] = "\"3000";
    const struct config_entry unknown = {.section = section, .key = key, .value = key};
    const struct config_entry odd = {.section = run, .key = port, .value = bad};
    assert_false(config_entry_is_safe(&unknown));
    assert_false(config_entry_is_safe(&odd));
}

/* What the code takes for granted about the table. */
static void the_schema_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        assert_non_null(config_find_section(key->section));
        /* Found by its name, so no other key of its section has that name. */
        assert_ptr_equal(config_find_key(key->section, key->name ? key->name : "any"), key);
        assert_false((key->flags & KEY_PRIVATE) && key->trust != TRUST_NEVER);
        /* A feature that works keeps what it was asked for. */
        bool elsewhere = key->kind == KIND_PORT || key->kind == KIND_MOUNT;
        assert_true((key->flags & KEY_UNBUILT) || key->field != NOWHERE || elsewhere);
        /* Sections stand together: config_print() prints each title once. */
        if (i > 0 && strcmp(key->section, config_keys[i - 1].section) != 0)
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(config_keys[k].section, key->section);
    }
    for (size_t i = 0; i < config_section_count; i++) {
        bool used = false;
        for (size_t k = 0; k < config_key_count; k++)
            used |= strcmp(config_keys[k].section, config_sections[i].name) == 0;
        assert_true(used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_and_refuses_values),
        cmocka_unit_test(no_key_is_left_out),
        cmocka_unit_test(private_keys),
        cmocka_unit_test(an_entry_of_no_key_is_not_safe),
        cmocka_unit_test(the_schema_is_sound),
    };
    return cmocka_run_group_tests_name("config keys", tests, NULL, NULL);
}
