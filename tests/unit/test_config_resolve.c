/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of several sources → one session, and what resolving refuses. */
#include "tests/unit/config_text.h"

#include "shared/config_entry.h"
#include "shared/names.h"

struct resolved {
    struct config config;
    struct session session;
    struct error err;
};

static void free_resolved(struct resolved *r)
{
    config_free(&r->config);
    session_free(&r->session);
}
#define cleanup_resolved cleanup_with(free_resolved)

static void must_resolve(struct resolved *r)
{
    if (config_resolve(&r->config, &r->session, &r->err) < 0)
        fail_msg("%s", r->err.text);
}

static void must_fail(struct resolved *r, int status, const char *text)
{
    assert_int_equal(config_resolve(&r->config, &r->session, &r->err), -1);
    assert_string_equal(r->err.text, text);
    assert_int_equal(r->err.status, status);
}

static void assert_words(const struct strings *list, const char *words)
{
    cleanup_buf struct buf joined = BUF_INIT(1024);
    for (size_t i = 0; i < list->count; i++)
        assert_int_equal(buf_printf(&joined, "%s%s", i ? "|" : "", list->items[i]), 0);
    assert_string_equal(joined.data ? joined.data : "", words);
}

/* --- one source ---------------------------------------------------------------------- */

static void nothing_gives_the_defaults(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    must_resolve(&r);
    assert_string_equal(r.session.agent.name, "claude");
    assert_int_equal(r.session.network.mode, NETWORK_ALLOWLIST);
    assert_false(r.session.agent.yolo);
    assert_int_equal(r.session.run.port_count, 0);
    assert_int_equal(r.session.run.memory, 0);
    assert_null(r.session.run.image);
}

static void every_key_that_works_is_stored(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(
        &r.config, CONFIG_RESOLVED,
        "[agent]\nname = codex\nargs = --model \"o 3\"\nargs = x\nyolo = on\n"
        "[run]\nport = 8080:80\nport = [::1]:1:2/udp\ninclude = ../my docs\ninclude = b\n"
        "instructions = A.md\nenv = A\nenv = B\nmemory = 4g\ncpus = 1.5\npids = 77\n"
        "runtime = runsc\nimage = acme:1\nx11 = no\n"
        "[network]\nmode = open\nhost = yes\ndeny = b.c\nprivate = no\n" A_BOX
        "version = 1.2\nmount = ro,idmapped 3:4 \"/workspace/a b\"\nmount = rw - /context/c\n");
    must_resolve(&r);
    const struct session *s = &r.session;
    assert_string_equal(s->agent.name, "codex");
    assert_words(&s->agent.args, "--model|o 3|x");
    assert_true(s->agent.yolo);
    assert_int_equal(s->run.port_count, 2);
    assert_int_equal(s->run.ports[0].host, 8080);
    assert_int_equal(s->run.ports[0].container, 80);
    assert_string_equal(s->run.ports[1].host_ip, "::1");
    assert_int_equal(s->run.ports[1].protocol, IPPROTO_UDP);
    assert_words(&s->run.includes, "../my docs|b");
    assert_words(&s->run.instructions, "A.md");
    assert_words(&s->run.env, "A|B");
    assert_int_equal(s->run.memory, UINT64_C(4) << 30);
    assert_int_equal(s->run.cpus, 1500);
    assert_int_equal(s->run.pids, 77);
    assert_string_equal(s->run.runtime, "runsc");
    assert_string_equal(s->run.image, "acme:1");
    assert_int_equal(s->network.mode, NETWORK_OPEN);
    assert_true(s->network.host);
    assert_words(&s->network.deny, "b.c");
    assert_string_equal(s->box.name, "claudex-app-0a1b2c3d");
    assert_string_equal(s->box.workdir, "/workspace/app");
    assert_string_equal(s->box.version, "1.2");
    assert_int_equal(s->box.mount_count, 2);
    assert_string_equal(s->box.mounts[0].destination, "/workspace/a b");
    assert_true(s->box.mounts[0].read_only && s->box.mounts[0].idmapped);
    assert_int_equal(s->box.mounts[0].device, 3);
    assert_int_equal(s->box.mounts[0].inode, 4);
    assert_string_equal(s->box.mounts[1].destination, "/context/c");
    assert_false(s->box.mounts[1].read_only || s->box.mounts[1].idmapped);
    assert_null(s->box.mounts[1].source);
}

