/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/config/edit.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/config/edit.h"
#include "shared/cleanup.h"

static int edit(const char *text, const char *key, const char *value, struct buf *out)
{
    cleanup_config struct config config = CONFIG_INIT;
    int line = 0;
    if (config_parse(&config, text, strlen(text), "f", CONFIG_USER) < 0)
        fail_msg("%s", config.problems->data);
    assert_int_equal(
        config_edit_insert(&config, text, strlen(text), "network", key, value, out, &line), 0);
    return line;
}

static void the_line_goes_where_it_belongs(void **state)
{
    static const struct {
        const char *before, *after;
        int line;
    } cases[] = {
        {"", "[network]\nallow = e.com\n", 2},
        {"cmake\n", "cmake\n\n[network]\nallow = e.com\n", 4},
        {"cmake", "cmake\n\n[network]\nallow = e.com\n", 4},
        {"[network]\n", "[network]\nallow = e.com\n", 2},
        {"[network]", "[network]\nallow = e.com\n", 2},
        {"# mine\n[network]\nmode = api ; why\n\n[ssh]\nagent = yes\n",
         "# mine\n[network]\nmode = api ; why\nallow = e.com\n\n[ssh]\nagent = yes\n", 4},
        {"[network]\nallow = a.com\nallow = b.com ; b\nmode = api\n",
         "[network]\nallow = a.com\nallow = b.com ; b\nallow = e.com\nmode = api\n", 4},
        {"[network]\n# nothing yet\n[ssh]\nagent = yes\n",
         "[network]\nallow = e.com\n# nothing yet\n[ssh]\nagent = yes\n", 2},
        {"[network]\nallow = a.com\n[ssh]\nagent = no\n[network]\nmode = api\n",
         "[network]\nallow = a.com\nallow = e.com\n[ssh]\nagent = no\n[network]\nmode = api\n",
         3},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_buf struct buf out = BUF_INIT(CONFIG_FILE_MAX);
        int line = edit(cases[i].before, "allow", "e.com", &out);
        assert_string_equal(out.data, cases[i].after);
        assert_int_equal(line, cases[i].line);
    }
}

static void what_is_there_is_found(void **state)
{
    static const char text[] = "[network]\nallow = a.com ; why\nallow = \"q.com:8080\"\n"
                               "deny = *.evil.example\ndeny = x.com:443\n";
    static const struct {
        const char *key, *pattern;
        int line;
    } cases[] = {
        {"allow", "a.com", 2},           {"allow", "A.com", 2},
        {"allow", "a.com:22", 0},        {"allow", "q.com:8080", 3},
        {"allow", "b.a.com", 0},         {"deny", "a.evil.example", 4},
        {"deny", "a.evil.example:1", 4}, {"deny", "*.evil.example", 4},
        {"deny", "evil.example", 0},     {"deny", "aevil.example", 0},
        {"deny", "*.a.evil.example", 4}, {"deny", "x.com", 0},
        {"deny", "x.com:443", 5},
    };
    cleanup_config struct config config = CONFIG_INIT;
    (void)state;
    assert_int_equal(config_parse(&config, text, strlen(text), "f", CONFIG_USER), 0);
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct config_entry *found =
            config_edit_find(&config, cases[i].key, cases[i].pattern);
        if ((found ? found->line : 0) != cases[i].line)
            fail_msg("%s %s", cases[i].key, cases[i].pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_goes_where_it_belongs),
        cmocka_unit_test(what_is_there_is_found),
    };
    return cmocka_run_group_tests_name("config_edit", tests, NULL, NULL);
}
