/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/engine.c plugin/engine/cancel.c plugin/engine/connect.c
 * plugin/engine/curl.c plugin/engine/dial.c plugin/engine/escape.c plugin/engine/head.c
 * plugin/engine/http.c plugin/engine/reply.c plugin/engine/ssh.c plugin/lazy.c plugin/spawn.c
 */
/* Against an engine that says what it is told to: a process on a Unix socket. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/engine/engine.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/names.h"

/* --- the engine ----------------------------------------------------------------------- */

static char folder[] = "/tmp/claudex-engine-XXXXXX", path[64];
static pid_t server;

#define JSON(text) "Content-Type: application/json\r\n\r\n" text

/* Answers end with the connection unless they have a length. */
static const struct answer {
    const char *request; /* how it starts */
    const char *text;
} answers[] = {
    {"GET /_ping ", "HTTP/1.1 200 OK\r\napi-version: 1.99\r\nContent-Length: 2\r\n\r\nOK"},
    {"GET /v1.45/number ", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"n\":7}"},
    {"GET /v1.45/none ", "HTTP/1.1 404 Not Found\r\nContent-Length: 27\r\n\r\n"
                         "{\"message\":\"No such thing\"}"},
    {"GET /v1.45/empty ", "HTTP/1.1 204 No Content\r\n\r\n"},
    {"GET /v1.45/rubbish ", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html"},
    {"GET /v1.45/broken ", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"n\":"},
    {"GET /v1.45/silent ", ""},
    {"POST /v1.45/failing ",
     "HTTP/1.1 500 No\r\nContent-Length: 15\r\n\r\n{\"message\":\"x\"}"},
    {"GET /v1.45/info ",
     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ServerVersion\":\"1.2\",\"CgroupVersion\":\"2\","
     "\"OperatingSystem\":\"Docker Desktop\",\"SecurityOptions\":[\"name=seccomp,profile=x\","
     "\"name=rootless\",\"name=usernsx\"],\"Architecture\":7}"},
};

static const char *find_answer(const char *request)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strncmp(request, answers[i].request, strlen(answers[i].request)) == 0)
            return answers[i].text;
    return NULL;
}

/* "POST /echo": what was sent, chunks taken apart, comes back. "GET /count": how many requests
 * this connection had. "GET /wait": nothing, for ever. "POST /hijack": upgrades and echoes. */
static void serve(int fd)
{
    struct buf in = BUF_INIT(1 << 24);
    char bytes[65536], head[256];
    for (int count = 1;; count++) {
        char *end;
        while (!in.data || !(end = strstr(in.data, "\r\n\r\n"))) {
            ssize_t n = read(fd, bytes, sizeof bytes);
            if (n <= 0 || buf_append(&in, bytes, (size_t)n) < 0)
                _exit(0);
        }
        const char *answer = find_answer(in.data);
        size_t length = (size_t)(end - in.data) + 4;
        if (strncmp(in.data, "GET /v1.45/wait", 15) == 0) {
            (void)pause();
            _exit(0);
        } else if (strncmp(in.data, "GET /v1.45/count", 16) == 0) {
            (void)snprintf(bytes, sizeof bytes,
                           "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
                           "{\"n\":%d}",
                           count % 10);
            answer = bytes;
        } else if (strncmp(in.data, "POST /v1.45/hijack", 18) == 0) {
            (void)write_all(fd, "HTTP/1.1 101 UPGRADED\r\n\r\nready\n", 31);
            for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
                (void)write_all(fd, bytes, (size_t)n);
            _exit(0);
        } else if (strncmp(in.data, "POST /v1.45/echo", 16) == 0) {
            bool chunked = strstr(in.data, "Transfer-Encoding: chunked") != NULL;
            while (chunked && !strstr(in.data + length, "0\r\n\r\n")) {
                ssize_t n = read(fd, bytes, sizeof bytes);
                if (n <= 0 || buf_append(&in, bytes, (size_t)n) < 0)
                    _exit(1);
            }
            (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                           in.length);
            (void)write_all(fd, head, strlen(head));
            (void)write_all(fd, in.data, in.length);
            buf_clear(&in);
            continue;
        }
        if (!answer)
            answer = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
        (void)write_all(fd, answer, strlen(answer));
        bool keep = strstr(answer, "Content-Length:") && !strstr(answer, "500\r\n");
        if (!keep && !strstr(answer, " 204 "))
            _exit(0);
        buf_consume(&in, length);
    }
}

