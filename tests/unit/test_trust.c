/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/config/trust.c plugin/config/trust_store.c plugin/config/trust_ask.c
 * plugin/terminal/confirm.c plugin/config/project_config.c plugin/session/folders.c
 * plugin/options.c plugin/state.c plugin/policy/host_argument.c plugin/policy/idn.c
 * plugin/lazy.c */
/* Promise 20: what a project's file asks for, and what its user agreed to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/config/trust.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/config_schema.h"
#include "shared/io.h"
#include "shared/names.h"

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
    strcpy(top, "/tmp/clx-trust-XXXXXX");
    if (!mkdtemp(top) || chdir(top) < 0)
        return -1;
    if (mkdir("app", 0755) < 0 || mkdir("docs", 0755) < 0)
        return -1;
    return setenv("XDG_STATE_HOME", top, 1) | setenv("HOME", top, 1) |
           unsetenv("XDG_CONFIG_HOME") | unsetenv(ENV_CONFIG);
}

static int remove_world(void **state)
{
    (void)state;
    return chdir("/") | nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- one project ------------------------------------------------------------------------ */

struct project {
    struct folders folders;
    struct project_files files;
    struct config config;
    struct config_paths paths;
    struct error err;
};

static void free_project(struct project *p)
{
    folders_free(&p->folders);
    project_files_free(&p->files);
    config_free(&p->config);
    config_paths_free(&p->paths);
}
#define cleanup_project cleanup_with(free_project)

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void read_project(struct project *p, const char *text)
{
    const struct folder_limits limits = {.force = true};
    write_file("app/.claudex", text);
    *p = (struct project){.err = ERROR_INIT};
    assert_int_equal(folders_add(&p->folders, "app", false, &limits, &p->err), 0);
    assert_int_equal(config_read_all(&p->config, NULL, &p->folders, &p->files, &p->err), 0);
    if (p->config.problem_count > 0)
        fail_msg("%s: %s", text, p->config.problems->data);
    if (config_paths_find(&p->config, &p->paths, &p->err) < 0)
        fail_msg("%s: %s", text, p->err.text);
}

static int check(struct project *p, enum trust_answer answer)
{
    p->err = (struct error)ERROR_INIT;
    return trust_check(&p->config, &p->paths, &p->folders, &p->files, answer, &p->err);
}

/* The text alone, with this answer: 0, or -1 with a part of the error. */
static void assert_answer(const char *text, enum trust_answer answer, const char *part)
{
    cleanup_project struct project p;
    read_project(&p, text);
    int result = check(&p, answer);
    if (result != (part ? -1 : 0) || (part && !strstr(p.err.text, part)))
        fail_msg("%s: %d, '%s'", text, result, p.err.text);
}

/* --- every key ---------------------------------------------------------------------------- */

/* A value that widens, by what the schema says of the key; NULL where none does. */
static const char *widening_value(const struct config_key *key)
{
    switch (key->trust) {
    case TRUST_NEVER:
        return key->example;
    case TRUST_NO:
        return "yes";
    case TRUST_YES:
        return "no";
    case TRUST_MODE:
        return "open";
    case TRUST_LOOPBACK:
        return "0.0.0.0:80:80";
    case TRUST_ALWAYS:
    case TRUST_LOWER:
        break;
    }
    return NULL;
}

/* "[section]\nkey = value\n", and the same as trust shows it. */
static void write_line(const struct config_key *key, const char *value, char *text, char *shown)
{
    const char *name = key->name ? key->name : "review";
    const char *part = config_find_section(key->section)->named ? ".example" : "";
    (void)snprintf(text, 512, "[%s%s]\n%s = %s\n", key->section, part, name, value);
    (void)snprintf(shown, 512, ".claudex:2: [%s%s] %s = %s", key->section, part, name, value);
}

/* A path has to be there before anybody can agree to it. */
static void make_example(const struct config_key *key, const char *value)
{
    char path[256];
    if ((key->kind != KIND_PATH && key->kind != KIND_SKILL) || strchr(value, ':'))
        return;
    (void)snprintf(path, sizeof path, "%s%s%s", top, value[0] == '~' ? "" : "/app/",
                   value + (value[0] == '~'));
    assert_int_equal(make_folders(path, 0755), 0);
}

