/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text: lines, sections, comments, quotes, and all that is wrong with files. */
#include "tests/unit/config_text.h"

#include "shared/names.h"

/* --- what is read -------------------------------------------------------------------- */

static void reads_entries_with_their_origin(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_USER,
             "; mine\n[run]\nmemory = 4g ; enough\n\n[mcp.pal]\n"
             "  command\t=  uvx --from x  \n");
    assert_int_equal(config_parse(&config, "cmake\n", 6, "other", CONFIG_PROJECT), 0);
    static const struct config_entry expected[] = {
        {"run", NULL, "memory", "4g", FILE_NAME, 3, CONFIG_USER},
        {"mcp", "pal", "command", "uvx --from x", FILE_NAME, 6, CONFIG_USER},
        {"packages", NULL, "cmake", "", "other", 1, CONFIG_PROJECT},
    };
    assert_int_equal(config.count, array_length(expected));
    for (size_t i = 0; i < array_length(expected); i++) {
        const struct config_entry *got = &config.entries[i], *want = &expected[i];
        assert_string_equal(got->section, want->section);
        assert_string_equal(got->name ? got->name : "", want->name ? want->name : "");
        assert_string_equal(got->key, want->key);
        assert_string_equal(got->value, want->value);
        assert_string_equal(got->file, want->file);
        assert_int_equal(got->line, want->line);
        assert_int_equal(got->source, want->source);
    }
}

static void an_empty_file_says_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "\n\n  \t\n", "# only\n; comments",
                                        "[run]\n"};
    for (size_t i = 0; i < array_length(texts); i++)
        assert_problems(texts[i], "");
    cleanup_config struct config config = CONFIG_INIT;
    assert_int_equal(config_parse(&config, NULL, 0, FILE_NAME, CONFIG_PROJECT), 0);
    assert_int_equal(config.count, 0);
}

static void the_earlier_tools_list_of_packages_works(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_PROJECT,
             "# packages of this project\nbuild-essential\n\ncmake\n  g++\n# end\nlibc6");
    static const char *const names[] = {"build-essential", "cmake", "g++", "libc6"};
    assert_int_equal(config.count, array_length(names));
    for (size_t i = 0; i < array_length(names); i++) {
        assert_string_equal(config.entries[i].section, "packages");
        assert_string_equal(config.entries[i].key, names[i]);
        assert_true(config_entry_is_safe(&config.entries[i]));
    }
    assert_int_equal(config.entries[2].line, 5);
}

static void comments_end_values_only_behind_a_blank(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(
        &config, CONFIG_USER,
        "[packages] ; of the image\ncmake ; builds\n[run];x\ninclude = a;b\ninclude = a#b\n"
        "include = a #b\ninclude = c\t; d = e\n  ; f\n\t# g\n");
    static const char *const values[] = {"", "a;b", "a#b", "a #b", "c"};
    assert_int_equal(config.count, array_length(values));
    for (size_t i = 0; i < array_length(values); i++)
        assert_string_equal(config.entries[i].value, values[i]);
}

static void lines_may_be_4_kib_long(void **state)
{
    (void)state;
    char text[CONFIG_LINE_MAX + 64];
    cleanup_config struct config config = CONFIG_INIT;
    (void)snprintf(text, sizeof text, "[run]\ninclude = %04000d\n", 1);
    add_text(&config, CONFIG_USER, text);
    assert_int_equal(strlen(config.entries[0].value), 4000);
    /* A path has less than PATH_MAX bytes, a comment fills the line. */
    const int width = CONFIG_LINE_MAX - (int)strlen("include = a ;");
    (void)snprintf(text, sizeof text, "[run]\ninclude = a ;%0*d\ncpus = 2", width, 1);
    config_free(&config);
    add_text(&config, CONFIG_USER, text);
    assert_int_equal(config.count, 2); /* the rest of the line is no line of its own */
    assert_int_equal(config.entries[1].line, 3);
    (void)snprintf(text, sizeof text, "[run]\ninclude = a ;%0*d\ncpus = 2", width + 1, 1);
    assert_problems(text, FILE_NAME ":2: a line of 4097 bytes; 4096 are the most\n");
}

/* --- files that are wrong as a whole ------------------------------------------------- */

