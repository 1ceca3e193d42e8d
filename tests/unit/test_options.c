/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/options.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/options.h"
#include "shared/names.h"

static const struct option_spec specs[] = {
    {'a', "agent", "NAME", "", COMPLETES_NOTHING, NULL},
    {'e', "env", "NAME", "", COMPLETES_NOTHING, NULL},
    {'d', "detach", NULL, "", COMPLETES_NOTHING, NULL},
    {'k', "keep", NULL, "", COMPLETES_NOTHING, NULL},
    {'q', "queue", NULL, "", COMPLETES_NOTHING, NULL}, /* takes a letter of the common ones */
};
static const struct command plain = {
    .name = "plain", .options = specs, .option_count = array_length(specs)};
static const struct command stops = {.name = "stops",
                                     .options = specs,
                                     .option_count = array_length(specs),
                                     .stops_at_operand = true};

/* Words up to NULL. */
static int parse(struct arguments *arguments, const struct command *command, struct error *err,
                 char **words)
{
    int count = 0;
    while (words[count])
        count++;
    *err = (struct error)ERROR_INIT;
    return options_parse(arguments, command, count, words, err);
}
#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})

static void every_form_of_a_value(void **state)
{
    char **forms[] = {
        WORDS("-a", "x"),   WORDS("-ax"),  WORDS("-a=x"),      WORDS("--agent", "x"),
        WORDS("--agent=x"), WORDS("-dax"), WORDS("-dka", "x"), WORDS("--agent=y", "-a", "x")};
    (void)state;
    for (size_t i = 0; i < array_length(forms); i++) {
        struct arguments arguments;
        struct error err;
        assert_int_equal(parse(&arguments, &plain, &err, forms[i]), 0);
        assert_string_equal(argument_value(&arguments, "agent"), "x");
        assert_null(argument_value(&arguments, "env"));
        assert_int_equal(arguments.operand_count, 0);
        assert_null(arguments.rest);
        options_free(&arguments);
    }
}

static void flags(void **state)
{
    struct arguments arguments;
    struct error err;
    (void)state;
    assert_int_equal(parse(&arguments, &plain, &err, WORDS("-dk", "--queue")), 0);
    assert_string_equal(argument_value(&arguments, "detach"), "");
    assert_true(argument_flag(&arguments, "keep") && argument_flag(&arguments, "queue"));
    assert_false(argument_flag(&arguments, "quiet"));
    options_free(&arguments);
    assert_int_equal(
        parse(&arguments, &plain, &err, WORDS("-d", "--detach=false", "--keep=yes")), 0);
    assert_false(argument_flag(&arguments, "detach"));
    assert_true(argument_flag(&arguments, "keep"));
    options_free(&arguments);
    /* -q is the verb's, --quiet still is everybody's. */
    assert_int_equal(parse(&arguments, &plain, &err, WORDS("-q", "--quiet")), 0);
    assert_true(argument_flag(&arguments, "queue") && argument_flag(&arguments, "quiet"));
    options_free(&arguments);
}

static void repeated_options_keep_their_order(void **state)
{
    struct arguments arguments;
    struct error err;
    (void)state;
    assert_int_equal(
        parse(&arguments, &plain, &err, WORDS("-e", "A", "dir", "-eB", "--env=C=D")), 0);
    assert_int_equal(arguments.given_count, 3);
    assert_string_equal(arguments.given[0].value, "A");
    assert_string_equal(arguments.given[1].value, "B");
    assert_string_equal(arguments.given[2].value, "C=D");
    assert_string_equal(argument_value(&arguments, "env"), "C=D");
    assert_string_equal(arguments.operands[0], "dir");
    options_free(&arguments);
}

static void operands_and_rest(void **state)
{
    struct arguments arguments;
    struct error err;
    (void)state;
    assert_int_equal(
        parse(&arguments, &plain, &err, WORDS("a", "-d", "-", "--", "-x", "--", "b")), 0);
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[1], "-");
    assert_int_equal(arguments.rest_count, 3);
    assert_string_equal(arguments.rest[0], "-x");
    assert_string_equal(arguments.rest[1], "--");
    assert_null(arguments.rest[3]);
    options_free(&arguments);
    assert_int_equal(parse(&arguments, &plain, &err, WORDS("--")), 0);
    assert_non_null(arguments.rest);
    assert_int_equal(arguments.rest_count, 0);
    options_free(&arguments);
}