/* Promise 20: driven by the schema, so that a key to come is covered, too. */
static void each_widening_key_is_refused_by_name(void **state)
{
    size_t asked = 0;
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        const char *value = widening_value(key);
        char text[512], shown[512];
        if (!value || (key->flags & KEY_PRIVATE))
            continue;
        make_example(key, value);
        write_line(key, value, text, shown);
        assert_answer(text, TRUST_ASK, shown);
        assert_answer(text, TRUST_AGREED, NULL);
        assert_answer(text, TRUST_ASK, NULL);
        assert_answer("", TRUST_ASK, NULL);
        asked++;
    }
    assert_true(asked > 20);
}

static void what_tightens_is_not_asked_for(void **state)
{
    (void)state;
    cleanup_project struct project p;
    read_project(&p, "cmake\n[run]\nport = 3000\nmemory = 1g\ncpus = 1\npids = 10\nx11 = no\n"
                     "[network]\nmode = lockdown\ndeny = x.example\nprivate = no\n"
                     "[agent]\nyolo = no\n[ssh]\nagent = no\nlog = yes\n"
                     "[git]\nisolate = yes\ntrack = yes\n[tokens]\nshared = no\n");
    assert_int_equal(check(&p, TRUST_ASK), 0);
}

/* --- what is shown ------------------------------------------------------------------------ */

static void make_request(struct project *p, struct trust_request *request)
{
    *request = (struct trust_request){.folder = NULL};
    assert_int_equal(trust_request_make(request, &p->config, &p->paths, &p->folders.items[0],
                                        &p->files.items[0], &p->err),
                     0);
}

static void paths_are_shown_with_where_they_lead(void **state)
{
    (void)state;
    cleanup_project struct project p;
    cleanup_trust_request struct trust_request request;
    char wanted[256];
    read_project(&p, "[run]\ninclude = ../docs\n");
    make_request(&p, &request);
    (void)snprintf(wanted, sizeof wanted, "[run] include = ../docs (%s/docs)", top);
    assert_string_equal(request.lines.items[0], wanted);
}

static void differences_are_marked(void **state)
{
    (void)state;
    cleanup_project struct project p;
    cleanup_trust_request struct trust_request request;
    cleanup_approval struct approval before = {.folder = NULL};
    read_project(&p, "[run]\nenv = B\nenv = A\nenv = A\n");
    make_request(&p, &request);
    assert_int_equal(strings_add(&before.lines, "[run] env = A"), 0);
    assert_int_equal(strings_add(&before.lines, "[run] env = C"), 0);
    cleanup_free char *text = trust_describe(&request, &before);
    char wanted[512], file[128];
    (void)snprintf(file, sizeof file, "%s/app/.claudex", top);
    (void)snprintf(wanted, sizeof wanted,
                   "- [run] env = C\n+ %s:2: [run] env = B\n  %s:3: [run] env = A\n"
                   "+ %s:4: [run] env = A",
                   file, file, file);
    assert_string_equal(text, wanted);
}

/* Promise 19. A value of 4 KiB is shown to its end: what follows blanks may be the point. */
static void all_of_a_value_is_shown_and_harmless(void **state)
{
    (void)state;
    char text[4096];
    int length =
        snprintf(text, sizeof text, "[agent]\nargs = \xe2\x80\xae%*sthe end\n", 3500, "");
    assert_in_range(length, 3500, 4000);
    cleanup_project struct project p;
    cleanup_trust_request struct trust_request request;
    read_project(&p, text);
    make_request(&p, &request);
    cleanup_free char *shown = trust_describe(&request, NULL);
    assert_non_null(strstr(shown, "\\xe2\\x80\\xae"));
    assert_string_equal(shown + strlen(shown) - 7, "the end");
}

static void nobody_agrees_to_thousands_of_lines(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(1 << 20);
    assert_int_equal(buf_puts(&text, "[run]\n"), 0);
    for (int i = 0; i < 101; i++)
        assert_int_equal(buf_printf(&text, "env = V%d\n", i), 0);
    assert_answer(text.data, TRUST_AGREED, "more than 100");
    assert_answer(text.data, TRUST_ASK, "more than 100");
}