static void refuses_files_that_are_too_large(void **state)
{
    (void)state;
    const size_t length = CONFIG_FILE_MAX + 1;
    cleanup_free char *text = malloc(length);
    memset(text, '\n', length);
    cleanup_free char *none = problems_of_bytes(text, length - 1, CONFIG_PROJECT);
    assert_string_equal(none, "");
    cleanup_free char *one = problems_of_bytes(text, length, CONFIG_PROJECT);
    assert_string_equal(one, FILE_NAME ": larger than 1024 KiB\n");
}

static void refuses_binary_files(void **state)
{
    (void)state;
    static const char elf[] = "\x7f"
                              "ELF\2\1\1\0\0\0\n[run]\n";
    cleanup_free char *got = problems_of_bytes(elf, sizeof elf - 1, CONFIG_PROJECT);
    assert_string_equal(got, FILE_NAME ": a binary file: it has NUL bytes\n");
    static const char utf16[] = "\xff\xfe[\0r\0u\0n\0]\0";
    cleanup_free char *wide = problems_of_bytes(utf16, sizeof utf16 - 1, CONFIG_PROJECT);
    assert_string_equal(wide, FILE_NAME ": a binary file: it has NUL bytes\n");
}

static void refuses_byte_order_marks_and_dos_line_ends(void **state)
{
    (void)state;
    assert_problems("\xef\xbb\xbf[run]\n",
                    FILE_NAME ":1: a byte order mark; write the file without one\n");
    /* The line ends once; what else is wrong is still told. */
    assert_problems("[run]\r\nmemory = x\r\n", FILE_NAME
                    ":1: the line ends in CR LF; write the file with LF alone\n" FILE_NAME
                    ":2: bad value 'x' for 'memory' in [run]: expected a size of at "
                    "least 6m, such as 512m or 4g\n");
}

static void refuses_control_bytes_and_what_is_no_utf8(void **state)
{
    (void)state;
    assert_problems("[run]\ninclude = a\x1b[2Jb\n",
                    FILE_NAME ":2: a control byte at column 12\n");
    assert_problems("# a comment \x07\n", FILE_NAME ":1: a control byte at column 13\n");
    assert_problems("cm\x7f"
                    "ake\n",
                    FILE_NAME ":1: a control byte at column 3\n");
    assert_problems("[run]\ninclude = \xc2\x9b\n",
                    FILE_NAME ":2: a control byte at column 11\n");
    assert_problems("[run]\ninclude\x0b= a\n", FILE_NAME ":2: a control byte at column 8\n");
    assert_problems("[run]\nmemory = 1g\rcpus = 1\n",
                    FILE_NAME ":2: a control byte at column 12\n");
    assert_problems("[run]\ninclude = \xe4\n", FILE_NAME ":2: not UTF-8 text\n");
    assert_problems("[run]\ninclude = \tgr\xc3\xbc\xc3\x9f"
                    "e\n",
                    "");
}

static void tells_all_problems_of_a_file(void **state)
{
    (void)state;
    assert_problems("Bad\n[run]\nmemory = much\n[nosuch]\nkey = 1\n[run]\nx12 = no\n", FILE_NAME
                    ":1: bad package 'Bad': expected a Debian package name\n" FILE_NAME
                    ":3: bad value 'much' for 'memory' in [run]: expected a size of at "
                    "least 6m, such as 512m or 4g\n" FILE_NAME
                    ":4: unknown section [nosuch]\n" FILE_NAME
                    ":7: unknown key 'x12' in [run]; did you mean 'x11'?\n");
}

static void counts_problems_that_nobody_would_read(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf_puts(&text, "BAD\n"), 0);
    cleanup_config struct config config = CONFIG_INIT;
    assert_int_equal(config_parse(&config, text.data, text.length, FILE_NAME, CONFIG_PROJECT),
                     -1);
    assert_int_equal(config.problem_count, 10000);
    assert_in_range(config.problems->length, 1000, 16 * 1024);
}

