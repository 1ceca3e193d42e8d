# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is the runner's to use
# Attack 35: the gate's ports, and the files that say who resolves names
#
# bare: +
# open: -
# allowlist: -
# api: -
# lockdown: -

gains=(port-53 port-15001 resolv.conf hosts nsswitch.conf)
throw()
{
    agent node -e 'for (const port of [53, 15001]) {
        const server = require("net").createServer();
        server.on("error", () => {});
        server.listen(port, "127.0.0.1", () => { console.log("GOT port-" + port); server.close(); });
    }'
    for file in resolv.conf hosts nsswitch.conf; do
        agent sh -c "echo '# x' >>/etc/$file || mv /etc/$file /etc/x" && echo "GOT $file"
    done
}