/* What is to come is merged already; only config_resolve() refuses it. */
static void keys_to_come_are_merged(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(&r.config, CONFIG_USER,
             "cmake\n[network]\ngroups = ai apt\nallow = a.b:1\n"
             "private = yes\n[git]\ninterval = 5m\n[run]\nx11 = yes\n");
    add_text(&r.config, CONFIG_PROJECT, "[packages]\ngcc\n[network]\ngroups = npm\n");
    assert_int_equal(config_merge(&r.config, &r.session), 0);
    assert_words(&r.session.packages, "cmake|gcc");
    assert_words(&r.session.network.groups, "ai|apt|npm");
    assert_words(&r.session.network.allow, "a.b:1");
    assert_true(r.session.network.private_names);
    assert_true(r.session.run.x11);
}

/* --- several sources ----------------------------------------------------------------- */

static void later_sources_win_in_whatever_order_they_are_read(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    assert_int_equal(config_set(&r.config, "run", "runtime", "command"), 0);
    add_text(&r.config, CONFIG_PROJECT, "[run]\nruntime = project\nimage = project\n");
    add_text(&r.config, CONFIG_USER, "[run]\nruntime = user\nimage = user\nmemory = 2g\n");
    add_text(&r.config, CONFIG_MACHINE, "[run]\nmemory = 1g\ncpus = 3\n");
    must_resolve(&r);
    assert_string_equal(r.session.run.runtime, "command");
    assert_string_equal(r.session.run.image, "project");
    assert_int_equal(r.session.run.memory, UINT64_C(2) << 30);
    assert_int_equal(r.session.run.cpus, 3000);
}

static void lists_are_joined_and_a_deny_is_kept(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(&r.config, CONFIG_PROJECT,
             "[network]\ndeny = project.a\n[run]\nport = 3\nport = 1\n");
    add_text(&r.config, CONFIG_MACHINE, "[network]\ndeny = machine.a\n[run]\nport = 1\n");
    assert_int_equal(config_set(&r.config, "network", "deny", "command.a"), 0);
    add_text(&r.config, CONFIG_USER, "[network]\ndeny = user.a\n[run]\nport = 1/udp\n");
    must_resolve(&r);
    assert_words(&r.session.network.deny, "machine.a|user.a|project.a|command.a");
    assert_int_equal(r.session.run.port_count, 3); /* the same one only once */
    assert_int_equal(r.session.run.ports[0].container, 1);
    assert_int_equal(r.session.run.ports[1].protocol, IPPROTO_UDP);
    assert_int_equal(r.session.run.ports[2].container, 3);
}

static void a_project_only_tightens_the_mode(void **state)
{
    (void)state;
    static const struct {
        const char *user, *project;
        enum network_mode mode;
    } modes[] = {
        {"open", "allowlist", NETWORK_ALLOWLIST},
        {"lockdown", "allowlist", NETWORK_LOCKDOWN},
        {"api", "allowlist", NETWORK_API},
        {"allowlist", "lockdown", NETWORK_LOCKDOWN},
        {"lockdown", "\"api\"", NETWORK_LOCKDOWN},
        {"lockdown", "open", NETWORK_OPEN}, /* not safe: its user said yes to it */
    };
    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_resolved struct resolved r = {.err = ERROR_INIT};
        char text[64];
        (void)snprintf(text, sizeof text, "[network]\nmode = %s\n", modes[i].user);
        add_text(&r.config, CONFIG_USER, text);
        (void)snprintf(text, sizeof text, "[network]\nmode = %s\n", modes[i].project);
        add_text(&r.config, CONFIG_PROJECT, text);
        must_resolve(&r);
        assert_int_equal(r.session.network.mode, modes[i].mode);
    }
    static const char *const pairs[][2] = {{"open", "api"}, {"api", "open"}};
    for (size_t i = 0; i < array_length(pairs); i++) { /* two projects: the stricter one */
        cleanup_resolved struct resolved r = {.err = ERROR_INIT};
        for (size_t k = 0; k < 2; k++) {
            char text[64];
            (void)snprintf(text, sizeof text, "[network]\nmode = %s\n", pairs[i][k]);
            add_text(&r.config, CONFIG_PROJECT, text);
        }
        must_resolve(&r);
        assert_int_equal(r.session.network.mode, NETWORK_API);
    }
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(&r.config, CONFIG_PROJECT, "[network]\nmode = lockdown\n");
    assert_int_equal(config_set(&r.config, "network", "mode", "allowlist"), 0);
    must_resolve(&r);
    assert_int_equal(r.session.network.mode, NETWORK_ALLOWLIST); /* the user's word */
}