static void refuses_more_entries_than_anybody_has(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    for (int i = 0; i < CONFIG_ENTRIES_MAX; i++)
        assert_int_equal(buf_printf(&text, "package%d\n", i), 0);
    cleanup_free char *fits = problems_of_bytes(text.data, text.length, CONFIG_PROJECT);
    assert_string_equal(fits, "");
    /* Said once, however many there are. */
    assert_int_equal(buf_puts(&text, "one-more\nand-another\nand-a-third\n"), 0);
    cleanup_free char *got = problems_of_bytes(text.data, text.length, CONFIG_PROJECT);
    assert_string_equal(got, FILE_NAME ":20001: more than 20000 entries\n");
}

static void escape_sequences_in_messages_are_dead(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    /* JSON is the one way to have them in a value. */
    const char *text = "[run]\ninclude = \"\\u001b[2J\"\n";
    assert_int_equal(
        config_parse(&config, text, strlen(text), "evil\x1b[2J/.claudex", CONFIG_PROJECT), -1);
    assert_string_equal(
        config.problems->data,
        "evil\\x1b[2J/.claudex:2: bad value '\"\\\\u001b[2J\"' for 'include' in "
        "[run]: control bytes\n");
    assert_problems("[run]\n\xe2\x80\xae = 1\n[\xe2\x80\xae]\n",
                    FILE_NAME ":2: unknown key '\\xe2\\x80\\xae' in [run]\n" FILE_NAME
                              ":3: unknown section [\\xe2\\x80\\xae]\n");
}

/* --- sections ------------------------------------------------------------------------ */

static void refuses_sections_that_are_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *line, *problem;
    } cases[] = {
        {"[packges]", "unknown section [packges]; did you mean [packages]?"},
        {"[netwrok]", "unknown section [netwrok]; did you mean [network]?"},
        {"[mpc.pal]", "unknown section [mpc.pal]; did you mean [mcp.NAME]?"},
        {"[ run ]", "unknown section [ run ]"},
        {"[RUN]", "unknown section [RUN]"},
        {"[]", "unknown section []"},
        {"[.]", "unknown section [.]"},
        {"[zebra]", "unknown section [zebra]"},
        {"[run.x]", "[run.x] has no parts; it is [run]"},
        {"[run.]", "[run.] has no parts; it is [run]"},
        {"[mcp]", "[mcp] needs a name of small letters, digits, - and _: [mcp.NAME]"},
        {"[mcp.]", "[mcp.] needs a name of small letters, digits, - and _: [mcp.NAME]"},
        {"[mcp.A b]", "[mcp.A b] needs a name of small letters, digits, - and _: [mcp.NAME]"},
        {"[mcp.a.b]", "[mcp.a.b] needs a name of small letters, digits, - and _: [mcp.NAME]"},
        {"[provider]",
         "[provider] needs a name of small letters, digits, - and _: [provider.NAME]"},
        {"[box]", "[box] is not for a file that people write"},
        {"[run", "a '[' without its ']'"},
        {"  [run", "a '[' without its ']'"},
        {"[run ; ]x", "something behind the ']'; a comment there begins with ';'"},
        {"[run] # limits", "something behind the ']'; a comment there begins with ';'"},
        {"[run]]", "something behind the ']'; a comment there begins with ';'"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[128], problem[256];
        /* What is in such a section is not looked at. */
        (void)snprintf(text, sizeof text, "[agent]\n%s\nBAD = 1\nname = x\n", cases[i].line);
        (void)snprintf(problem, sizeof problem, FILE_NAME ":2: %s\n", cases[i].problem);
        assert_problems(text, problem);
    }
    const char *text = "[mcp.a12345678901234567890123456789012]\n"; /* 33 */
    cleanup_free char *got = problems_of_bytes(text, strlen(text), CONFIG_PROJECT);
    assert_non_null(strstr(got, "needs a name"));
}

static void a_sections_name_is_never_cut(void **state)
{
    (void)state;
    char text[200]; /* inih's own limit would have been 50 */
    (void)snprintf(text, sizeof text, "[run%60sx]\nmemory = 1g\n", "");
    cleanup_free char *got = problems_of_bytes(text, strlen(text), CONFIG_PROJECT);
    assert_non_null(strstr(got, ":1: unknown section [run   "));
    assert_null(strchr(strchr(got, '\n') + 1, '\n'));
}

