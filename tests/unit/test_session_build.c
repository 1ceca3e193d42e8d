/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/build.c plugin/session/mounts.c plugin/config/project_config.c
 * plugin/session/folders.c plugin/agent.c plugin/session/environment.c plugin/box.c
 * plugin/options.c plugin/policy/groups.c plugin/config/trust.c plugin/config/trust_store.c
 * plugin/config/trust_ask.c plugin/terminal/confirm.c plugin/state.c plugin/session/ssh_agent.c
 * plugin/session/x11.c plugin/session/xauthority.c plugin/tokens_volume.c
 *       plugin/policy/host_argument.c plugin/policy/idn.c plugin/lazy.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/image/image.h"
#include "plugin/options.h"
#include "plugin/session/build.h"
#include "plugin/session/mounts.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static char checkout[4096]; /* where tests run */

char *image_data_folder(struct error *err)
{
    (void)err;
    return strdup(checkout);
}

/* plugin/box.c asks an engine for its list; nobody here does. */
int engine_request(struct engine *engine, const char *method, const char *path, json_t *body,
                   json_t **reply, long *status, struct error *err)
{
    (void)engine;
    (void)method;
    (void)path;
    (void)body;
    (void)reply;
    if (status)
        *status = 500;
    return error_set(err, "no engine in this test");
}

char *engine_escape(const char *text)
{
    return strdup(text);
}

/* --- a world -------------------------------------------------------------------------- */

