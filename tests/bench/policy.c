/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy COUNT [ASKED]
 *
 * Makes an allowlist of COUNT names and looks names up in it, one that is in it and one that is
 * not in turn. Without ASKED in an order that no cache foresees, any of COUNT; with it the same
 * ASKED names again and again, as one session does. Prints a line of the times of a look-up in
 * microseconds, each the mean of a thousand. What is asked is written just before the clock
 * starts, as a gate has just read it; what it is looked up in is as cold as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "init/net/policy.h"
#include "shared/log.h"
#include "shared/parse.h"

enum { ROUNDS = 200, LOOKUPS = 1000 };

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* All of one length, as hashing takes a time by the byte: with a million names it is to be the
 * table that is larger, not what is asked. */
static void name_of(unsigned long number, char *name, size_t size)
{
    (void)snprintf(name, size, "host-%07lu.zone-%02lu.example", number, number % 97);
}

/* xorshift: the same order in each run. */
static unsigned long next(unsigned long *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct policy *make(unsigned long count)
{
    struct policy *policy = policy_new();
    for (unsigned long i = 0; i < count; i++) {
        struct host_pattern pattern;
        const char *why;
        char name[64];
        name_of(i, name, sizeof name);
        if (!policy || parse_host_pattern(name, &pattern, &why) < 0 ||
            policy_add(policy, POLICY_ALLOW, &pattern, "bench", 0) < 0)
            die(1, "cannot make a policy of %lu names", count);
    }
    return policy;
}

/* Each mean is of look-ups of other names, or of `asked` ones that stay. */
static void choose(char names[LOOKUPS][64], unsigned long count, unsigned long asked,
                   unsigned long *random)
{
    unsigned long first = asked ? asked : LOOKUPS;
    for (unsigned long i = 0; i < first && i < LOOKUPS; i++)
        name_of(next(random) % count + (i % 2 ? count : 0), names[i], sizeof names[i]);
    for (unsigned long i = first; i < LOOKUPS; i++)
        memcpy(names[i], names[i % first], sizeof names[i]);
}

int main(int argc, char **argv)
{
    static char names[LOOKUPS][64];
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0,
                  asked = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, random = 88172645463325252;
    if (count == 0 || asked % 2 != 0)
        die(2, "policy COUNT [ASKED]; ASKED is even");
    struct policy *policy = make(count);
    for (int round = 0; round < ROUNDS; round++) {
        if (round == 0 || asked == 0)
            choose(names, count, asked, &random);
        unsigned long allowed = 0;
        double before = microseconds();
        for (int i = 0; i < LOOKUPS; i++) {
            struct policy_verdict verdict;
            policy_name(policy, names[i], 443, 0, &verdict);
            allowed += verdict.allowed;
        }
        double time = (microseconds() - before) / LOOKUPS;
        if (allowed != LOOKUPS / 2)
            die(1, "%lu names allowed, of %d", allowed, LOOKUPS / 2);
        printf("%.4f%c", time, round + 1 < ROUNDS ? ' ' : '\n');
    }
    policy_free(policy);
    return 0;
}