static int start_server(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0)
        return -1;
    server = fork();
    if (server == 0) {
        (void)setpgid(0, 0);
        (void)signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int client = accept(fd, NULL, NULL);
            if (client >= 0 && fork() == 0)
                serve(client);
            close(client);
        }
    }
    close(fd);
    return server < 0 ? -1 : setpgid(server, server) < 0 && errno != EACCES ? -1 : 0;
}

static int stop_server(void **state)
{
    (void)state;
    (void)kill(-server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    return unlink(path) < 0 || rmdir(folder) < 0 ? -1 : 0;
}

/* --- tests ---------------------------------------------------------------------------- */

static struct endpoint endpoint = {.kind = ENDPOINT_UNIX, .address = path};
static struct error err;

static int open_engine(void **state)
{
    *state = engine_open(&endpoint, &err);
    return *state ? 0 : -1;
}

static int close_engine(void **state)
{
    struct engine *engine = *state;
    engine_close(&engine);
    return engine != NULL;
}

static int get(void *engine, const char *what, json_t **reply)
{
    err = (struct error)ERROR_INIT;
    return engine_request(engine, "GET", what, NULL, reply, NULL, &err);
}

static void the_lower_version_is_spoken(void **state)
{
    assert_string_equal(engine_api_version(*state), "1.45");
    assert_ptr_equal(engine_endpoint(*state), &endpoint);
}

static void requests(void **state)
{
    json_t *reply;
    long status;
    assert_int_equal(get(*state, "/number", &reply), 0);
    assert_int_equal(json_integer_value(json_object_get(reply, "n")), 7);
    json_decref(reply);
    assert_int_equal(get(*state, "/empty", &reply), 0);
    assert_null(reply);
    assert_int_equal(get(*state, "/none", &reply), -1);
    assert_string_equal(err.text, "the engine says: No such thing");
    assert_null(reply);
    assert_int_equal(engine_request(*state, "GET", "/none", NULL, &reply, &status, &err), 0);
    assert_int_equal(status, 404);
    assert_non_null(json_object_get(reply, "message"));
    json_decref(reply);
    assert_int_equal(get(*state, "/rubbish", &reply), -1);
    assert_non_null(strstr(err.text, "not JSON"));
    assert_int_equal(get(*state, "/rubbish", NULL), 0); /* not asked for, not looked at */
    assert_int_equal(get(*state, "/broken", &reply), -1);
    assert_int_equal(get(*state, "/silent", &reply), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_int_equal(get(*state, "/number", NULL), 0); /* on a new connection */
}

static void the_connection_is_kept(void **state)
{
    json_t *reply;
    for (int i = 2; i < 6; i++) { /* the first was the ping */
        assert_int_equal(get(*state, "/count", &reply), 0);
        assert_int_equal(json_integer_value(json_object_get(reply, "n")), i);
        json_decref(reply);
    }
}

struct flow {
    size_t left;
    struct buf back;
    int fail_at_source, fail_at_sink;
};

static long produce(void *data, char *bytes, size_t size, struct error *error)
{
    struct flow *flow = data;
    if (flow->fail_at_source)
        return error_set(error, "the source is dry");
    size_t n = flow->left < size ? flow->left : size;
    memset(bytes, 'x', n);
    flow->left -= n;
    return (long)n;
}

static int take(void *data, const char *bytes, size_t length, struct error *error)
{
    struct flow *flow = data;
    if (flow->fail_at_sink)
        return error_set(error, "the sink is full");
    return buf_append(&flow->back, bytes, length);
}

static void streams(void **state)
{
    static const char *const headers[] = {"X-Registry-Config: abc", NULL};
    struct flow flow = {.left = 1 << 20, .back = BUF_INIT(1 << 24)};
    struct engine_stream stream = {.method = "POST",
                                   .path = "/echo",
                                   .content_type = "application/x-tar",
                                   .headers = headers,
                                   .source = produce,
                                   .sink = take,
                                   .data = &flow};
    err = (struct error)ERROR_INIT;
    assert_int_equal(engine_stream(*state, &stream, &err), 0);
    assert_non_null(strstr(flow.back.data, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(flow.back.data, "Content-Type: application/x-tar\r\n"));
    assert_non_null(strstr(flow.back.data, "X-Registry-Config: abc\r\n"));
    assert_null(strstr(flow.back.data, "Expect:"));
    size_t sent = 0;
    for (size_t i = (size_t)(strstr(flow.back.data, "\r\n\r\n") - flow.back.data);
         i < flow.back.length; i++)
        sent += flow.back.data[i] == 'x';
    assert_int_equal(sent, 1 << 20);

    flow.fail_at_source = 1;
    assert_int_equal(engine_stream(*state, &stream, &err), -1);
    assert_string_equal(err.text, "the source is dry");
    flow = (struct flow){.left = 10, .back = flow.back, .fail_at_sink = 1};
    assert_int_equal(engine_stream(*state, &stream, &err), -1);
    assert_string_equal(err.text, "the sink is full");
    buf_clear(&flow.back);
    flow.fail_at_sink = 0;
    stream.path = "/failing";
    stream.source = NULL;
    assert_int_equal(engine_stream(*state, &stream, &err), -1);
    assert_string_equal(err.text, "the engine says: x");
    assert_int_equal(flow.back.length, 0); /* a refusal is no content */
    buf_free(&flow.back);
}

static void hijacked_streams(void **state)
{
    char text[64] = "";
    int fd = engine_hijack(*state, "/hijack", NULL, &err);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    for (size_t n = 0; n < 11;) {
        ssize_t got = read(fd, text + n, sizeof text - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
    }
    assert_string_equal(text, "ready\nhello");
    assert_int_equal(read(fd, text, 1), 0);
    close(fd);
    assert_int_equal(engine_hijack(*state, "/none", NULL, &err), -1);
    assert_int_equal(engine_hijack(*state, "/failing", NULL, &err), -1);
    assert_string_equal(err.text, "the engine says: x");
}

static void properties_asked_for_ahead(void **state)
{
    json_t *reply;
    engine_info_begin(*state);
    engine_info_begin(*state);
    for (int i = 0; i < 3; i++) { /* others go on meanwhile */
        assert_int_equal(get(*state, "/number", &reply), 0);
        json_decref(reply);
    }
    const struct engine_info *info = engine_info(*state, &err);
    assert_non_null(info);
    assert_true(info->rootless && info->desktop && info->cgroup_v2);
    assert_false(info->userns_remap);
    assert_string_equal(info->version, "1.2");
    assert_string_equal(info->architecture, "");
    assert_ptr_equal(engine_info(*state, &err), info);
}

static void properties_that_nobody_waits_for(void **state)
{
    engine_info_begin(*state); /* closing drops the request */
}

static void on_alarm(int number)
{
    (void)number;
    engine_cancel();
}

static void a_signal_ends_a_request(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 50 * 1000}};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(get(*state, "/wait", NULL), -1);
    assert_string_equal(err.text, "cancelled");
    assert_int_equal(get(*state, "/number", NULL), -1);
    engine_resume();
    assert_int_equal(get(*state, "/number", NULL), 0);
}

/* --- engines that are none ------------------------------------------------------------ */

static void open_at(const char *where, const char *expected)
{
    char copy[128];
    (void)snprintf(copy, sizeof copy, "%s", where);
    struct endpoint bad = {.kind = ENDPOINT_UNIX, .address = copy};
    err = (struct error)ERROR_INIT;
    assert_null(engine_open(&bad, &err));
    assert_int_equal(err.status, EXIT_CLAUDEX);
    if (!strstr(err.text, expected))
        fail_msg("\"%s\" lacks \"%s\"", err.text, expected);
}

static void no_engine_there(void **state)
{
    char closed[96];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    open_at("/nonexistent/socket", "no Docker engine here");
    open_at("/nonexistent/socket", "systemctl start docker");
    (void)snprintf(closed, sizeof closed, "%s/closed", folder);
    memcpy(address.sun_path, closed, strlen(closed) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    open_at(closed, "no Docker engine answers on");
    assert_int_equal(unlink(closed), 0);
    char endless[128];
    memset(endless, 'x', sizeof endless - 1);
    endless[0] = '/';
    endless[sizeof endless - 1] = '\0';
    open_at(endless, "longer than");
}

static void no_permission(void **state)
{
    struct stat st;
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: only root can become somebody else\n");
        skip();
    }
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(seteuid(UID_OVERFLOW), 0);
    open_at(path, "sudo usermod -aG docker");
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path, st.st_mode & 07777), 0);
}

