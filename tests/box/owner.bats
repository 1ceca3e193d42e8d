#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# Who the agent is, its name, its home, its environment.

load lib.bash

@test "the agent is the project's owner, and its files are theirs" {
    run in_box sh -c 'id -u; id -g; touch file; mkdir folder'
    equal "$output" "1234
1234"
    equal "$(stat -c %u:%g "$project/file" "$project/folder")" "1234:1234
1234:1234"
}

@test "the group may differ from the user; root's group is not taken over" {
    chown 1234:77 "$project"
    run in_box id -g
    equal "$output" 77
    chown 1234:0 "$project"
    run in_box id -g
    equal "$output" 1234
}

@test "no writable project: the image's user" {
    config=$(config_of "mount = ro $(identity "$project") /workspace/project")
    before='mount -o remount,bind,ro workspace/project'
    chown 0:0 "$project"
    run in_box id -u
    equal "$output" 1000
}

@test "attack 46: a project owned by a worker's uid" {
    for uid in 64990 64993; do
        chown "$uid:$uid" "$project"
        run in_box id -u
        equal "$output" "$uid"
    done
}

@test "the agent has a name, whatever uid it is" {
    run in_box sh -c 'id -un; id -gn; echo ~node; getent passwd "$(id -u)"'
    equal "$output" "node
node
/home/node
node:x:1234:1234::/home/node:/bin/bash"
}

@test "another name of the same uid does not hide the agent's" {
    before='echo "builder:x:1234:1234::/:/bin/false" >>etc/passwd'
    run in_box sh -c 'id -un; grep -c . /etc/passwd'
    equal "$output" "node
3"
}

@test "an image without our user, its files or its home works" {
    before='rm etc/passwd etc/group; rm -r home'
    run in_box sh -c 'id -un; cd && pwd && stat -c "%a %u" . && touch x'
    equal "$output" "node
/home/node
700 1234"
}

@test "a name that cannot be written is a warning" {
    before='mkdir opt/etc; touch opt/etc/passwd; mount --bind opt/etc/passwd etc/passwd'
    run in_box id -u
    has "$output" "claudex: warning: cannot give the agent its name in /etc/passwd"
    has "$output" 1234
    equal "$status" 0
}

@test "what is baked into the home becomes the agent's; links are not followed" {
    # Somebody else's files, roots of hard links and what links point to stay as they are.
    before='mkdir -m 700 home/node/.cache; echo x >home/node/.cache/file; echo y >opt/target
        ln -s /opt/target home/node/link; chown -hR 1000:1000 home/node
        echo z >home/node/root; ln opt/target home/node/hard'
    run in_box sh -c 'cd; cat .cache/file; stat -c "%n %u" . .cache .cache/file link root hard /opt/target'
    equal "$output" "x
. 1234
.cache 1234
.cache/file 1234
link 1234
root 0
hard 0
/opt/target 0"
}

@test "a home that root owns becomes the agent's, but not what has other names" {
    before='chown 0:0 home/node; echo x >home/node/file; echo y >opt/target; ln opt/target home/node/hard'
    run in_box stat -c '%n %u' /home/node /home/node/file /opt/target
    equal "$output" "/home/node 1234
/home/node/file 1234
/opt/target 0"
}

@test "a home that is a link is refused" {
    before='rm -r home/node; ln -s /etc home/node'
    run in_box sh -c "$trace"
    refused "/home/node is no folder"
}

@test "the session's environment: the container's, its own, and over all the user's" {
    options=(--env FROM_IMAGE=1 --env OVER=image --env USER=root)
    before='printf "OVER=user\0SECRET=s p\n1\0EMPTY=\0" >run/claudex/private/env'
    run in_box sh -c 'env -0 | sort -z | tr "\0" "|" | tr "\n" "~"'
    for pair in FROM_IMAGE=1 OVER=user "SECRET=s p~1" EMPTY= HOME=/home/node USER=node \
        LOGNAME=node SHELL=/bin/bash TERM=xterm; do
        has "|$output" "|$pair|"
    done
    lacks "$output" claudex
}

@test "the user may set HOME as well" {
    before='printf "HOME=/tmp\0" >run/claudex/private/env'
    run in_box sh -c 'echo $HOME'
    equal "$output" /tmp
}

@test "promise 13: what the user set is in nobody's sight but the session's" {
    before='printf "SECRET=hidden-away\0" >run/claudex/private/env'
    start_box sh -c 'echo ready >up; exec sleep 1000'
    # As root of the box: not even there, but in the session's own environment.
    run enter /bin/sh -c 'grep -l "[h]idden-away" /proc/[0-9]*/environ /proc/[0-9]*/cmdline'
    lacks "$output" "/proc/1/environ
"
    # Nor is what ended meanwhile.
    equal "$(grep -vE 'Permission denied|No such file' <<<"$output")" ""
}

@test "a working directory that is gone: a warning, and the session starts in /workspace" {
    config=${config/"workdir = /workspace/project"/"workdir = /workspace/project/gone"}
    run in_box pwd
    equal "$output" "claudex: warning: cannot enter /workspace/project/gone (No such file or directory); starting in /workspace
/workspace"
    equal "$status" 0
}

@test "a status that was there before says nothing any more" {
    before='echo stale >run/claudex/status.json; mkdir run/claudex/public
        echo stale >run/claudex/public/status.json'
    run in_box sh -c 'cat /run/claudex/status.json /run/claudex/public/status.json'
    equal "$status" 0
    lacks "$output" stale
}

@test "the status file says what the box is, and the agent cannot change it" {
    run in_box sh -c 'cat /run/claudex/status.json; echo; echo x 2>/dev/null >/run/claudex/status.json
        rm -f /run/claudex/status.json /run/claudex/public/status.json 2>/dev/null
        mv /run/claudex/public /run/claudex/x 2>/dev/null; cat /run/claudex/public/status.json'
    equal "${lines[0]}" "${lines[1]}"
    equal "$(jq -r '[.box, .mode, .agent.uid, .agent.gid, (.version | length > 0)] | map(tostring) | join(" ")' \
        <<<"${lines[0]}")" "claudex-project-01234567 allowlist 1234 1234 true"
    [ $(($(date +%s) - $(jq -r '.started | fromdate' <<<"${lines[0]}"))) -lt 60 ]
}