static void sections_may_come_twice(void **state)
{
    (void)state;
    assert_problems("[run]\nmemory = 1g\n[agent]\n[run]\ncpus = 1\n", "");
    assert_problems("[run]\nmemory = 1g\n[agent]\n[run]\nmemory = 1g\n",
                    FILE_NAME ":5: 'memory' in [run] a second time; the first is in line 2\n");
}

/* --- keys ---------------------------------------------------------------------------- */

static void refuses_keys_that_are_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *line, *problem;
    } cases[] = {
        {"pacakge = x", "unknown key 'pacakge' in [run]; did you mean the section [packages]?"},
        {"prot = 80", "unknown key 'prot' in [run]; did you mean 'port'?"},
        {"Memory = 1g", "unknown key 'Memory' in [run]; did you mean 'memory'?"},
        {"allow = a.b", "unknown key 'allow' in [run]; did you mean 'allow' of [network]?"},
        {"alow = a.b", "unknown key 'alow' in [run]; did you mean 'allow' of [network]?"},
        {"xylophone = 1", "unknown key 'xylophone' in [run]"},
        {"+ = 1", "unknown key '+' in [run]"},
        {"= 1", "nothing in front of the '='"},
        {"memory: 1g", "a ':' where only '=' may be; write KEY = value"},
        {"memory : a = b", "a ':' where only '=' may be; write KEY = value"},
        {"memory",
         "'memory' in [run] has no value; expected a size of at least 6m, such as 512m "
         "or 4g"},
        {"memory =", "'memory' in [run] has no value; expected a size of at least 6m, such as "
                     "512m or 4g"},
        {"memory = ; none",
         "'memory' in [run] has no value; expected a size of at least 6m, such "
         "as 512m or 4g"},
        {"memory = 1g # most",
         "bad value '1g # most' for 'memory' in [run]: expected a size of at least 6m, such as "
         "512m or 4g; a comment behind a value begins with ';'"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[128], problem[256];
        (void)snprintf(text, sizeof text, "[run]\n%s\ncpus = 1\n", cases[i].line);
        (void)snprintf(problem, sizeof problem, FILE_NAME ":2: %s\n", cases[i].problem);
        assert_problems(text, problem);
    }
    assert_problems("[network]\nhost = yes\n", FILE_NAME ":2: 'host' in [network] is not for a "
                                                         "file\n");
    assert_problems("[mcp.pal]\nx = y\n", FILE_NAME ":2: unknown key 'x' in [mcp.pal]\n");
}

static void packages_stand_alone(void **state)
{
    (void)state;
    assert_problems("memory = 4g\n", FILE_NAME
                    ":1: the package 'memory' has a value; expected its name alone; did "
                    "you mean 'memory' of [run]?\n");
    assert_problems("cmake =\n",
                    FILE_NAME ":1: the package 'cmake' has a value; expected its name alone\n");
    assert_problems("libc6:i386\n",
                    FILE_NAME ":1: a ':' where only '=' may be; write KEY = value\n");
    assert_problems("[packages]\n$(id)\ngcc; rm -rf /\ncmake # builds\n--yes\n", FILE_NAME
                    ":2: bad package '$(id)': expected a Debian package name\n" FILE_NAME
                    ":3: bad package 'gcc; rm -rf /': expected a Debian package "
                    "name\n" FILE_NAME
                    ":4: bad package 'cmake # builds': expected a Debian package name; a "
                    "comment behind a value begins with ';'\n" FILE_NAME
                    ":5: bad package '--yes': expected a Debian package name\n");
}

static void refuses_a_second_value_where_one_is_meant(void **state)
{
    (void)state;
    assert_problems("[agent]\nname = claude\nyolo = no\nname = codex\nname = x\n", FILE_NAME
                    ":4: 'name' in [agent] a second time; the first is in line 2\n" FILE_NAME
                    ":5: 'name' in [agent] a second time; the first is in line 2\n");
    assert_problems("[skills]\na = ./a\nb = ./b\na = ./c\n",
                    FILE_NAME ":4: 'a' in [skills] a second time; the first is in line 2\n");
    assert_problems("[skills]\nA b = ./a\n", FILE_NAME
                    ":2: bad name 'A b' in [skills]: expected small letters, digits, - "
                    "and _\n");
    assert_problems("[mcp.a]\ncommand = x\n[mcp.b]\ncommand = x\n[mcp.a]\ncommand = y\n",
                    FILE_NAME
                    ":6: 'command' in [mcp.a] a second time; the first is in line 2\n");
    assert_problems("[run]\nport = 80\nport = 80\n[network]\ndeny = a.b\ndeny = c.d\n", "");
    cleanup_config struct config config = CONFIG_INIT; /* another file is another matter */
    add_text(&config, CONFIG_USER, "[agent]\nname = claude\n");
    add_text(&config, CONFIG_PROJECT, "[agent]\nname = codex\n");
}