static void a_project_only_lowers_limits(void **state)
{
    (void)state;
    static const struct {
        const char *user, *project;
        uint64_t memory;
        uint32_t cpus, pids;
    } limits[] = {
        {"", "memory = 1g\ncpus = 2\npids = 99\n", 1 << 30, 2000, 99},
        {"memory = 1g\ncpus = 2\npids = 99\n", "memory = 9g\ncpus = 9\npids = 100\n", 1 << 30,
         2000, 99},
        {"memory = 9g\ncpus = 9\npids = 100\n", "memory = 1g\ncpus = .5\npids = 99\n", 1 << 30,
         500, 99},
        {"memory = 1g\ncpus = 2\n", "memory = 0\ncpus = 0\n", 1 << 30, 2000, 0},
        {"", "pids = 100000\n", 0, 0, 0}, /* the default is a limit, too */
        {"pids = 200000\n", "pids = 100000\n", 0, 0, 100000},
    };
    for (size_t i = 0; i < array_length(limits); i++) {
        cleanup_resolved struct resolved r = {.err = ERROR_INIT};
        char text[128];
        (void)snprintf(text, sizeof text, "[run]\n%s", limits[i].project);
        add_text(&r.config, CONFIG_PROJECT, text);
        (void)snprintf(text, sizeof text, "[run]\n%s", limits[i].user);
        add_text(&r.config, CONFIG_USER, text);
        must_resolve(&r);
        assert_int_equal(r.session.run.memory, limits[i].memory);
        assert_int_equal(r.session.run.cpus, limits[i].cpus);
        assert_int_equal(r.session.run.pids, limits[i].pids);
    }
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(&r.config, CONFIG_USER, "[run]\nmemory = 1g\ncpus = 1\n");
    assert_int_equal(config_set(&r.config, "run", "memory", "0"), 0);
    assert_int_equal(config_set(&r.config, "run", "cpus", "0"), 0);
    must_resolve(&r); /* the user may lift them */
    assert_int_equal(r.session.run.memory, 0);
    assert_int_equal(r.session.run.cpus, 0);
}

static void arguments_stay_with_their_agent(void **state)
{
    (void)state;
    cleanup_resolved struct resolved same = {.err = ERROR_INIT};
    add_text(&same.config, CONFIG_USER, "[agent]\nargs = --model opus\nname = claude\n");
    add_text(&same.config, CONFIG_PROJECT, "[agent]\nargs = -c\nname = claude\n");
    must_resolve(&same);
    assert_words(&same.session.agent.args, "--model|opus|-c");

    cleanup_resolved struct resolved other = {.err = ERROR_INIT};
    add_text(&other.config, CONFIG_MACHINE, "[agent]\nargs = --for-the-default\n");
    add_text(&other.config, CONFIG_USER, "[agent]\nargs = --model opus\n");
    assert_int_equal(config_set(&other.config, "agent", "args", "-c"), 0);
    assert_int_equal(config_set(&other.config, "agent", "name", "sh"), 0);
    assert_int_equal(config_set(&other.config, "agent", "args", "exit 37"), 0);
    must_resolve(&other);
    assert_string_equal(other.session.agent.name, "sh");
    assert_words(&other.session.agent.args, "-c|exit 37");
}

/* --- the command line ---------------------------------------------------------------- */