static void long_lists_do_not_hide_that_there_is_more(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(1 << 20);
    assert_int_equal(buf_puts(&text, "[run]\n"), 0);
    for (int i = 0; i < 90; i++)
        assert_int_equal(buf_printf(&text, "env = VARIABLE_%d\n", i), 0);
    assert_answer(text.data, TRUST_ASK, "and more; docker claudex trust shows all");
}

/* --- what is remembered ------------------------------------------------------------------- */

static void order_and_number_of_lines_count(void **state)
{
    (void)state;
    assert_answer("[run]\nenv = A\nenv = B\n", TRUST_AGREED, NULL);
    assert_answer("[run]\nenv = A\n\n# again\nenv = B\n", TRUST_ASK, NULL);
    assert_answer("[run]\nenv = B\nenv = A\n", TRUST_ASK, "has changed");
    assert_answer("[run]\nenv = A\n", TRUST_ASK, "- [run] env = B");
    assert_answer("[run]\nenv = A\nenv = B\nenv = C\n", TRUST_ASK, "+ ");
    /* What is refused leaves what was agreed to. */
    assert_answer("[run]\nenv = A\nenv = B\n", TRUST_ASK, NULL);
}

static void lists_and_forgets(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s/app", top);
    cleanup_approvals struct approvals none = {NULL, 0}, one = {NULL, 0};
    assert_int_equal(trust_list(&none, &err), 0);
    assert_int_equal(none.count, 0);
    assert_int_equal(trust_forget(folder, &err), 0);
    assert_answer("[run]\nenv = A\n", TRUST_AGREED, NULL);
    assert_int_equal(trust_list(&one, &err), 0);
    assert_int_equal(one.count, 1);
    assert_string_equal(one.items[0].folder, folder);
    assert_string_equal(one.items[0].lines.items[0], "[run] env = A");
    assert_in_range(one.items[0].when, time(NULL) - 100, time(NULL));
    assert_int_equal(trust_forget(folder, &err), 1);
    assert_answer("[run]\nenv = A\n", TRUST_ASK, "env = A");
}

/* The name of the only file of the store. */
static void stored(char path[320])
{
    cleanup_dir DIR *dir = opendir("claudex/trust");
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            (void)snprintf(path, 320, "claudex/trust/%s", entry->d_name);
}

static void replace_in(const char *path, const char *from, const char *to)
{
    cleanup_buf struct buf text = BUF_INIT(1 << 20);
    assert_int_equal(read_regular_file(AT_FDCWD, path, &text), 0);
    char *at = strstr(text.data, from);
    assert_non_null(at);
    for (size_t i = 0; to[i]; i++)
        at[i] = to[i];
    write_file(path, text.data);
}

static void damage_is_no_consent(void **state)
{
    (void)state;
    char path[320], other[400];
    static const char *const texts[] = {"", "{", "[]", "{\"folder\": 1}", "null"};
    const char *wanted = "[run]\nenv = A\n";
    assert_answer(wanted, TRUST_AGREED, NULL);
    stored(path);
    for (size_t i = 0; i < array_length(texts); i++) {
        write_file(path, texts[i]);
        assert_answer(wanted, TRUST_ASK, "env = A");
        assert_answer(wanted, TRUST_AGREED, NULL);
        assert_answer(wanted, TRUST_ASK, NULL);
    }
    /* Lines that were changed there do not hash to what was agreed to. */
    replace_in(path, "env = A", "env = Z");
    assert_answer("[run]\nenv = Z\n", TRUST_ASK, "env = Z");
    /* Consent to one project under the name of another. */
    assert_answer(wanted, TRUST_AGREED, NULL);
    replace_in(path, "/app\"", "/abb\"");
    assert_answer(wanted, TRUST_ASK, "env = A");
    /* A link is not followed. */
    assert_answer(wanted, TRUST_AGREED, NULL);
    (void)snprintf(other, sizeof other, "%s/elsewhere", top);
    assert_int_equal(rename(path, other) | symlink(other, path), 0);
    assert_answer(wanted, TRUST_ASK, "env = A");
}

