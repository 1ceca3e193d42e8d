/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toggle RUNS, as root in a network namespace of its own
 *
 * Prints two lines of times in microseconds: what PID 1 does for "lockdown on", from the bytes
 * of the request to rules that were read back and compared, v4 and v6; and what libiptc takes
 * to fetch the same table, set one policy and commit it, v4 alone. In turn, so that whatever
 * else the machine does meets both alike. The state file is not in it: it is written after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libiptc/libiptc.h>

#include "init/net/firewall.h"
#include "shared/cleanup.h"
#include "shared/control.h"
#include "shared/log.h"

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int apply(struct firewall *firewall, const struct session *session,
                 enum network_mode mode)
{
    struct error err = ERROR_INIT;
    if (firewall_apply(firewall, session, mode, &err) == 0)
        return 0;
    warn("%s", err.text);
    return -1;
}

static double time_ours(struct firewall *firewall, const struct session *session)
{
    static const char line[] = "0123456789abcdef lockdown on";
    struct control_request request;
    const char *why;
    double before = microseconds();
    if (control_request_parse(line, sizeof line - 1, &request, &why) != 0 ||
        request.word != CONTROL_LOCKDOWN_ON || apply(firewall, session, request.mode) != 0)
        exit(1);
    return microseconds() - before;
}

static double time_bare(void)
{
    static const xt_chainlabel chain = "OUTPUT", policy = "DROP"; /* libiptc copies 32 bytes */
    double before = microseconds();
    struct xtc_handle *handle = iptc_init("filter");
    if (!handle || !iptc_set_policy(chain, policy, NULL, handle) || !iptc_commit(handle)) {
        warn("libiptc refuses");
        exit(1);
    }
    double time = microseconds() - before;
    iptc_free(handle);
    return time;
}

static void print(const double *times, unsigned long runs)
{
    for (unsigned long run = 0; run < runs; run++)
        printf("%.1f%c", times[run], run + 1 < runs ? ' ' : '\n');
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    unsigned long runs = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    double *ours = runs > 0 ? calloc(runs, sizeof *ours) : NULL;
    double *bare = runs > 0 ? calloc(runs, sizeof *bare) : NULL;
    const struct session session = {.network.mode = NETWORK_ALLOWLIST};
    if (!ours || !bare) {
        warn("usage: toggle RUNS");
        return 2;
    }
    struct firewall *firewall = firewall_close(&err);
    if (!firewall)
        die_error(&err);
    if (strcmp(firewall_applier(firewall), "iptables") != 0)
        die(1, "this kernel has no legacy tables, and the bare commit needs them");
    for (unsigned long run = 0; run < runs; run++) {
        if (apply(firewall, &session, NETWORK_ALLOWLIST) != 0)
            return 1;
        ours[run] = time_ours(firewall, &session);
        bare[run] = time_bare();
    }
    print(ours, runs);
    print(bare, runs);
    free(ours);
    free(bare);
    return 0;
}