static char top[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int make_world(void **state)
{
    (void)state;
    strcpy(top, "/tmp/clx-plan-XXXXXX");
    if ((!*checkout && !getcwd(checkout, sizeof checkout)) || !mkdtemp(top) || chdir(top) < 0 ||
        mkdir("home", 0755) < 0 || mkdir("home/.config", 0755) < 0 ||
        mkdir("home/.config/claudex", 0755) < 0 || mkdir("app", 0755) < 0 ||
        mkdir("docs", 0755) < 0 || mkdir("home/notes", 0755) < 0)
        return -1;
    char home[80];
    (void)snprintf(home, sizeof home, "%s/home", top);
    return setenv("HOME", home, 1) | unsetenv("XDG_CONFIG_HOME") | unsetenv(ENV_CONFIG) |
           unsetenv("XDG_STATE_HOME") | setenv("FROM_HOST", "there", 1);
}

static int remove_world(void **state)
{
    (void)state;
    return chdir("/") | nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const struct option_spec specs[] = {
    {'a', "agent", "NAME", "", COMPLETES_NOTHING, NULL},
    {0, "network", "MODE", "", COMPLETES_NOTHING, NULL},
    {0, "include", "DIR", "", COMPLETES_NOTHING, NULL},
    {0, "instructions", "FILE", "", COMPLETES_NOTHING, NULL},
    {'p', "port", "PORT", "", COMPLETES_NOTHING, NULL},
    {'e', "env", "NAME", "", COMPLETES_NOTHING, NULL},
    {0, "env-file", "FILE", "", COMPLETES_NOTHING, NULL},
    {0, "image", "IMAGE", "", COMPLETES_NOTHING, NULL},
    {0, "runtime", "NAME", "", COMPLETES_NOTHING, NULL},
    {0, "memory", "SIZE", "", COMPLETES_NOTHING, NULL},
    {0, "cpus", "NUMBER", "", COMPLETES_NOTHING, NULL},
    {0, "pids-limit", "NUMBER", "", COMPLETES_NOTHING, NULL},
    {0, "name", "NAME", "", COMPLETES_NOTHING, NULL},
    {0, "yolo", NULL, "", COMPLETES_NOTHING, NULL},
    {0, "force", NULL, "", COMPLETES_NOTHING, NULL},
    {0, "trust", NULL, "", COMPLETES_NOTHING, NULL},
    {0, "x11", NULL, "", COMPLETES_NOTHING, NULL},
};
static const struct command run = {
    .name = "run", .options = specs, .option_count = array_length(specs)};

/* Words with blanks between them → a plan. */
static int build(struct plan *plan, const char *line, bool may_idmap, struct error *err)
{
    char copy[512], *argv[32];
    int count = 0;
    struct arguments arguments = {0};
    const struct plan_host host = {.may_idmap = may_idmap};
    (void)snprintf(copy, sizeof copy, "%s", line);
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[count++] = word;
    argv[count] = NULL;
    *err = (struct error)ERROR_INIT;
    *plan = (struct plan){0};
    int failed = options_parse(&arguments, &run, count, argv, err);
    if (!failed)
        failed = plan_build(plan, &arguments, &host, err);
    options_free(&arguments);
    return failed;
}

static void plans(struct plan *plan, const char *line)
{
    struct error err;
    int failed = build(plan, line, true, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(failed, 0);
}

static void refuses(const char *line, int status, const char *part)
{
    cleanup_plan struct plan plan = {0};
    struct error err;
    assert_int_equal(build(&plan, line, true, &err), -1);
    if (!strstr(err.text, part))
        fail_msg("'%s' lacks '%s'", err.text, part);
    assert_int_equal(err.status, status);
}

/* --- tests ---------------------------------------------------------------------------- */

static void one_project_is_where_it_starts(void **state)
{
    cleanup_plan struct plan plan = {0};
    char folders[128];
    (void)state;
    plans(&plan, "app");
    assert_string_equal(plan.session.box.workdir, "/workspace/app");
    assert_string_equal(plan.session.box.version, CLAUDEX_VERSION);
    assert_int_equal(plan.session.box.mount_count, 1);
    const struct mount *mount = &plan.session.box.mounts[0];
    assert_string_equal(mount->source, plan.projects.items[0].path);
    assert_string_equal(mount->destination, "/workspace/app");
    assert_int_equal(mount->inode, plan.projects.items[0].inode);
    assert_false(mount->read_only);
    (void)snprintf(folders, sizeof folders, "[\"%s/app\"]", top);
    assert_string_equal(plan.folders_json, folders);
    assert_string_equal(plan.agent, "claude");
    assert_int_equal(plan.command.count, 1);
    assert_false(plan.own_command);
}

static void several_start_above_and_have_one_name_in_any_order(void **state)
{
    cleanup_plan struct plan plan = {0}, turned = {0};
    (void)state;
    plans(&plan, "app docs:ro -- make -j4");
    plans(&turned, "docs:ro app -- make -j4");
    assert_string_equal(plan.session.box.workdir, BOX_WORKSPACE);
    assert_string_equal(plan.folders_json, turned.folders_json);
    assert_string_equal(strrchr(plan.session.box.name, '-'),
                        strrchr(turned.session.box.name, '-'));
    assert_true(plan.session.box.mounts[1].read_only);
    assert_true(plan.own_command);
    assert_string_equal(plan.command.items[1], "-j4");
    assert_string_equal(plan.agent, "make");
}

static void options_win_over_files_and_lists_are_joined(void **state)
{
    cleanup_plan struct plan plan = {0};
    (void)state;
    write_file("home/.config/claudex/config", "[run]\nmemory = 1g\nenv = FROM_HOST\nport = 1\n"
                                              "[agent]\nname = codex\n");
    plans(&plan, "--memory 2g -p 2 -e A=1 -e A=2 --yolo app");
    assert_int_equal(plan.session.run.memory, UINT64_C(2) << 30);
    assert_int_equal(plan.session.run.port_count, 2);
    assert_string_equal(plan.session.agent.name, "codex");
    assert_true(plan.session.agent.yolo);
    assert_string_equal(plan.environment.items[0], "FROM_HOST=there");
    assert_string_equal(plan.environment.items[1], "A=2");
}

static void paths_are_relative_to_who_says_them(void **state)
{
    cleanup_plan struct plan plan = {0};
    char wanted[128];
    (void)state;
    write_file("home/.config/claudex/config",
               "[run]\ninclude = ../../notes\ninstructions = ~/rules.md\n");
    plans(&plan, "--include docs --instructions here.md app");
    assert_int_equal(plan.includes.count, 2);
    (void)snprintf(wanted, sizeof wanted, "%s/home/notes", top);
    assert_string_equal(plan.includes.items[0].path, wanted);
    (void)snprintf(wanted, sizeof wanted, "%s/docs", top);
    assert_string_equal(plan.includes.items[1].path, wanted);
    assert_string_equal(plan.session.box.mounts[1].destination, "/context/notes");
    assert_true(plan.session.box.mounts[1].read_only);
    (void)snprintf(wanted, sizeof wanted, "%s/home/rules.md", top);
    assert_string_equal(plan.session.run.instructions.items[0], wanted);
    assert_string_equal(plan.session.run.instructions.items[1], "here.md");
}

static void a_project_s_file_is_read_and_closed_to_writing(void **state)
{
    cleanup_plan struct plan plan = {0};
    struct stat st;
    (void)state;
    write_file("app/.claudex", "[run]\nmemory = 100m\n[network]\nmode = lockdown\n");
    plans(&plan, "app");
    assert_int_equal(plan.session.run.memory, 100 << 20);
    assert_int_equal(plan.session.network.mode, NETWORK_LOCKDOWN);
    assert_int_equal(plan.session.box.mount_count, 2);
    const struct mount *mount = &plan.session.box.mounts[1];
    assert_string_equal(mount->destination, "/workspace/app/.claudex");
    assert_true(mount->read_only);
    assert_int_equal(stat("app/.claudex", &st), 0);
    assert_int_equal(mount->inode, st.st_ino);
}

static void the_older_name_counts_where_the_newer_is_missing(void **state)
{
    cleanup_plan struct plan plan = {0};
    (void)state;
    write_file("app/.claudecker", "# nothing\n");
    plans(&plan, "app");
    assert_string_equal(plan.session.box.mounts[1].destination, "/workspace/app/.claudecker");
}

static void what_a_project_may_not_ask_for_is_told_line_by_line(void **state)
{
    (void)state;
    write_file("app/.claudex", "[network]\nmode = open\ndeny = x.example\n[agent]\nyolo = yes\n"
                               "[run]\nport = 0.0.0.0:80:80\nenv = AWS_SECRET_ACCESS_KEY\n"
                               "image = evil\x1b[2J\n");
    refuses("app", EXIT_CLAUDEX, "app/.claudex:9");
    write_file("app/.claudex", "[network]\nmode = open\ndeny = x.example\n[agent]\nyolo = yes\n"
                               "[run]\nport = 0.0.0.0:80:80\nenv = AWS_SECRET_ACCESS_KEY\n");
    static const char *const lines[] = {":2: [network] mode = open", ":5: [agent] yolo = yes",
                                        ":7: [run] port = 0.0.0.0:80:80",
                                        ":8: [run] env = AWS_SECRET_ACCESS_KEY"};
    for (size_t i = 0; i < array_length(lines); i++)
        refuses("app", EXIT_CLAUDEX, lines[i]);
    /* The same, said by the user, is fine. */
    cleanup_plan struct plan plan = {0};
    assert_int_equal(unlink("app/.claudex"), 0);
    plans(&plan, "--network open -p 0.0.0.0:80:80 --yolo app");
}

static void what_was_agreed_to_counts_until_it_changes(void **state)
{
    (void)state;
    write_file("app/.claudex", "[network]\nmode = open\n");
    refuses("app", EXIT_CLAUDEX, "mode = open");
    cleanup_plan struct plan agreed = {0}, later = {0}, tighter = {0};
    plans(&agreed, "--trust app");
    assert_int_equal(agreed.session.network.mode, NETWORK_OPEN);
    write_file("app/.claudex", "# a comment\n[network]\nmode = open\ndeny = x.example\n");
    plans(&later, "app");
    assert_int_equal(later.session.network.mode, NETWORK_OPEN);
    write_file("app/.claudex", "[network]\nmode = open\n[run]\nenv = TOKEN\n");
    refuses("app", EXIT_CLAUDEX, "+ ");
    /* What was given up is not had back unasked. */
    write_file("app/.claudex", "[network]\nmode = lockdown\n");
    plans(&tighter, "app");
    write_file("app/.claudex", "[network]\nmode = open\n");
    refuses("app", EXIT_CLAUDEX, "mode = open");
}

/* A link that leads elsewhere is another thing to agree to. */
static void a_project_s_paths_are_real_ones(void **state)
{
    cleanup_plan struct plan plan = {0};
    char wanted[128];
    (void)state;
    assert_int_equal(symlink("../docs", "app/link"), 0);
    write_file("app/rules.md", "");
    write_file("app/.claudex", "[run]\ninclude = link\ninstructions = rules.md\n");
    plans(&plan, "--trust app");
    (void)snprintf(wanted, sizeof wanted, "%s/docs", top);
    assert_string_equal(plan.session.run.includes.items[0], wanted);
    assert_true(plan_is_settled(&plan, wanted));
    (void)snprintf(wanted, sizeof wanted, "%s/app/rules.md", top);
    assert_true(plan_is_settled(&plan, wanted));
    assert_int_equal(unlink("app/link") | symlink("../home/notes", "app/link"), 0);
    refuses("app", EXIT_CLAUDEX, "home/notes");
    assert_int_equal(unlink("app/link"), 0);
    refuses("app", EXIT_CLAUDEX, "app/.claudex:2: [run] include link: No such file");
}

static void what_was_read_is_what_is_mounted(void **state)
{
    cleanup_plan struct plan plan = {0};
    struct stat st;
    (void)state;
    write_file("app/.claudex", "[network]\nmode = open\n");
    assert_int_equal(stat("app/.claudex", &st), 0);
    plans(&plan, "--trust app");
    write_file("app/other", "[agent]\nyolo = yes\n");
    assert_int_equal(rename("app/other", "app/.claudex"), 0);
    assert_int_equal(plan.session.box.mounts[1].inode, st.st_ino);
    assert_false(plan.session.agent.yolo);
}

/* A setting for the desk is left out elsewhere; what was asked for outright is not. */
static void no_display_is_told(void **state)
{
    cleanup_plan struct plan plan = {0};
    (void)state;
    assert_int_equal(unsetenv("DISPLAY"), 0);
    refuses("--x11 app", EXIT_CLAUDEX, "--x11: there is no X11 display: DISPLAY is not set");
    assert_int_equal(setenv("DISPLAY", "localhost:10.0", 1), 0);
    refuses("--x11 app", EXIT_CLAUDEX, "over the network");
    assert_int_equal(setenv("DISPLAY", ":59531", 1), 0);
    refuses("--x11 app", EXIT_CLAUDEX, "/tmp/.X11-unix/X59531");
    write_file("home/.config/claudex/config", "[run]\nx11 = yes\n");
    plans(&plan, "app");
    assert_false(plan.session.run.x11);
    assert_int_equal(plan.session.box.mount_count, 1);
}

static void odd_project_files_are_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("/etc/passwd", "app/.claudex"), 0);
    refuses("app", EXIT_CLAUDEX, "is a symbolic link");
    assert_int_equal(unlink("app/.claudex") | mkdir("app/.claudex", 0755), 0);
    refuses("app", EXIT_CLAUDEX, ".claudex");
    assert_int_equal(rmdir("app/.claudex") | mkfifo("app/.claudex", 0644), 0);
    refuses("app", EXIT_CLAUDEX, ".claudex");
    /* The user's own may be a link. */
    cleanup_plan struct plan plan = {0};
    assert_int_equal(unlink("app/.claudex"), 0);
    write_file("mine", "[run]\nmemory = 1g\n");
    char target[80];
    (void)snprintf(target, sizeof target, "%s/mine", top);
    assert_int_equal(symlink(target, "home/.config/claudex/config"), 0);
    plans(&plan, "app");
    assert_int_equal(plan.session.run.memory, 1 << 30);
}

static void bad_requests(void **state)
{
    (void)state;
    refuses("nowhere", EXIT_CLAUDEX, "no such folder");
    refuses("home", EXIT_CLAUDEX, "home");
    refuses("app app", EXIT_CLAUDEX, "twice");
    refuses("--memory lots app", EXIT_USAGE, "lots");
    refuses("--name ../x app", EXIT_USAGE, "--name");
    refuses("-e A-B=1 app", EXIT_USAGE, "A-B");
    refuses("--env-file nowhere app", EXIT_CLAUDEX, "nowhere");
    refuses("--include nowhere app", EXIT_CLAUDEX, "include");
    refuses("app -- echo \xff", EXIT_USAGE, "UTF-8");
    assert_int_equal(setenv(ENV_CONFIG, "/no/such/file", 1), 0);
    refuses("app", EXIT_CLAUDEX, "/no/such/file");
}

static void root_s_projects(void **state)
{
    struct error err;
    cleanup_plan struct plan plan = {0}, other = {0}, shown = {0};
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: not root\n");
        skip();
    }
    write_file("app/.claudex", "");
    plans(&plan, "app");
    assert_true(plan.idmapped);
    assert_int_equal(plan.session.box.mount_count, 2);
    if (!plan.session.box.mounts)
        return;
    assert_true(plan.session.box.mounts[0].idmapped);
    assert_int_equal(plan_stage(&plan, "/state/one", &err), 0);
    assert_string_equal(plan.session.box.mounts[0].source, "/state/one/mnt/0");
    assert_string_equal(plan.session.box.mounts[1].source, "/state/one/mnt/0/.claudex");
    /* Another name, another folder. */
    assert_int_equal(plan_stage(&plan, "/state/two", &err), 0);
    assert_string_equal(plan.session.box.mounts[1].source, "/state/two/mnt/0/.claudex");

    assert_int_equal(build(&other, "app", false, &err), -1);
    assert_non_null(strstr(err.text, "chown"));
    assert_int_equal(build(&shown, "app:ro", false, &err), 0);
    assert_false(shown.idmapped);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(one_project_is_where_it_starts),
        IN_A_WORLD(several_start_above_and_have_one_name_in_any_order),
        IN_A_WORLD(options_win_over_files_and_lists_are_joined),
        IN_A_WORLD(paths_are_relative_to_who_says_them),
        IN_A_WORLD(a_project_s_file_is_read_and_closed_to_writing),
        IN_A_WORLD(the_older_name_counts_where_the_newer_is_missing),
        IN_A_WORLD(what_a_project_may_not_ask_for_is_told_line_by_line),
        IN_A_WORLD(what_was_agreed_to_counts_until_it_changes),
        IN_A_WORLD(a_project_s_paths_are_real_ones),
        IN_A_WORLD(what_was_read_is_what_is_mounted),
        IN_A_WORLD(no_display_is_told),
        IN_A_WORLD(odd_project_files_are_refused),
        IN_A_WORLD(bad_requests),
        IN_A_WORLD(root_s_projects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
