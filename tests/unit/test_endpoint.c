/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/endpoint.c plugin/engine/endpoint_context.c */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/engine/endpoint.h"
#include "plugin/engine/endpoint_context.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static char folder[] = "/tmp/claudex-endpoint-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Three contexts, as `docker context create` writes them; the ids need not be hashes. */
static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_file("contexts/meta/1111/meta.json",
               "{\"Name\":\"prod\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":"
               "\"tcp://prod.example:2376\",\"SkipTLSVerify\":false}}}");
    write_file("contexts/tls/1111/docker/ca.pem", "");
    write_file("contexts/tls/1111/docker/cert.pem", "");
    write_file("contexts/tls/1111/docker/key.pem", "");
    write_file(
        "contexts/meta/2222/meta.json",
        "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"ssh://me@far:2222\"}}}");
    write_file("contexts/meta/3333/meta.json",
               "{\"Name\":\"lax\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://[::1]:9\","
               "\"SkipTLSVerify\":true}}}");
    write_file("contexts/meta/4444/meta.json", "{\"Name\":\"none\",\"Endpoints\":{}}");
    return 0;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(name);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int clear(void **state)
{
    static const char *const names[] = {"DOCKER_HOST",      "DOCKER_CONTEXT",
                                        "DOCKER_CONFIG",    "DOCKER_TLS_VERIFY",
                                        "DOCKER_CERT_PATH", "DOCKER_TLS"};
    (void)state;
    for (size_t i = 0; i < array_length(names); i++)
        unsetenv(names[i]);
    setenv("DOCKER_CONFIG", folder, 1);
    write_file("config.json", "{}");
    return 0;
}

static struct error err;

static int find(struct endpoint *endpoint, struct global_options options)
{
    err = (struct error)ERROR_INIT;
    return endpoint_find(endpoint, &options, &err);
}

static void nothing_said_is_the_socket(void **state)
{
    struct endpoint endpoint;
    (void)state;
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_UNIX);
    assert_string_equal(endpoint.address, "/var/run/docker.sock");
    assert_string_equal(endpoint.context, "default");
    assert_true(endpoint_is_local(&endpoint));
    endpoint_free(&endpoint);
    /* No configuration at all is as good. */
    setenv("DOCKER_CONFIG", "/nonexistent", 1);
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    endpoint_free(&endpoint);
}

/* Each is overruled by what stands before it. */
static void the_docker_cli_s_order(void **state)
{
    struct endpoint endpoint;
    (void)state;
    write_file("config.json", "{\"currentContext\":\"far\"}");
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    assert_string_equal(endpoint.address, "ssh://me@far:2222");
    assert_int_equal(endpoint.kind, ENDPOINT_SSH);
    assert_false(endpoint_is_local(&endpoint));
    endpoint_free(&endpoint);
    setenv("DOCKER_CONTEXT", "lax", 1);
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    assert_string_equal(endpoint.address, "[::1]:9");
    endpoint_free(&endpoint);
    setenv("DOCKER_HOST", "tcp://one:1", 1);
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    assert_string_equal(endpoint.address, "one:1");
    assert_string_equal(endpoint.context, "default");
    endpoint_free(&endpoint);
    assert_int_equal(find(&endpoint, (struct global_options){.host = "unix:///two"}), 0);
    assert_string_equal(endpoint.address, "/two");
    endpoint_free(&endpoint);
    assert_int_equal(find(&endpoint, (struct global_options){.context = "prod"}), 0);
    assert_string_equal(endpoint.address, "prod.example:2376");
    assert_string_equal(endpoint.context, "prod");
    endpoint_free(&endpoint);
    assert_int_equal(find(&endpoint, (struct global_options){.context = "x", .host = "y"}), -1);
    assert_int_equal(err.status, EXIT_USAGE);
}

static void the_context_default_is_the_environment(void **state)
{
    struct endpoint endpoint;
    (void)state;
    setenv("DOCKER_HOST", "tcp://one:1", 1);
    assert_int_equal(find(&endpoint, (struct global_options){.context = "default"}), 0);
    assert_string_equal(endpoint.address, "one:1");
    endpoint_free(&endpoint);
}

static void tls_of_a_context(void **state)
{
    struct endpoint endpoint;
    (void)state;
    assert_int_equal(find(&endpoint, (struct global_options){.context = "prod"}), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_TLS);
    assert_true(endpoint.verify);
    assert_non_null(strstr(endpoint.ca, "/contexts/tls/1111/docker/ca.pem"));
    assert_non_null(strstr(endpoint.cert, "/cert.pem"));
    assert_non_null(strstr(endpoint.key, "/key.pem"));
    endpoint_free(&endpoint);
    assert_int_equal(find(&endpoint, (struct global_options){.context = "lax"}), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_TLS);
    assert_false(endpoint.verify);
    assert_null(endpoint.ca);
    endpoint_free(&endpoint);
}

