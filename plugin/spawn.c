/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/spawn.h"

#include <signal.h>
#include <unistd.h>

int spawn_program(const char *file, const char *const *argv,
                  const posix_spawn_file_actions_t *actions, bool own_session, pid_t *pid)
{
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    const short session = own_session ? POSIX_SPAWN_SETSID : 0;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes,
                             (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session));
    /* The argv of exec(3), which changes nothing in it. */
    int number =
        posix_spawnp(pid, file, actions, &attributes, (char *const *)(void *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    return number;
}