static void options_are_taken_literally(void **state)
{
    (void)state;
    static const char *const args[] = {
        "",        "two words", "\"quoted\"",        "a ; b",
        "; c",     "#d",        "\ttab\n",           "back\\slash",
        "\\u003b", "  ",        "gr\xc3\xbc\xc3\x9f"};
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    for (size_t i = 0; i < array_length(args); i++)
        assert_int_equal(config_set(&r.config, "agent", "args", args[i]), 0);
    assert_int_equal(config_set(&r.config, "run", "include", "\" odd ;name\""), 0);
    assert_int_equal(config_set(&r.config, "run", "env", "A=x ; \"y\"\nz"), 0);
    assert_int_equal(config_set(&r.config, "network", "host", "yes"), 0);
    assert_int_equal(config_set(&r.config, "network", "mode", "open"), 0);
    must_resolve(&r);
    assert_int_equal(r.session.agent.args.count, array_length(args));
    for (size_t i = 0; i < array_length(args); i++)
        assert_string_equal(r.session.agent.args.items[i], args[i]);
    assert_words(&r.session.run.includes, "\" odd ;name\"");
    assert_words(&r.session.run.env, "A=x ; \"y\"\nz");
    assert_int_equal(r.config.entries[0].line, 0);
    assert_string_equal(r.config.entries[0].file, "command line");
    assert_int_equal(r.config.entries[0].source, CONFIG_COMMAND);
}

static void options_may_be_given_twice(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    assert_int_equal(config_set(&r.config, "run", "memory", "1g"), 0);
    assert_int_equal(config_set(&r.config, "run", "memory", "2g"), 0);
    must_resolve(&r);
    assert_int_equal(r.session.run.memory, UINT64_C(2) << 30);
}

static void bad_options_are_a_bad_command_line(void **state)
{
    (void)state;
    static const struct {
        const char *section, *key, *value, *problem;
    } options[] = {
        {"run", "memory", "4x",
         "bad value '4x' for 'memory' in [run]: expected a size of at least 6m, such as 512m or 4g"},
        {"run", "memory", NULL,
         "'memory' in [run] has no value; expected a size of at least 6m, such as 512m or 4g"},
        {"run", "include", "", "bad value '\"\"' for 'include' in [run]: expected a path"},
        {"run", "include", "\xff", "bad value '\\xff' for 'include' in [run]: it is not UTF-8"},
        {"run", "nosuch", "x", "unknown key 'nosuch' in [run]"},
        {"nosuch", "x", "x", "unknown key 'x' in [nosuch]"},
        {"network", "mode", "close",
         "bad value 'close' for 'mode' in [network]: expected open, allowlist, api or lockdown"},
    };
    for (size_t i = 0; i < array_length(options); i++) {
        cleanup_resolved struct resolved r = {.err = ERROR_INIT};
        assert_int_equal(
            config_set(&r.config, options[i].section, options[i].key, options[i].value), -1);
        must_fail(&r, EXIT_USAGE, options[i].problem);
    }
    /* An error in a file is none of the command line's. */
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    assert_int_equal(config_set(&r.config, "run", "memory", "4x"), -1);
    assert_int_equal(config_parse(&r.config, "BAD", 3, FILE_NAME, CONFIG_USER), -1);
    assert_int_equal(config_resolve(&r.config, &r.session, &r.err), -1);
    assert_int_equal(r.err.status, EXIT_CLAUDEX);
}

static void an_option_can_be_too_long(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    cleanup_free char *text = malloc(CONFIG_FILE_MAX + 2);
    memset(text, 'x', CONFIG_FILE_MAX + 1);
    text[CONFIG_FILE_MAX + 1] = '\0';
    assert_int_equal(config_set(&r.config, "agent", "args", text), -1);
    assert_int_equal(config_resolve(&r.config, &r.session, &r.err), -1);
    assert_non_null(strstr(r.err.text, "it is too long"));
}

/* --- refusals ------------------------------------------------------------------------ */

