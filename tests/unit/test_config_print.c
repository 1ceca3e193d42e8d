/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wraps: malloc calloc realloc reallocarray strdup strndup */
/* Sessions printed; the example file; memory that runs out anywhere. */
#include "tests/unit/config_text.h"

#include <errno.h>

#include "shared/config_entry.h"
#include "shared/config_schema.h"

/* --- memory that runs out ------------------------------------------------------------ */

static long allocations_left = -1; /* until one fails; negative: none does */

static bool runs_out(void)
{
    if (allocations_left < 0 || allocations_left-- > 0)
        return false;
    errno = ENOMEM;
    return true; /* from then on every one */
}

#define WRAP(type, name, parameters, arguments)                                                \
    type __real_##name parameters;                                                             \
    type __wrap_##name parameters;                                                             \
    type __wrap_##name parameters                                                              \
    {                                                                                          \
        if (runs_out()) {                                                                      \
            allocations_left = 0;                                                              \
            return NULL;                                                                       \
        }                                                                                      \
        return __real_##name arguments;                                                        \
    }
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *p, size_t size), (p, size))
WRAP(void *, reallocarray, (void *p, size_t count, size_t size), (p, count, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t length), (text, length))

static const char everything[] =
    "[agent]\nname = codex\nargs = --model \"o 3\"\nyolo = on\n"
    "[run]\nport = 8080:80\ninclude = ../my docs\nenv = A\nmemory = 4g\nruntime = runsc\n"
    "[network]\nmode = open\ndeny = b.c\n" A_BOX
    "version = 1.2\nmount = ro,idmapped 3:4 \"/workspace/a b\"\nmount = rw - /context/c\n";

/* The whole way with only so many allocations. True if that was enough. */
static bool goes_all_the_way(long allocations)
{
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    cleanup_buf struct buf out = BUF_INIT(CONFIG_FILE_MAX);
    struct error err = ERROR_INIT;
    allocations_left = allocations;
    bool done =
        config_parse(&config, everything, strlen(everything), "x", CONFIG_RESOLVED) == 0 &&
        config_set(&config, "agent", "args", "; x") == 0 &&
        config_resolve(&config, &session, &err) == 0 && config_print(&session, &out) == 0;
    bool ran_out = allocations_left == 0;
    allocations_left = -1;
    assert_true(done || ran_out);
    return done;
}

static void running_out_of_memory_is_an_error_wherever(void **state)
{
    (void)state;
    long allocations = 0;
    while (!goes_all_the_way(allocations))
        allocations++;
    assert_in_range(allocations, 100, 10000);
}

/* --- how it looks --------------------------------------------------------------------- */

static void prints_what_people_can_read(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    struct error err = ERROR_INIT;
    add_text(
        &config, CONFIG_USER,
        "[agent]\nargs = --model opus \"a \\u003b b\"\n[run]\ninclude = ../my docs\nport = 80\n"
        "memory = 1g\ncpus = .5\nenv = SECRET=hush\nenv = HOME\nport = [::1]::1/udp\n");
    assert_int_equal(config_resolve(&config, &session, &err), 0);
    print(&session, &text);
    assert_string_equal(text.data, "[agent]\nname = claude\nargs = --model\nargs = opus\n"
                                   "args = \"a \\u003b b\"\n\n"
                                   "[run]\nport = 127.0.0.1:0:80/tcp\nport = [::1]:0:1/udp\n"
                                   "include = ../my docs\nenv = SECRET\nenv = HOME\n"
                                   "memory = 1073741824\ncpus = 0.500\n\n"
                                   "[network]\nmode = allowlist\n");
    assert_null(strstr(text.data, "hush"));
}