/* --- quotes -------------------------------------------------------------------------- */

static void refuses_quotes_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *value, *why;
    } cases[] = {
        {"\"open", "a quote that does not end"},
        {"\"a ; b\"", "a quote that does not end"}, /* ends the line for INI */
        {"\"end\\", "a quote that does not end"},
        {"\"a\\q\"", "as in JSON"},
        {"\"a\\u0000b\"", "as in JSON"},
        {"\"\\ud800\"", "as in JSON"},
        {"\"a\"b", "text right behind"},
        {"\"a\" b", "text right behind"},
        {"\"\"", "expected a path"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "[run]\ninclude = %s\n", cases[i].value);
        cleanup_free char *got = problems_of_bytes(text, strlen(text), CONFIG_USER);
        if (!strstr(got, cases[i].why))
            fail_msg("%s: %s", cases[i].value, got);
    }
    assert_problems("[agent]\nargs = \"a\"b\n", FILE_NAME
                    ":2: bad value '\"a\"b' for 'args' in [agent]: text right behind a "
                    "quoted one\n");
}

/* --- the resolved text --------------------------------------------------------------- */

static void a_resolved_text_has_a_box(void **state)
{
    (void)state;
    assert_problems_from(CONFIG_RESOLVED, A_BOX, "");
    assert_problems_from(CONFIG_RESOLVED, "",
                         FILE_NAME ": [box] has no name\n" FILE_NAME
                                   ": [box] has no workdir\n");
    assert_problems_from(CONFIG_RESOLVED, "[box]\nname = abc\n",
                         FILE_NAME ": [box] has no workdir\n");
}

static void only_a_resolved_text_goes_on_in_the_next_line(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_RESOLVED,
             "[agent]\nargs = \"one\n+ = \\u0020two\"\n"
             "[run]\npids = 1\n+ = 2\n" A_BOX);
    assert_string_equal(config.entries[0].value, "\"one\\u0020two\"");
    assert_string_equal(config.entries[1].value, "12");
    assert_problems("[run]\npids = 1\n+ = 2\n", FILE_NAME ":3: unknown key '+' in [run]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_entries_with_their_origin),
        cmocka_unit_test(an_empty_file_says_nothing),
        cmocka_unit_test(the_earlier_tools_list_of_packages_works),
        cmocka_unit_test(comments_end_values_only_behind_a_blank),
        cmocka_unit_test(lines_may_be_4_kib_long),
        cmocka_unit_test(refuses_files_that_are_too_large),
        cmocka_unit_test(refuses_binary_files),
        cmocka_unit_test(refuses_byte_order_marks_and_dos_line_ends),
        cmocka_unit_test(refuses_control_bytes_and_what_is_no_utf8),
        cmocka_unit_test(tells_all_problems_of_a_file),
        cmocka_unit_test(counts_problems_that_nobody_would_read),
        cmocka_unit_test(refuses_more_entries_than_anybody_has),
        cmocka_unit_test(escape_sequences_in_messages_are_dead),
        cmocka_unit_test(refuses_sections_that_are_not_known),
        cmocka_unit_test(a_sections_name_is_never_cut),
        cmocka_unit_test(sections_may_come_twice),
        cmocka_unit_test(refuses_keys_that_are_not_known),
        cmocka_unit_test(packages_stand_alone),
        cmocka_unit_test(refuses_a_second_value_where_one_is_meant),
        cmocka_unit_test(refuses_quotes_that_are_wrong),
        cmocka_unit_test(a_resolved_text_has_a_box),
        cmocka_unit_test(only_a_resolved_text_goes_on_in_the_next_line),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
