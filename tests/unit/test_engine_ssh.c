/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/ssh.c plugin/spawn.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/engine/ssh.h"
#include "shared/cleanup.h"

static const char *joined(const struct ssh_command *command)
{
    static char text[4096];
    size_t used = 0;
    for (size_t i = 0; command->argv[i]; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "|" : "",
                                 command->argv[i]);
    return text;
}

static void the_command(void **state)
{
    static const struct {
        const char *url, *words; /* NULL: refused */
    } cases[] = {
        {"ssh://h", "ssh|-o|ConnectTimeout=30|-T|--|h|docker|system|dial-stdio"},
        {"ssh://u@h:22/",
         "ssh|-l|u|-p|22|-o|ConnectTimeout=30|-T|--|h|docker|system|dial-stdio"},
        {"ssh://u@[::1]:22/run/d.sock",
         "ssh|-l|u|-p|22|-o|ConnectTimeout=30|-T|--|::1|docker|--host=unix:///run/d.sock|system|"
         "dial-stdio"},
        /* Nothing is taken for an option of ssh, nothing for a word of the remote shell. */
        {"ssh://-oProxyCommand=x", "ssh|-o|ConnectTimeout=30|-T|--|-oProxyCommand=x|docker|"
                                   "system|dial-stdio"},
        {"ssh://h/a;reboot", NULL},
        {"ssh://h/$(x)", NULL},
        {"ssh://h/a b", NULL},
        {"ssh://u:secret@h", NULL},
        {"ssh://@h", NULL},
        {"ssh://", NULL},
        {"ssh:///run/d.sock", NULL},
        {"ssh://h:x", NULL},
        {"ssh://[::1", NULL},
        {"ssh://h?x", NULL},
        {"tcp://h", NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct ssh_command command;
        struct error err = ERROR_INIT;
        int result = ssh_command(cases[i].url, &command, &err);
        assert_int_equal(result, cases[i].words ? 0 : -1);
        if (cases[i].words)
            assert_string_equal(joined(&command), cases[i].words);
        else
            assert_int_not_equal(err.status, 0);
    }
}

static void too_long(void **state)
{
    struct ssh_command command;
    struct error err = ERROR_INIT;
    char url[4096] = "ssh://";
    (void)state;
    memset(url + 6, 'h', sizeof url - 7);
    assert_int_equal(ssh_command(url, &command, &err), -1);
}

/* An ssh of the test's own in PATH: says who it is and echoes. */
static void the_door_gives_each_connection_an_ssh(void **state)
{
    char folder[] = "/tmp/claudex-ssh-XXXXXX", program[64], path[128];
    struct ssh_door door = {.fd = -1};
    struct error err = ERROR_INIT;
    struct stat st;
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(program, sizeof program, "%s/ssh", folder);
    FILE *file = fopen(program, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\necho \"$@\"\nexec cat\n", file);
    fclose(file);
    assert_int_equal(chmod(program, 0755), 0);
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
    setenv("PATH", path, 1);
    setenv("XDG_RUNTIME_DIR", folder, 1);

    for (int again = 0; again < 2; again++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char answer[256] = "";
        assert_int_equal(ssh_door_open(&door, &err), 0);
        assert_int_equal(stat(door.folder, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        memcpy(address.sun_path, door.path, strlen(door.path) + 1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(ssh_door_answer(&door, "ssh://me@far", &err), 0);
        ssh_door_close(&door);
        assert_int_equal(stat(door.folder, &st), -1);
        assert_int_equal(write(fd, "hello", 5), 5);
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        for (size_t n = 0; n < sizeof answer - 1;) {
            ssize_t got = read(fd, answer + n, sizeof answer - 1 - n);
            if (got <= 0)
                break;
            n += (size_t)got;
        }
        close(fd);
        assert_string_equal(answer, "-l me -o ConnectTimeout=30 -T -- far docker system "
                                    "dial-stdio\nhello");
    }
    assert_int_equal(unlink(program), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command),
        cmocka_unit_test(too_long),
        cmocka_unit_test(the_door_gives_each_connection_an_ssh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