static void options_may_end_at_the_first_operand(void **state)
{
    struct arguments arguments;
    struct error err;
    (void)state;
    assert_int_equal(parse(&arguments, &stops, &err, WORDS("-d", "box", "ls", "-k", "--", "x")),
                     0);
    assert_true(argument_flag(&arguments, "detach"));
    assert_false(argument_flag(&arguments, "keep"));
    assert_int_equal(arguments.operand_count, 5);
    assert_null(arguments.rest);
    options_free(&arguments);
    assert_int_equal(parse(&arguments, &stops, &err, WORDS("box", "--", "ls", "-k")), 0);
    assert_int_equal(arguments.operand_count, 1);
    assert_int_equal(arguments.rest_count, 2);
    options_free(&arguments);
}

static void what_is_wrong_is_named(void **state)
{
    const struct {
        char **words;
        const char *text;
    } cases[] = {
        {WORDS("--agnet", "x"), "unknown option '--agnet'; did you mean '--agent'?"},
        {WORDS("--zzzzzzzz"), "unknown option '--zzzzzzzz'"},
        {WORDS("--agnet=x"), "unknown option '--agnet'; did you mean '--agent'?"},
        {WORDS("-dx"), "unknown option '-x' in '-dx'"},
        {WORDS("--agent"), "option '--agent' needs a value: NAME"},
        {WORDS("-a"), "option '-a' needs a value: NAME"},
        {WORDS("--detach=maybe"), "option '--detach' takes no value"},
        {WORDS("--\033[2J"), "unknown option '--\\x1b[2J'"},
        {WORDS("-\033"), "unknown option '-\\x1b' in '-\\x1b'"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct arguments arguments;
        struct error err;
        assert_int_equal(parse(&arguments, &plain, &err, cases[i].words), -1);
        assert_int_equal(err.status, EXIT_USAGE);
        assert_string_equal(err.text, cases[i].text);
        assert_null(arguments.given);
    }
}

static int globals(struct global_options *global, bool lenient, char **words)
{
    struct error err = ERROR_INIT;
    int count = 0;
    while (words[count])
        count++;
    *global = (struct global_options){0};
    return globals_parse(global, count, words, lenient, &err);
}

static void docker_s_own_options(void **state)
{
    struct global_options global;
    (void)state;
    assert_int_equal(
        globals(&global, false, WORDS("-H", "unix:///x", "--tls", "-cprod", "claudex", "-D")),
        4);
    assert_string_equal(global.host, "unix:///x");
    assert_string_equal(global.context, "prod");
    assert_true(global.tls && !global.tls_verify && !global.debug);
    /* TLS without the check is what docker means by that, and no TLS is --tls=false. */
    assert_int_equal(globals(&global, false, WORDS("--tlsverify=false", "claudex")), 1);
    assert_true(global.tls && global.tls_verify_given && !global.tls_verify);
    assert_int_equal(globals(&global, false, WORDS("--tls=false", "claudex")), 1);
    assert_false(global.tls);
    assert_int_equal(globals(&global, false, WORDS("-l", "debug", "-Dv")), 3);
    assert_true(global.debug && global.version);
    assert_int_equal(globals(&global, false, WORDS("--nope", "claudex")), -1);
}

static void under_our_own_name_a_verb_s_options_may_follow(void **state)
{
    struct global_options global;
    (void)state;
    assert_int_equal(globals(&global, true, WORDS("-H", "h:1", "--agent", "codex")), 2);
    assert_int_equal(globals(&global, true, WORDS("-a", "codex", ".")), 0);
    assert_int_equal(globals(&global, true, WORDS("--", "true")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_value),
        cmocka_unit_test(flags),
        cmocka_unit_test(repeated_options_keep_their_order),
        cmocka_unit_test(operands_and_rest),
        cmocka_unit_test(options_may_end_at_the_first_operand),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(docker_s_own_options),
        cmocka_unit_test(under_our_own_name_a_verb_s_options_may_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