/* One answer to the ping, then gone. */
static void ping_says(const char *answer, const char *expected)
{
    char where[96];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(where, sizeof where, "%s/other", folder);
    memcpy(address.sun_path, where, strlen(where) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char request[4096];
        int client = accept(fd, NULL, NULL);
        if (read(client, request, sizeof request) > 0)
            (void)write_all(client, answer, strlen(answer));
        _exit(0);
    }
    close(fd);
    open_at(where, expected);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(unlink(where), 0);
}

static void engines_that_are_none(void **state)
{
    (void)state;
    ping_says("HTTP/1.1 200 OK\r\nApi-Version: 1.40\r\n\r\nOK",
              "is too old: it speaks API 1.40");
    ping_says("HTTP/1.1 200 OK\r\n\r\nOK", "is no Docker engine");
    ping_says("HTTP/1.1 200 OK\r\nApi-Version: 2.0\r\n\r\nOK", "is no Docker engine");
    ping_says("HTTP/1.1 200 OK\r\nApi-Version: 1.\033[2J\r\n\r\nOK", "is no Docker engine");
    ping_says("HTTP/1.1 503 No\r\n\r\n{\"message\":\"starting\"}", "the engine says: starting");
    ping_says("SSH-2.0-OpenSSH\r\n", "failed");
    ping_says("", "failed");
    setenv("DOCKER_API_VERSION", "1.46", 1);
    ping_says("HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\n\r\nOK", "DOCKER_API_VERSION=1.46");
    setenv("DOCKER_API_VERSION", "1.24", 1);
    ping_says("HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\n\r\nOK", "expected 1.41 to 1.45");
    unsetenv("DOCKER_API_VERSION");
}

static void escaped_text(void **state)
{
    char *text = engine_escape("a-Z_0.~/?#[]@:%\xff \n");
    (void)state;
    assert_string_equal(text, "a-Z_0.~%2F%3F%23%5B%5D@:%25%FF%20%0A");
    free(text);
}

int main(void)
{
#define with_engine(test) cmocka_unit_test_setup_teardown(test, open_engine, close_engine)
    const struct CMUnitTest tests[] = {
        with_engine(the_lower_version_is_spoken),
        with_engine(requests),
        with_engine(the_connection_is_kept),
        with_engine(streams),
        with_engine(hijacked_streams),
        with_engine(properties_asked_for_ahead),
        with_engine(properties_that_nobody_waits_for),
        with_engine(a_signal_ends_a_request),
        cmocka_unit_test(no_engine_there),
        cmocka_unit_test(no_permission),
        cmocka_unit_test(engines_that_are_none),
        cmocka_unit_test(escaped_text),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
