/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/ssh_agent.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugin/session/ssh_agent.h"

static char top[64], folder[80], path[96];
static int listener = -1;

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(name);
}

static int bind_at(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", where);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* A folder 0700 with a socket in it that somebody listens at. */
static int set_up(void **state)
{
    (void)state;
    (void)snprintf(top, sizeof top, "/tmp/clx-ssh-agent-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    (void)snprintf(folder, sizeof folder, "%s/ssh-abc", top);
    (void)snprintf(path, sizeof path, "%s/agent.1", folder);
    if (mkdir(folder, 0700) < 0)
        return -1;
    listener = bind_at(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(listener);
    return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void assert_found(const char *socket, const char *source, const char *name,
                         bool is_folder)
{
    struct ssh_agent agent;
    struct error why = ERROR_INIT;
    assert_int_equal(ssh_agent_find(&agent, socket, &why), 1);
    assert_string_equal(agent.source, source);
    assert_string_equal(agent.name, name);
    assert_int_equal(agent.folder, is_folder);
    ssh_agent_free(&agent);
}

static void assert_none(const char *socket, const char *words)
{
    struct ssh_agent agent;
    struct error why = ERROR_INIT;
    assert_int_equal(ssh_agent_find(&agent, socket, &why), 0);
    assert_null(agent.source);
    if (!strstr(why.text, words))
        fail_msg("%s: %s", words, why.text);
}

static void touch(const char *name)
{
    char file[160];
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void the_agents_own_folder_is_mounted(void **state)
{
    (void)state;
    char other[128];
    assert_found(path, folder, "agent.1", true);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    close(bind_at(other));
    assert_found(path, folder, "agent.1", true);
}

static void of_another_folder_the_socket_alone(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0750), 0);
    assert_found(path, path, "agent.1", false);
    assert_int_equal(chmod(folder, 0700), 0);
    touch("id_ed25519"); /* ~/.ssh */
    assert_found(path, path, "agent.1", false);
}

static void a_link_leads_to_the_socket(void **state)
{
    (void)state;
    char link[128];
    (void)snprintf(link, sizeof link, "%s/link", top);
    assert_int_equal(symlink(path, link), 0);
    assert_found(link, folder, "agent.1", true);
}

static void what_is_no_agent_is_said(void **state)
{
    (void)state;
    char file[160];
    (void)unsetenv("SUDO_USER");
    assert_none(NULL, "ssh-agent");
    assert_none("", "SSH_AUTH_SOCK is not set");
    (void)setenv("SUDO_USER", "ann", 1);
    assert_none(NULL, "--preserve-env=SSH_AUTH_SOCK");
    (void)unsetenv("SUDO_USER");
    assert_none("/nonexistent/agent", "No such file");
    assert_none("/nonexistent/\x1b[2J", "\\x1b[2J");
    touch("file");
    (void)snprintf(file, sizeof file, "%s/file", folder);
    assert_none(file, "not a socket");
    assert_none(folder, "not a socket");
    close(listener);
    listener = -1;
    assert_none(path, "nobody listens there");
}

static void desktops_is_at_its_place(void **state)
{
    (void)state;
    struct ssh_agent agent;
    struct error why = ERROR_INIT;
    assert_int_equal(ssh_agent_of_desktop(&agent, &why), 1);
    assert_string_equal(agent.source, "/run/host-services/ssh-auth.sock");
    assert_string_equal(agent.name, "ssh-auth.sock");
    assert_false(agent.folder);
    ssh_agent_free(&agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_agents_own_folder_is_mounted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_another_folder_the_socket_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_leads_to_the_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_agent_is_said, set_up, tear_down),
        cmocka_unit_test(desktops_is_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
