/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/capabilities.h"

#include "shared/cleanup.h"

/*
 * What is not marked as kept goes once the session runs. KILL is kept because the session's
 * processes are the agent's: PID 1 passes signals on; SETUID and SETGID because the control
 * FIFO's folder is the host user's (privs_files_as); SETPCAP because `sealed` takes NET_ADMIN
 * out of the bounding set.
 */
const struct capability capabilities[] = {
    {12, "NET_ADMIN", true, "to close the firewall and to change its mode"},
    {13, "NET_RAW", true, "to read the firewall's tables back"},
    {7, "SETUID", true, "to start the session as the agent's user"},
    {6, "SETGID", true, "to start the session without any group of root's"},
    {8, "SETPCAP", true, "to empty the session's bounding set"},
    {0, "CHOWN", false, "to make the home and the terminal the agent's"},
    {5, "KILL", true, "to pass signals on to the session"},
};
const size_t capability_count = array_length(capabilities);