static void a_store_that_others_write_is_none(void **state)
{
    (void)state;
    assert_answer("[run]\nenv = A\n", TRUST_AGREED, NULL);
    assert_int_equal(chmod("claudex/trust", 0777), 0);
    assert_answer("[run]\nenv = A\n", TRUST_ASK, "not yours alone");
    /* Who asks for nothing has nothing to do with it. */
    assert_answer("[run]\nmemory = 1g\n", TRUST_ASK, NULL);
}

/* Agreeing works for this once where nothing can be kept. */
static void a_store_that_cannot_be_made_is_told(void **state)
{
    (void)state;
    write_file("claudex", "");
    assert_answer("[run]\nenv = A\n", TRUST_AGREED, "");
}

/* --- the question ------------------------------------------------------------------------- */

/* What a user sees who types `answer` as soon as there is a question; *allowed: what came of
 * it. */
static char *asked(const char *text, const char *answer, bool *allowed)
{
    int terminal;
    cleanup_project struct project p;
    read_project(&p, text);
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0 && signal(SIGINT, SIG_DFL) != SIG_ERR) /* a shell may have it ignored */
        _exit(check(&p, TRUST_ASK) == 0 ? 0 : 1);
    cleanup_buf struct buf screen = BUF_INIT(1 << 20);
    bool typed = false;
    for (;;) {
        char piece[512];
        ssize_t length = read(terminal, piece, sizeof piece);
        if (length <= 0) /* EIO: the other side is closed */
            break;
        assert_int_equal(buf_append(&screen, piece, (size_t)length), 0);
        if (!typed && strstr(screen.data, "[y/N]")) {
            assert_int_equal(write_all(terminal, answer, strlen(answer)), 0);
            typed = true;
        }
    }
    close(terminal);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *allowed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return buf_take(&screen);
}

static void a_clear_yes_is_a_yes_and_all_else_a_no(void **state)
{
    static const struct {
        const char *typed;
        bool allowed;
    } answers[] = {{"n\n", false},         {"\n", false},    {"\004", false}, {"\003", false},
                   {"yesterday\n", false}, {"y y\n", false}, {"y\n", true},   {"YES\n", true}};
    (void)state;
    struct error err = ERROR_INIT;
    char folder[128];
    (void)snprintf(folder, sizeof folder, "%s/app", top);
    for (size_t i = 0; i < array_length(answers); i++) {
        bool allowed;
        cleanup_free char *screen =
            asked("[run]\nmemory = 1g\nenv = A\n", answers[i].typed, &allowed);
        assert_non_null(strstr(screen, "[run] env = A"));
        assert_null(strstr(screen, "memory"));
        if (allowed != answers[i].allowed)
            fail_msg("'%s': %s", answers[i].typed, screen);
        /* Remembered, or not. */
        assert_int_equal(trust_forget(folder, &err), allowed);
    }
}

static void asked_again_with_the_difference(void **state)
{
    (void)state;
    bool allowed;
    assert_answer("[run]\nenv = A\n", TRUST_AGREED, NULL);
    cleanup_free char *screen = asked("[run]\nenv = B\n", "n\n", &allowed);
    assert_non_null(strstr(screen, "has changed since you agreed"));
    assert_non_null(strstr(screen, "- [run] env = A"));
    assert_non_null(strstr(screen, ".claudex:2: [run] env = B"));
    assert_false(allowed);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(each_widening_key_is_refused_by_name),
        IN_A_WORLD(what_tightens_is_not_asked_for),
        IN_A_WORLD(paths_are_shown_with_where_they_lead),
        IN_A_WORLD(differences_are_marked),
        IN_A_WORLD(all_of_a_value_is_shown_and_harmless),
        IN_A_WORLD(nobody_agrees_to_thousands_of_lines),
        IN_A_WORLD(long_lists_do_not_hide_that_there_is_more),
        IN_A_WORLD(order_and_number_of_lines_count),
        IN_A_WORLD(lists_and_forgets),
        IN_A_WORLD(damage_is_no_consent),
        IN_A_WORLD(a_store_that_others_write_is_none),
        IN_A_WORLD(a_store_that_cannot_be_made_is_told),
        IN_A_WORLD(a_clear_yes_is_a_yes_and_all_else_a_no),
        IN_A_WORLD(asked_again_with_the_difference),
    };
    /* Nobody is there to be asked, but where a test says so. */
    if (!freopen("/dev/null", "r", stdin))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
