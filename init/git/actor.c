/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/actor.h"

#include <errno.h>
#include <stddef.h>
#include <sys/fsuid.h>

static void *act(void *context)
{
    struct actor *actor = context;
    (void)pthread_mutex_lock(&actor->lock);
    for (;;) {
        while (!actor->act)
            (void)pthread_cond_wait(&actor->change, &actor->lock);
        int result = actor->act(actor->context, actor->err);
        actor->result = result;
        actor->act = NULL;
        (void)pthread_cond_broadcast(&actor->change);
    }
    return NULL;
}

int actor_start(struct actor *actor, uid_t uid, gid_t gid, struct error *err)
{
    *actor = (struct actor){0};
    (void)pthread_mutex_init(&actor->lock, NULL);
    (void)pthread_cond_init(&actor->change, NULL);
    int why = pthread_create(&actor->thread, NULL, act, actor);
    if (why) {
        errno = why;
        return error_errno(err, "cannot start the git worker's thread");
    }
    setfsgid(gid);
    setfsuid(uid);
    if (setfsuid((uid_t)-1) != (int)uid || setfsgid((gid_t)-1) != (int)gid)
        return error_set(err, "the git worker cannot be itself to files");
    return 0;
}

int actor_run(struct actor *actor, int (*act_on)(void *context, struct error *err),
              void *context, struct error *err)
{
    (void)pthread_mutex_lock(&actor->lock);
    actor->context = context;
    actor->err = err;
    actor->act = act_on;
    (void)pthread_cond_broadcast(&actor->change);
    while (actor->act)
        (void)pthread_cond_wait(&actor->change, &actor->lock);
    int result = actor->result;
    (void)pthread_mutex_unlock(&actor->lock);
    return result;
}
