/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/image/ca.c plugin/image/arguments.c plugin/image/progress.c plugin/image/trace.c
 *       plugin/image/age.c */
/* What goes into an image, and what is shown of its making. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/image/age.h"
#include "plugin/image/arguments.h"
#include "plugin/image/ca.h"
#include "plugin/image/progress.h"
#include "shared/cleanup.h"
#include "shared/names.h"

/* --- versions ------------------------------------------------------------------------- */

static void pinned_versions(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    json_t *versions = versions_parse("# SPDX\n\nA_VERSION=1.2\r\n  B=x=y\n#C=1\n", &err);
    assert_non_null(versions);
    assert_int_equal(json_object_size(versions), 2);
    assert_string_equal(json_string_value(json_object_get(versions, "B")), "x=y");
    json_decref(versions);
    assert_null(versions_parse("A=1\nno equals\n", &err));
    assert_non_null(strstr(err.text, "expected NAME=value, found no equals"));
    assert_null(versions_parse("1A=1\n", &err));
}

static void newer_versions(void **state)
{
    /* Each is newer than all before it. */
    static const char *const order[] = {
        "0.9",   "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-rc.1",  "1.0.0",
        "1.0.1", "1.0.09.1",    "1.0.10",        "1.2",          "2.0.0-alpha", "10.0"};
    (void)state;
    for (size_t a = 0; a < array_length(order); a++)
        for (size_t b = 0; b < array_length(order); b++)
            assert_int_equal(version_is_newer(order[a], order[b]), a > b);
}

static void what_npm_may_call_a_version(void **state)
{
    static const char *const good[] = {"1", "2.1.330", "0.1.0-rc.1+build"};
    static const char *const bad[] = {"", "latest", "-1", "1 2", "1;x", "1$(x)", "1/2", "1\n"};
    char endless[100];
    (void)state;
    for (size_t i = 0; i < array_length(good); i++)
        assert_true(is_version(good[i]));
    for (size_t i = 0; i < array_length(bad); i++)
        assert_false(is_version(bad[i]));
    memset(endless, '1', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_false(is_version(endless));
}

static const char *proxied(const char *name)
{
    return strcmp(name, "https_proxy") == 0 ? "http://p:1"
           : strcmp(name, "NO_PROXY")       ? NULL
                                            : "";
}

static const char *argument(const json_t *arguments, const char *name)
{
    return json_string_value(json_object_get(arguments, name));
}

static void build_arguments_of(void **state)
{
    struct error err = ERROR_INIT;
    struct image_build build = {.no_cache = true};
    json_t *versions =
        versions_parse("CLAUDE_CODE_VERSION=2.0.0\nCODEX_VERSION=1.5\nNPM=3\n", &err);
    /* An update lasts; what is older, or no version at all, does not. */
    json_t *labels = json_pack("{s:s, s:s}", LABEL_CLAUDE, "2.0.1", LABEL_CODEX, "1.4");
    json_t *hostile = json_pack("{s:s}", LABEL_CLAUDE, "9; reboot");
    (void)state;
    json_t *arguments = build_arguments(versions, &build, labels, "debian:x", proxied);
    assert_string_equal(argument(arguments, "CLAUDE_CODE_VERSION"), "2.0.1");
    assert_string_equal(argument(arguments, "CODEX_VERSION"), "1.5");
    assert_string_equal(argument(arguments, "NPM"), "3");
    assert_string_equal(argument(arguments, "BASE"), "debian:x");
    assert_string_equal(argument(arguments, "CLAUDEX_VERSION"), CLAUDEX_VERSION);
    assert_string_equal(argument(arguments, "https_proxy"), "http://p:1");
    assert_string_equal(argument(arguments, "HTTPS_PROXY"), "http://p:1"); /* both spellings */
    assert_null(json_object_get(arguments, "NO_PROXY"));
    assert_null(json_object_get(arguments, "no_proxy"));
    assert_null(json_object_get(arguments, "AGENTS_KEY"));
    assert_int_equal(json_object_size(versions), 3); /* untouched */
    json_decref(arguments);

    arguments = build_arguments(versions, &build, hostile, "debian:x", proxied);
    assert_string_equal(argument(arguments, "CLAUDE_CODE_VERSION"), "2.0.0");
    json_decref(arguments);

    build.claude_version = "1.0";
    build.refresh_agents = "now";
    arguments = build_arguments(versions, &build, labels, "debian:x", proxied);
    assert_string_equal(argument(arguments, "CLAUDE_CODE_VERSION"), "1.0");
    assert_string_equal(argument(arguments, "AGENTS_KEY"), "now");
    json_decref(arguments);
    arguments = build_arguments(versions, &build, NULL, "debian:x", proxied);
    assert_string_equal(argument(arguments, "CODEX_VERSION"), "1.5");
    json_decref(arguments);
    json_decref(versions);
    json_decref(labels);
    json_decref(hostile);
}

static void the_base_of_a_dockerfile(void **state)
{
    (void)state;
    char *base = dockerfile_base("# ARG BASE=no\nARG BASE=debian:trixie-slim\nFROM ${BASE}\n");
    assert_string_equal(base, "debian:trixie-slim");
    free(base);
    assert_null(dockerfile_base("FROM debian\n"));
}

static void names_of_images(void **state)
{
    static const struct {
        const char *reference, *name, *tag;
    } cases[] = {{"debian", "debian", "latest"},
                 {"debian:12", "debian", "12"},
                 {"host:5000/a/b", "host:5000/a/b", "latest"},
                 {"host:5000/a/b:c", "host:5000/a/b", "c"},
                 {"a/b@sha256:1234", "a/b@sha256:1234", ""}};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char *name, *tag;
        assert_int_equal(image_reference(cases[i].reference, &name, &tag), 0);
        assert_string_equal(name, cases[i].name);
        assert_string_equal(tag, cases[i].tag);
        free(name);
        free(tag);
    }
}

