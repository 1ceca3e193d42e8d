/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "init/processors.h"

enum {
    WORTH_THREADS = 24,    /* folders; starting a thread takes as long as reading one */
    HELD_MAX = 256 * 1024, /* names; some 30 MiB */
};

enum errand_state { WAITING, RUNNING, DONE };

struct errand {
    struct errand *next, *previous;
    enum errand_state state;
    struct entry expected;
    struct listing listing;
    int failed, why;
    char path[];
};

void ahead_begin(struct ahead *ahead, int root, bool ignore)
{
    *ahead = (struct ahead){.root = root, .ignore = ignore};
    (void)pthread_mutex_init(&ahead->lock, NULL);
    (void)pthread_cond_init(&ahead->work, NULL);
    (void)pthread_cond_init(&ahead->done, NULL);
}

static void unlink_errand(struct ahead *ahead, struct errand *errand)
{
    if (errand->next)
        errand->next->previous = errand->previous;
    *(errand->previous ? &errand->previous->next : &ahead->first) = errand->next;
}

/* With the lock held, which is not while it reads. */
static void run(struct ahead *ahead, struct errand *errand)
{
    const struct listing_of of = {.root = ahead->root,
                                  .path = errand->path,
                                  .expected = &errand->expected,
                                  .ignore = ahead->ignore};
    unlink_errand(ahead, errand);
    errand->state = RUNNING;
    (void)pthread_mutex_unlock(&ahead->lock);
    int failed = listing_read(&errand->listing, &of);
    int why = errno;
    (void)pthread_mutex_lock(&ahead->lock);
    errand->failed = failed;
    errand->why = why;
    errand->state = DONE;
    ahead->held += errand->listing.count;
}

static void *help(void *context)
{
    struct ahead *ahead = context;
    (void)pthread_mutex_lock(&ahead->lock);
    while (!ahead->over) {
        if (!ahead->first || ahead->held > HELD_MAX) {
            (void)pthread_cond_wait(&ahead->work, &ahead->lock);
            continue;
        }
        run(ahead, ahead->first);
        (void)pthread_cond_signal(&ahead->done);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* Where no thread can be started, the walk reads for itself. */
static void start(struct ahead *ahead)
{
    const size_t wanted = processors(AHEAD_THREADS_MAX + 1) - 1;
    while (ahead->started < wanted &&
           pthread_create(&ahead->threads[ahead->started], NULL, help, ahead) == 0)
        ahead->started++;
}

void ahead_end(struct ahead *ahead)
{
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->over = true;
    (void)pthread_cond_broadcast(&ahead->work);
    (void)pthread_mutex_unlock(&ahead->lock);
    for (size_t i = 0; i < ahead->started; i++)
        (void)pthread_join(ahead->threads[i], NULL);
    (void)pthread_cond_destroy(&ahead->work);
    (void)pthread_cond_destroy(&ahead->done);
    (void)pthread_mutex_destroy(&ahead->lock);
}

struct errand *ahead_send(struct ahead *ahead, const char *path, const struct entry *expected)
{
    const size_t length = strlen(path);
    struct errand *errand = malloc(sizeof *errand + length + 1);
    if (!errand)
        return NULL;
    *errand = (struct errand){.state = WAITING, .expected = *expected};
    memcpy(errand->path, path, length + 1);
    (void)pthread_mutex_lock(&ahead->lock);
    errand->next = ahead->first;
    if (errand->next)
        errand->next->previous = errand;
    ahead->first = errand;
    (void)pthread_cond_signal(&ahead->work);
    (void)pthread_mutex_unlock(&ahead->lock);
    if (++ahead->errands == WORTH_THREADS)
        start(ahead);
    return errand;
}

int ahead_take(struct ahead *ahead, struct errand *errand, struct listing *listing)
{
    (void)pthread_mutex_lock(&ahead->lock);
    if (errand->state == WAITING)
        run(ahead, errand);
    while (errand->state != DONE)
        (void)pthread_cond_wait(&ahead->done, &ahead->lock);
    if (ahead->held > HELD_MAX)
        (void)pthread_cond_broadcast(&ahead->work);
    ahead->held -= errand->listing.count;
    (void)pthread_mutex_unlock(&ahead->lock);
    *listing = errand->listing;
    int failed = errand->failed, why = errand->why;
    free(errand);
    errno = why;
    return failed;
}

void ahead_drop(struct ahead *ahead, struct errand *errand)
{
    struct listing listing;
    (void)pthread_mutex_lock(&ahead->lock);
    if (errand->state == WAITING) {
        unlink_errand(ahead, errand);
        errand->state = DONE;
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    (void)ahead_take(ahead, errand, &listing);
    listing_free(&listing);
}