static void tls_of_the_environment(void **state)
{
    struct endpoint endpoint;
    (void)state;
    setenv("DOCKER_HOST", "tcp://one", 1);
    assert_int_equal(find(&endpoint, (struct global_options){0}), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_TCP);
    assert_string_equal(endpoint.address, "one:2375");
    endpoint_free(&endpoint);
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    write_file("ca.pem", "");
    assert_int_equal(find(&endpoint, (struct global_options){.tls_key = "/k"}), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_TLS);
    assert_string_equal(endpoint.address, "one:2376");
    assert_true(endpoint.verify);
    assert_non_null(strstr(endpoint.ca, folder));
    assert_null(endpoint.cert);
    assert_string_equal(endpoint.key, "/k");
    endpoint_free(&endpoint);
    setenv("DOCKER_CERT_PATH", "/nonexistent", 1);
    struct global_options lax = {.tls = true, .tls_verify_given = true};
    assert_int_equal(find(&endpoint, lax), 0);
    assert_int_equal(endpoint.kind, ENDPOINT_TLS);
    assert_false(endpoint.verify);
    assert_null(endpoint.ca);
    endpoint_free(&endpoint);
    unsetenv("DOCKER_HOST");
    assert_int_equal(find(&endpoint, lax), 0);
    assert_string_equal(endpoint.address, "localhost:2376");
    endpoint_free(&endpoint);
}

static void an_unknown_context_lists_the_others(void **state)
{
    struct endpoint endpoint;
    (void)state;
    assert_int_equal(find(&endpoint, (struct global_options){.context = "pord"}), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_non_null(strstr(err.text, "unknown context 'pord'; there is: default, "));
    assert_non_null(strstr(err.text, "prod"));
    assert_non_null(strstr(err.text, "far"));
    assert_int_equal(find(&endpoint, (struct global_options){.context = "none"}), -1);
    assert_non_null(strstr(err.text, "names no Docker engine"));
}

static void broken_files_are_named(void **state)
{
    struct endpoint endpoint;
    (void)state;
    write_file("config.json", "{\n\"currentContext\":\n");
    assert_int_equal(find(&endpoint, (struct global_options){0}), -1);
    assert_non_null(strstr(err.text, "config.json:"));
    assert_null(endpoint.address);
    /* What is not asked for need not be sound. */
    assert_int_equal(find(&endpoint, (struct global_options){.host = "h:1"}), 0);
    endpoint_free(&endpoint);
}

static void addresses(void **state)
{
    static const struct {
        const char *url;
        bool tls;
        enum endpoint_kind kind;
        const char *address; /* NULL: refused */
    } cases[] = {
        {"unix:///a b", false, ENDPOINT_UNIX, "/a b"},
        {"unix://", false, ENDPOINT_UNIX, "/var/run/docker.sock"},
        {"unix:///x", true, ENDPOINT_UNIX, "/x"},
        {"tcp://h:1/", false, ENDPOINT_TCP, "h:1"},
        {"h:1", true, ENDPOINT_TLS, "h:1"},
        {"http://h:1", false, ENDPOINT_TCP, "h:1"},
        {"https://h", false, ENDPOINT_TLS, "h:2376"},
        {"tcp://[fe80::1]", false, ENDPOINT_TCP, "[fe80::1]:2375"},
        {"ssh://u@h:1/s", false, ENDPOINT_SSH, "ssh://u@h:1/s"},
        {"", false, 0, NULL},
        {"tcp://", false, 0, NULL},
        {"tcp://h:", false, 0, NULL},
        {"tcp://h:x", false, 0, NULL},
        {"tcp://:1", false, 0, NULL},
        {"tcp://h/path", false, 0, NULL},
        {"tcp://u@h:1", false, 0, NULL},
        {"tcp://[::1", false, 0, NULL},
        {"npipe://x", false, 0, NULL},
        {"fd://", false, 0, NULL},
        {"/var/run/docker.sock", false, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct endpoint endpoint = {0};
        err = (struct error)ERROR_INIT;
        int result = endpoint_parse(&endpoint, cases[i].url, cases[i].tls, &err);
        assert_int_equal(result, cases[i].address ? 0 : -1);
        if (cases[i].address) {
            assert_int_equal(endpoint.kind, cases[i].kind);
            assert_string_equal(endpoint.address, cases[i].address);
        } else {
            assert_int_equal(err.status, EXIT_CLAUDEX);
        }
        endpoint_free(&endpoint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_said_is_the_socket, clear),
        cmocka_unit_test_setup(the_docker_cli_s_order, clear),
        cmocka_unit_test_setup(the_context_default_is_the_environment, clear),
        cmocka_unit_test_setup(tls_of_a_context, clear),
        cmocka_unit_test_setup(tls_of_the_environment, clear),
        cmocka_unit_test_setup(an_unknown_context_lists_the_others, clear),
        cmocka_unit_test_setup(broken_files_are_named, clear),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