/* Not reachable by config_resolve() yet, so the property test cannot have them. */
static void prints_what_is_to_come(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT, again = CONFIG_INIT;
    cleanup_session struct session first = {.run.pids = 0}, second = {.run.pids = 0};
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    add_text(&config, CONFIG_USER,
             "cmake\ng++\n[network]\ngroups = ai apt\nallow = a.b:1\n"
             "private = yes\n[run]\nx11 = yes\n");
    assert_int_equal(config_merge(&config, &first), 0);
    print(&first, &text);
    assert_string_equal(text.data, "[packages]\ncmake\ng++\n\n[agent]\nname = claude\n\n"
                                   "[run]\nx11 = yes\n\n[network]\nmode = allowlist\n"
                                   "groups = ai\ngroups = apt\nallow = a.b:1\nprivate = yes\n");
    assert_int_equal(buf_puts(&text, "\n" A_BOX), 0);
    add_text(&again, CONFIG_RESOLVED, text.data);
    assert_int_equal(config_merge(&again, &second), 0);
    cleanup_buf struct buf same = BUF_INIT(CONFIG_FILE_MAX);
    print(&second, &same);
    assert_string_equal(same.data, text.data);
}

static void refuses_to_print_what_is_not_utf8(void **state)
{
    (void)state;
    cleanup_session struct session session = {.agent.name = strdup("caf\xe9")};
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    errno = 0;
    assert_int_equal(config_print(&session, &text), -1);
    assert_int_equal(errno, EILSEQ);
}

static void refuses_to_print_more_than_is_read(void **state)
{
    (void)state;
    cleanup_session struct session session = {.agent.name = strdup("claude")};
    cleanup_buf struct buf text = BUF_INIT(4 * CONFIG_FILE_MAX);
    cleanup_free char *argument = malloc(CONFIG_FILE_MAX + 1);
    memset(argument, 'x', CONFIG_FILE_MAX);
    argument[CONFIG_FILE_MAX] = '\0';
    assert_int_equal(strings_add(&session.agent.args, argument), 0);
    assert_int_equal(config_print(&session, &text), -1);
    assert_int_equal(errno, E2BIG);
}

static void stops_at_the_buffers_cap(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    cleanup_buf struct buf whole = BUF_INIT(CONFIG_FILE_MAX);
    struct error err = ERROR_INIT;
    add_text(&config, CONFIG_RESOLVED, everything);
    assert_int_equal(config_resolve(&config, &session, &err), 0);
    print(&session, &whole);
    for (size_t cap = 0; cap < whole.length; cap++) {
        cleanup_buf struct buf text = BUF_INIT(cap);
        assert_int_equal(config_print(&session, &text), -1);
        assert_int_equal(errno, E2BIG);
    }
}

/* --- the example ----------------------------------------------------------------------- */

/* Without the '#' in front of each example it is a file that says everything. */
static void the_example_is_right(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT, as_it_is = CONFIG_INIT;
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX), live = BUF_INIT(CONFIG_FILE_MAX);
    assert_int_equal(config_example(&text), 0);
    add_text(&as_it_is, CONFIG_USER, text.data);
    assert_int_equal(as_it_is.count, 0);
    for (const char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
        const char *start = strncmp(line, "#   ", 4) == 0 ? line + 4 : line;
        assert_int_equal(buf_append(&live, start, (size_t)(end + 1 - start)), 0);
    }
    add_text(&config, CONFIG_USER, live.data);
    size_t keys = 0;
    for (size_t i = 0; i < config_key_count; i++)
        keys += !(config_keys[i].flags & KEY_PRIVATE);
    assert_int_equal(config.count, keys);
    for (size_t cap = 0; cap < text.length; cap += 7) {
        cleanup_buf struct buf small = BUF_INIT(cap);
        assert_int_equal(config_example(&small), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_out_of_memory_is_an_error_wherever),
        cmocka_unit_test(prints_what_people_can_read),
        cmocka_unit_test(prints_what_is_to_come),
        cmocka_unit_test(refuses_to_print_what_is_not_utf8),
        cmocka_unit_test(refuses_to_print_more_than_is_read),
        cmocka_unit_test(stops_at_the_buffers_cap),
        cmocka_unit_test(the_example_is_right),
    };
    return cmocka_run_group_tests_name("config print", tests, NULL, NULL);
}