/* --- certificate authorities ---------------------------------------------------------- */

#define PEM(body) "-----BEGIN CERTIFICATE-----" body "-----END CERTIFICATE-----\n"

static void certificates_in_a_text(void **state)
{
    static const char text[] =
        "# comment\n" PEM("\nAAAA\n") "junk" PEM("BBBB") PEM("") "-----BEGIN "
                                                                 "CERTIFICATE-----\ncut";
    size_t at = 0, size;
    (void)state;
    const char *found = pem_next(text, sizeof text - 1, &at, &size);
    assert_non_null(found);
    assert_memory_equal(found, "\nAAAA\n", size);
    found = pem_next(text, sizeof text - 1, &at, &size);
    assert_non_null(found);
    assert_int_equal(size, 4);
    assert_non_null(pem_next(text, sizeof text - 1, &at, &size));
    assert_int_equal(size, 0);
    assert_null(pem_next(text, sizeof text - 1, &at, &size));
}

static char file[64];

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int make_file(void **state)
{
    (void)state;
    unsetenv("NODE_EXTRA_CA_CERTS");
    unsetenv("SSL_CERT_FILE");
    strcpy(file, "/tmp/claudex-ca-XXXXXX");
    int fd = mkstemp(file);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

static bool has(const struct authorities *authorities, const char *line)
{
    for (size_t i = 0; i < authorities->count; i++)
        if (strstr(authorities->items[i].pem, line))
            return true;
    return false;
}

/* How many this machine has by itself is not the test's to know. */
static void named_and_found_authorities(void **state)
{
    struct authorities before, authorities;
    struct strings named = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(authorities_find(&before, NULL, &err), 0);
    write_file(PEM("\nZZZZZZZZ\nYYYY\n") PEM("ZZZZZZZZYYYY") PEM("XXXX"));
    assert_int_equal(strings_add(&named, file), 0);
    assert_int_equal(authorities_find(&authorities, &named, &err), 0);
    assert_int_equal(authorities.count, before.count + 2); /* one of them was there twice */
    assert_true(has(&authorities, "-----BEGIN CERTIFICATE-----\nZZZZZZZZYYYY\n-----END CERT"));
    for (size_t i = 1; i < authorities.count; i++)
        assert_true(strcmp(authorities.items[i - 1].name, authorities.items[i].name) < 0);
    authorities_free(&authorities);
    setenv("NODE_EXTRA_CA_CERTS", file, 1);
    assert_int_equal(authorities_find(&authorities, NULL, &err), 0);
    assert_true(has(&authorities, "XXXX"));
    authorities_free(&authorities);
    authorities_free(&before);
    strings_free(&named);
}

static void a_named_file_must_have_one(void **state)
{
    static const char *const none[] = {"", "not PEM", PEM("$(reboot)"),
                                       PEM("Proc-Type: 4\nAAAA")};
    struct authorities authorities;
    struct strings named = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(strings_add(&named, file), 0);
    for (size_t i = 0; i < array_length(none); i++) {
        write_file(none[i]);
        assert_int_equal(authorities_find(&authorities, &named, &err), -1);
        assert_non_null(strstr(err.text, "has no PEM certificate"));
    }
    strings_free(&named);
    assert_int_equal(strings_add(&named, "/nonexistent"), 0);
    assert_int_equal(authorities_find(&authorities, &named, &err), -1);
    strings_free(&named);
}

static void authorities_of_a_text(void **state)
{
    static const char text[] = PEM("\nZZZZ\n") "\n" PEM("YYYY") PEM("ZZZZ");
    struct authorities authorities, again;
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(authorities_read(&authorities, text, &err), 0);
    assert_int_equal(authorities.count, 2);
    /* What was kept in an image gives the same names: nothing changes for the builder. */
    cleanup_free char *kept = NULL;
    assert_true(asprintf(&kept, "%s%s", authorities.items[1].pem, authorities.items[0].pem) >
                0);
    assert_int_equal(authorities_read(&again, kept, &err), 0);
    assert_int_equal(again.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(again.items[i].name, authorities.items[i].name);
    authorities_free(&authorities);
    authorities_free(&again);
    assert_int_equal(authorities_read(&authorities, "", &err), 0);
    assert_int_equal(authorities.count, 0);
}

/* --- age and size --------------------------------------------------------------------- */

static void the_age_of_an_image(void **state)
{
    const long noon = 1795348800; /* date -u -d 2026-11-22T12:00:00 +%s */
    (void)state;
    assert_int_equal(image_age_days("2026-11-22T11:59:59.123456789Z", noon), 0);
    assert_int_equal(image_age_days("2026-11-21T12:00:00Z", noon), 1);
    assert_int_equal(image_age_days("2026-10-22T12:00:00Z", noon), 31);
    assert_int_equal(image_age_days("2026-10-21T12:00:00Z", noon), 32);
    assert_int_equal(image_age_days("2026-11-22T12:00:01Z", noon), -1);
    assert_int_equal(image_age_days("yesterday", noon), -1);
    assert_int_equal(image_age_days("", noon), -1);
    assert_int_equal(image_age_days(NULL, noon), -1);
}

static void sizes_for_people(void **state)
{
    static const struct {
        json_int_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},         {999, "999 B"},        {1000, "1.0 kB"},
                 {9949, "9.9 kB"},   {9951, "10 kB"},       {999499, "999 kB"},
                 {999500, "1.0 MB"}, {1153280028, "1.2 GB"}};
    char text[32];
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        print_bytes(cases[i].bytes, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

/* --- progress ------------------------------------------------------------------------- */

static struct progress progress;

static void feed(const char *text)
{
    struct error err = ERROR_INIT;
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_int_equal(progress_object(&progress, object, &err), 0);
    json_decref(object);
}

static int start_quietly(void **state)
{
    (void)state;
    progress_start(&progress, true);
    return 0;
}

static int end_quietly(void **state)
{
    (void)state;
    progress_free(&progress);
    return 0;
}

static void steps_and_log(void **state)
{
    (void)state;
    feed("{\"stream\":\"Step 3/12 : RUN   make  all\"}");
    assert_string_equal(progress.what, "");
    feed("{\"stream\":\"\\n\"}");
    assert_string_equal(progress.what, "[3/12] RUN make all");
    feed("{\"stream\":\" ---\\u003e Using cache\\n\"}");
    assert_true(progress.cached);
    feed("{\"stream\":\"one\\ntw\"}");
    feed(
        "{\"stream\":\"o\\n\\n50%\\r\\u001b[1m100%\\u001b[0m\\r\\nbad \\u001b]0;x\\u0007\\n\"}");
    feed("{\"stream\":\" ---\\u003e Running in 1234\\n\"}");
    assert_int_equal(progress.line_count, 4); /* what the builder says of itself is no log */
    assert_string_equal(progress.lines[1], "two");
    assert_string_equal(progress.lines[2], "100%");
    assert_string_equal(progress.lines[3], "bad \\x1b]0;x\\x07");
    feed("{\"aux\":{\"ID\":\"sha256:1234\"}}");
    assert_string_equal(progress.id, "sha256:1234");
    assert_int_equal(progress.failure.status, 0);
}

static void a_line_has_its_limits(void **state)
{
    char text[20000], line[sizeof text - 32];
    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    (void)snprintf(text, sizeof text, "{\"stream\":\"%s\\n\"}", line);
    feed(text);
    assert_int_equal(progress.line_count, 1);
    assert_int_equal(strlen(progress.lines[0]), PROGRESS_LINE_MAX - 1);
    for (int i = 0; i < 100; i++)
        feed("{\"stream\":\"line\\n\"}");
    assert_int_equal(progress.line_count, 101);
}

static void layers_of_a_pull(void **state)
{
    char text[256];
    (void)state;
    for (int i = 0; i < PROGRESS_LAYERS_MAX + 10; i++) {
        (void)snprintf(
            text, sizeof text,
            "{\"status\":\"Downloading\",\"id\":\"%d\",\"progressDetail\":{\"current\":%d,"
            "\"total\":100}}",
            i % 70, i);
        feed(text);
    }
    assert_int_equal(progress.layer_count, PROGRESS_LAYERS_MAX);
    assert_int_equal(progress.layers[0].current, 70); /* the second word about it */
    assert_int_equal(progress.layers[0].total, 100);
}

static void steps_of_buildkit(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    feed("{\"id\":\"moby.buildkit.trace\",\"aux\":\"Cg4aCFsxLzJdIFJVKgIIAQ==\"}");
    assert_string_equal(progress.what, "[1/2] RU");
    assert_false(progress.cached);
    feed("{\"id\":\"moby.buildkit.trace\",\"aux\":\"ChQaCFsxLzJdIFJVIAEqAggBMgIIAQ==\"}");
    assert_true(progress.cached);
    feed("{\"id\":\"moby.image.id\",\"aux\":{\"ID\":\"sha256:5678\"}}");
    assert_string_equal(progress.id, "sha256:5678");
    json_t *broken = json_pack("{s:s, s:s}", "id", "moby.buildkit.trace", "aux", "Cg==");
    assert_int_equal(progress_object(&progress, broken, &err), -1);
    assert_non_null(strstr(err.text, "DOCKER_BUILDKIT=0"));
    json_decref(broken);
}

static void failures_and_advice(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    feed("{\"stream\":\"tar: No space left on device\\n\"}");
    feed("{\"errorDetail\":{\"code\":7,\"message\":\"returned \\u001b7\"},\"error\":\"x\"}");
    assert_string_equal(progress.failure.text, "returned \\x1b7");
    err = progress.failure;
    progress_advise(&progress, &err);
    assert_string_equal(err.text, "returned \\x1b7\nfree space: docker system prune");
    progress_free(&progress);
    progress_start(&progress, true);
    error_set(&err, "write /x: no space left on device");
    progress_advise(&progress, &err);
    assert_non_null(strstr(err.text, "docker system prune"));
    error_set(&err, "something else");
    progress_advise(&progress, &err);
    assert_string_equal(err.text, "something else");
}

int main(void)
{
#define quiet(test)     cmocka_unit_test_setup_teardown(test, start_quietly, end_quietly)
#define with_file(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_versions),
        cmocka_unit_test(newer_versions),
        cmocka_unit_test(what_npm_may_call_a_version),
        cmocka_unit_test(build_arguments_of),
        cmocka_unit_test(the_base_of_a_dockerfile),
        cmocka_unit_test(names_of_images),
        cmocka_unit_test(certificates_in_a_text),
        with_file(named_and_found_authorities),
        with_file(a_named_file_must_have_one),
        cmocka_unit_test(authorities_of_a_text),
        cmocka_unit_test(the_age_of_an_image),
        cmocka_unit_test(sizes_for_people),
        quiet(steps_and_log),
        quiet(a_line_has_its_limits),
        quiet(layers_of_a_pull),
        quiet(steps_of_buildkit),
        quiet(failures_and_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