static void what_is_to_come_is_refused_by_line(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(
        &r.config, CONFIG_PROJECT,
        "cmake\ngcc\n[network]\nallow = a.b\ndeny = c.d\nallow = e.f\n[git]\ninterval = 5m\n"
        "isolate = yes\n[git]\ntrack = no\n[mcp.pal]\ncommand = x\nenv = A\n[run]\nx11 = yes\n");
    assert_int_equal(config_set(&r.config, "mcp.codex", "command", "x"), 0);
    must_fail(&r, EXIT_CLAUDEX,
              FILE_NAME ":9: 'isolate' in [git] is not built yet\n" FILE_NAME
                        ":13: [mcp.pal] is not built yet\n"
                        "[mcp.codex] is not built yet");
    assert_null(r.session.agent.name); /* nothing was merged */
}

static void all_problems_come_as_one_error(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    const char *text = "[run]\nmemory = x\n[mcp.pal]\ncommand = x\n";
    assert_int_equal(config_parse(&r.config, text, strlen(text), "a", CONFIG_USER), -1);
    assert_int_equal(config_parse(&r.config, "BAD", 3, "b", CONFIG_PROJECT), -1);
    must_fail(
        &r, EXIT_CLAUDEX,
        "a:2: bad value 'x' for 'memory' in [run]: expected a size of at least 6m, such as "
        "512m or 4g\n"
        "b:1: bad package 'BAD': expected a Debian package name\n"
        "a:4: [mcp.pal] is not built yet");
}

static void more_problems_than_fit_are_counted(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf_puts(&text, "BAD\n"), 0);
    assert_int_equal(config_parse(&r.config, text.data, text.length, FILE_NAME, CONFIG_USER),
                     -1);
    assert_int_equal(config_resolve(&r.config, &r.session, &r.err), -1);
    size_t shown = 0;
    const char *line = r.err.text;
    for (const char *end; (end = strchr(line, '\n')); line = end + 1)
        shown++;
    char last[64];
    (void)snprintf(last, sizeof last, "and %zu more problems", 10000 - shown);
    assert_string_equal(line, last);
    assert_in_range(shown, 20, 40);
}

static void the_hosts_network_is_for_open_alone(void **state)
{
    (void)state;
    static const char *const modes[] = {"allowlist", "api", "lockdown", "sealed"};
    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_resolved struct resolved r = {.err = ERROR_INIT};
        assert_int_equal(config_set(&r.config, "network", "host", "yes"), 0);
        assert_int_equal(config_set(&r.config, "network", "mode", modes[i]), 0);
        assert_int_equal(config_resolve(&r.config, &r.session, &r.err), -1);
        assert_non_null(strstr(r.err.text, modes[i]));
        assert_int_equal(r.err.status, EXIT_USAGE);
    }
}

static void no_two_mounts_have_one_place(void **state)
{
    (void)state;
    cleanup_resolved struct resolved r = {.err = ERROR_INIT};
    add_text(&r.config, CONFIG_RESOLVED,
             A_BOX "mount = rw 1:2 /workspace/a\n"
                   "mount = rw 1:3 /workspace/b\n"
                   "mount = ro 1:4 /workspace/a\n");
    must_fail(&r, EXIT_CLAUDEX, "two mounts at /workspace/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_defaults),
        cmocka_unit_test(every_key_that_works_is_stored),
        cmocka_unit_test(keys_to_come_are_merged),
        cmocka_unit_test(later_sources_win_in_whatever_order_they_are_read),
        cmocka_unit_test(lists_are_joined_and_a_deny_is_kept),
        cmocka_unit_test(a_project_only_tightens_the_mode),
        cmocka_unit_test(a_project_only_lowers_limits),
        cmocka_unit_test(arguments_stay_with_their_agent),
        cmocka_unit_test(options_are_taken_literally),
        cmocka_unit_test(options_may_be_given_twice),
        cmocka_unit_test(bad_options_are_a_bad_command_line),
        cmocka_unit_test(an_option_can_be_too_long),
        cmocka_unit_test(what_is_to_come_is_refused_by_line),
        cmocka_unit_test(all_problems_come_as_one_error),
        cmocka_unit_test(more_problems_than_fit_are_counted),
        cmocka_unit_test(the_hosts_network_is_for_open_alone),
        cmocka_unit_test(no_two_mounts_have_one_place),
    };
    return cmocka_run_group_tests_name("config resolve", tests, NULL, NULL);
}
