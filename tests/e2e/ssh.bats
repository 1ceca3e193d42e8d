#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The host's ssh agent in a box: OpenSSH's agent, client and server, and git between them. The
# agent is another user's, its socket mode 0600.

load lib.bash
export BATS_TEST_TIMEOUT=180

agent_uid=4321

setup()
{
    make_world
    cd "$project" || return
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    # The server's address is one of the engine's networks.
    printf '[network]\nprivate = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
    unset SSH_AUTH_SOCK
    agent_dir=$(mktemp -d "/tmp/clx-agent-XXXXXX")
}

teardown()
{
    cd /
    [ -z "${agent_pid-}" ] || kill "$agent_pid" 2>/dev/null || :
    rm -rf "$agent_dir"
    end_world
    docker network rm "$token" >/dev/null 2>&1 || :
}

# --- the host's agent -----------------------------------------------------------------

start_agent()
{
    chown "$agent_uid:$agent_uid" "$agent_dir"
    setpriv --reuid "$agent_uid" --regid "$agent_uid" --clear-groups \
        ssh-agent -D -a "$agent_dir/socket" >/dev/null 2>&1 3>&- &
    agent_pid=$!
    eventually 10 test -S "$agent_dir/socket"
    export SSH_AUTH_SOCK=$agent_dir/socket
}

stop_agent()
{
    kill "$agent_pid"
    wait "$agent_pid" || :
    rm -f "$agent_dir/socket"
}

# add_key TYPE COMMENT: its fingerprint in $fingerprint, the public half in the project.
add_key()
{
    local file=$world/$2
    ssh-keygen -q -t "$1" -N '' -C "$2" -f "$file"
    ssh-add -q "$file" 2>/dev/null
    cp "$file.pub" "$project/"
    fingerprint=$(ssh-keygen -lf "$file.pub" | cut -d ' ' -f 2)
}

# --- a git server ---------------------------------------------------------------------

# git.example.com, an OpenSSH server with one repository, that takes the keys given and the
# certificates of $world/ca, if there is one. What it says goes to $world/sshd/log.
build_server()
{
    docker build --quiet --network host --tag clx-e2e-sshd - >/dev/null <<END
FROM $image
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends openssh-server
RUN useradd --create-home --password '*' git && install -d -o git -g git /srv/app.git && \
    su git -c 'git init -q --bare -b main /srv/app.git' && install -d -m 755 /run/sshd
END
    mkdir "$world/sshd"
    cat "$@" >"$world/sshd/keys"
    cp "$world/ca.pub" "$world/sshd/ca" 2>/dev/null || : >"$world/sshd/ca"
    chmod -R go+rX "$world/sshd"
}

# run_server OPTION… -- ARG…: docker's and sshd's.
run_server()
{
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    helper git "${options[@]}" --mount "type=bind,source=$world/sshd,target=/sshd" \
        --entrypoint /usr/sbin/sshd clx-e2e-sshd -D -E /sshd/log \
        -o AuthorizedKeysFile=/sshd/keys -o StrictModes=no -o TrustedUserCAKeys=/sshd/ca \
        -o LogLevel=VERBOSE "${@:2}"
}
up() { grep -qs 'Server listening' "$world/sshd/log"; }

start_server()
{
    build_server "$@"
    docker network create "$token" >/dev/null
    run_server --network "$token" --network-alias git.example.com --
    eventually 20 up
    docker exec "$token-git" cat /etc/ssh/ssh_host_ed25519_key.pub >"$world/host.pub"
    sed 's/^/git.example.com /' "$world/host.pub" >"$project/known_hosts"
    host_fingerprint=$(ssh-keygen -lf "$world/host.pub" | cut -d ' ' -f 2)
}

# The box's client: it knows this server, and asks nobody.
client='GIT_SSH_COMMAND="ssh -o BatchMode=yes -o UserKnownHostsFile=$PWD/known_hosts -o HostKeyAlgorithms=ssh-ed25519"
export GIT_SSH_COMMAND; '

in_box() { claudex exec "$name" -- sh -c "$client$*"; }

@test "promise 12: git clone over ssh through the gate, with the chosen key alone" {
    start_agent
    add_key ed25519 other@home
    add_key ed25519 me@work
    start_server "$world/me@work.pub" "$world/other@home.pub"
    printf '[ssh]\nkey = *@work\n' >>"$XDG_CONFIG_HOME/claudex/config"
    start_box --ssh --allow git.example.com:22
    docker network connect "$token" "$name"
    run in_box ssh-add -l
    equal "$output" "256 $fingerprint me@work (ED25519)"
    run in_box 'git clone -q git@git.example.com:/srv/app.git /tmp/app && cd /tmp/app && echo text >file &&
        git add file && git -c user.name=me -c user.email=me@work commit -q -m first && git push -q origin HEAD:main && echo pushed'
    has "$output" pushed
    # The far side says by which key, and has what was pushed.
    has "$(<"$world/sshd/log")" "Accepted publickey for git"
    has "$(grep 'Accepted publickey' "$world/sshd/log")" "$fingerprint"
    lacks "$(<"$world/sshd/log")" "$(ssh-keygen -lf "$world/other@home.pub" | cut -d ' ' -f 2)"
    equal "$(docker exec --user git "$token-git" git -C /srv/app.git log --format=%s main)" first
    # And so does the host.
    run claudex status --format json "$name"
    equal "$(jq -r '.ssh.last[-1] | [.result, .key, .comment, .user, .service, .host_key] | join(" ")' <<<"$output")" \
        "signed $fingerprint me@work git ssh-connection $host_fingerprint"
    equal "$(jq .ssh.count <<<"$output")" 2
    run claudex status "$name"
    has "$output" "signed me@work: login as git at $host_fingerprint"
}

@test "what the gate does not let through is no way for ssh either" {
    start_agent
    add_key ed25519 me@work
    start_server "$world/me@work.pub"
    start_box --ssh
    docker network connect "$token" "$name"
    run in_box 'git ls-remote git@git.example.com:/srv/app.git'
    [ "$status" -ne 0 ]
    lacks "$(<"$world/sshd/log")" "Connection from"
}

@test "promise 12: every kind of key logs in, and certificates do" {
    start_agent
    ssh-keygen -q -t ed25519 -N '' -f "$world/ca"
    add_key rsa rsa@work
    add_key ecdsa ecdsa@work
    add_key ed25519 ed25519@work
    ssh-keygen -q -t ed25519 -N '' -C certified@work -f "$world/certified@work"
    ssh-keygen -q -s "$world/ca" -I id-of-mine -n git "$world/certified@work.pub" 2>/dev/null
    ssh-add -q "$world/certified@work" 2>/dev/null
    cp "$world"/certified@work*.pub "$project/"
    start_server "$world/rsa@work.pub" "$world/ecdsa@work.pub" "$world/ed25519@work.pub"
    start_box --ssh --allow git.example.com:22
    docker network connect "$token" "$name"
    local key
    for key in rsa ecdsa ed25519; do
        run in_box "GIT_SSH_COMMAND=\"\$GIT_SSH_COMMAND -o IdentitiesOnly=yes -i $key@work.pub\"
            git ls-remote git@git.example.com:/srv/app.git && echo listed"
        has "$output" listed
    done
    run in_box 'GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o IdentitiesOnly=yes -i certified@work.pub -o CertificateFile=certified@work-cert.pub"
        git ls-remote git@git.example.com:/srv/app.git && echo listed'
    has "$output" listed
    run grep 'Accepted publickey' "$world/sshd/log"
    has "${lines[0]}" "RSA"
    has "${lines[1]}" "ECDSA"
    has "${lines[2]}" "ED25519"
    has "${lines[3]}" "ED25519-CERT"
    has "${lines[3]}" "id-of-mine"
    equal "$(claudex status --format json "$name" | jq -r '[.ssh.last[].comment] | join(" ")')" \
        "rsa@work ecdsa@work ed25519@work certified@work"
}

@test "commits are signed by the host's key" {
    start_agent
    add_key ed25519 me@work
    start_box --ssh
    run in_box 'cd /tmp && git init -q app && cd app && git config user.name me && git config user.email me@work &&
        git config gpg.format ssh && git config user.signingkey "key::$(ssh-add -L)" &&
        git commit -q -S --allow-empty -m signed && echo "me@work $(ssh-add -L)" >/tmp/allowed &&
        git -c gpg.ssh.allowedSignersFile=/tmp/allowed log --format="%G? %GS" -1'
    equal "${lines[-1]}" "G me@work"
    has "$(claudex status "$name")" "signed me@work: a message for git"
}

@test "promise 12: the host's agent stays as it is, whatever the box asks" {
    start_agent
    add_key ed25519 me@work
    before=$(ssh-add -L)
    start_box --ssh
    run in_box 'ssh-keygen -q -t ed25519 -N "" -f /tmp/mine; ssh-add /tmp/mine && echo obeyed
        ssh-add -D && echo obeyed; ssh-add -d me@work.pub && echo obeyed
        SSH_ASKPASS=/bin/true SSH_ASKPASS_REQUIRE=force setsid -w ssh-add -x && echo obeyed; echo end'
    lacks "$output" obeyed
    has "$output" end
    equal "$(ssh-add -L)" "$before"
    # Its socket is nowhere, by whatever path the mounts tell.
    run in_box 'ls /run/claudex/private/ssh; SSH_AUTH_SOCK=/run/claudex/private/ssh/socket ssh-add -l
        SSH_AUTH_SOCK=/proc/1/root/run/claudex/private/ssh/socket ssh-add -l'
    lacks "$output" "$fingerprint"
    equal "$(grep -c 'Permission denied' <<<"$output")" 3
}

@test "an agent that is started again on the host is found again" {
    start_agent
    add_key ed25519 me@work
    start_box --ssh
    has "$(in_box ssh-add -l)" "$fingerprint"
    stop_agent
    run in_box ssh-add -l
    [ "$status" -ne 0 ]
    start_agent
    add_key ecdsa you@work
    has "$(in_box ssh-add -l)" "$fingerprint"
}

@test "a socket in a folder of other things is forwarded as well, and none of these" {
    start_agent
    add_key ed25519 me@work
    echo secret >"$agent_dir/id_ed25519"
    start_box --ssh
    has "$(in_box ssh-add -l)" "$fingerprint"
    equal "$(docker exec "$name" ls /run/claudex/private/ssh)" socket
    # It is a mount of a socket that is gone once the agent makes a new one: no, but at once.
    stop_agent
    start_agent
    run in_box ssh-add -l
    [ "$status" -ne 0 ]
    lacks "$output" "$fingerprint"
}

@test "off unless asked for; --no-ssh wins; no agent is one line" {
    start_agent
    add_key ed25519 me@work
    run claudex run . -- sh -c 'echo "<${SSH_AUTH_SOCK-}>"'
    equal "$output" "<>"
    printf '[ssh]\nagent = yes\n' >>"$XDG_CONFIG_HOME/claudex/config"
    run claudex run . -- ssh-add -l
    has "$output" "$fingerprint"
    run claudex run --no-ssh . -- sh -c 'echo "<${SSH_AUTH_SOCK-}>"'
    equal "$output" "<>"
    run claudex run --ssh --no-ssh . -- true
    equal "$status" 2
    run env -u SSH_AUTH_SOCK claudex run . -- sh -c 'echo "<${SSH_AUTH_SOCK-}>"'
    equal "$status" 0
    equal "${#lines[@]}" 2
    has "$output" "SSH_AUTH_SOCK is not set"
    has "$output" "<>"
    stop_agent
    run claudex run . -- sh -c 'echo "<${SSH_AUTH_SOCK-}>"'
    equal "$status" 0
    has "$output" "the session starts without"
    has "$output" "<>"
}

@test "promise 20: a project does not get the agent by asking" {
    start_agent
    printf '[ssh]\nagent = yes\n' >.claudex
    run claudex run . -- ssh-add -l
    equal "$status" 125
    has "$output" "agent"
    nothing_left
}

@test "a session with other keys does not join" {
    start_agent
    add_key ed25519 me@work
    start_box --ssh
    run claudex run --ssh . -- ssh-add -l
    has "$output" "$fingerprint"
    refuses() { run claudex run "$@" . -- true; equal "$status" 125; has "$output" "ssh agent: "; }
    refuses
    printf '[ssh]\nkey = *@work\n' >>"$XDG_CONFIG_HOME/claudex/config"
    refuses --ssh
}

@test "git hosts that everybody knows are known" {
    run claudex run . -- ssh-keygen -lf /etc/ssh/ssh_known_hosts
    # As these publish them.
    for published in \
        'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU github.com (ED25519)' \
        'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM github.com (ECDSA)' \
        'SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s github.com (RSA)' \
        'SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8 gitlab.com (ED25519)' \
        'SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw gitlab.com (ECDSA)' \
        'SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ gitlab.com (RSA)' \
        'SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM bitbucket.org (ED25519)' \
        'SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0 bitbucket.org (ECDSA)' \
        'SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E bitbucket.org (RSA)' \
        'SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g codeberg.org (ED25519)' \
        'SHA256:T9FYDEHELhVkulEKKwge5aVhVTbqCW0MIRwAfpARs/E codeberg.org (ECDSA)' \
        'SHA256:6QQmYi4ppFS4/+zSZ5S4IU+4sa6rwvQ4PbhCtPEBekQ codeberg.org (RSA)'; do
        has "$output" "$published"
    done
    equal "${#lines[@]}" 12
}

# --- confirmation ---------------------------------------------------------------------

# confirming: a shell in a box, in the terminal, whose signatures have to be confirmed; and
# a file in it that signs.
confirming()
{
    start_agent
    add_key ed25519 me@work
    printf '[ssh]\nagent = yes\nconfirm = yes\n' >>"$XDG_CONFIG_HOME/claudex/config"
    echo 'echo text | ssh-keygen -Y sign -n "${1:-file}" -f me@work.pub >/tmp/signature 2>&1; echo "signed $?."' >sign
    open_terminal
    typed "claudex run . -- bash --norc --noprofile"
    shows '^bash-[0-9.]+\$ $'
    typed "PS1='box> '"
    shows '^box> $'
    name=$(our_names)
}
our_names() { claudex list -q | grep "$token"; }
results() { claudex status --format json "$name" | jq -r '[.ssh.last[].result] | join(" ")'; }

@test "promise 12: confirm: the user is asked at the terminal, and answers there" {
    confirming
    typed 'sh sign git'
    shows 'the agent asks your ssh agent for a signature'
    shows '^ +box +claudex-'
    shows '^ +key +me@work$'
    shows '^ +for +a message'
    shows '^ +git$'
    has "$(screen_now)" "$fingerprint"
    # What is on the screen is ours alone.
    lacks "$(screen_now)" 'box>'
    shows 'Type yes and Enter'
    typed yes
    shows '^signed 0\.$'
    equal "$(results)" confirmed
    # The answer did not reach the session, and what was there before is there again.
    lacks "$(screen)" "command not found"
    shows '^box> sh sign git$'
    typed 'sh sign'
    shows 'Type yes and Enter'
    typed no
    shows '^signed 255\.$'
    equal "$(results)" "confirmed refused"
    typed 'cat /tmp/signature'
    shows 'agent refused operation'
}
screen_now() { tmux -S "$world/tmux" capture-pane -p; }

@test "promise 12: confirm: what is typed for the session is no answer, nor what the session writes" {
    confirming
    # It asks, then writes whatever it likes; what was typed meanwhile is for it.
    typed 'sh sign & until [ -e /tmp/go ]; do sleep 0.1; done; printf "\033[H\033[2Jyes\r\n"; touch /tmp/wrote; read -r line; echo "got <$line>"
yes'
    shows 'Type yes and Enter'
    claudex exec "$name" -- touch /tmp/go
    eventually 20 claudex exec "$name" -- test -e /tmp/wrote
    claudex exec "$name" -- true # what it wrote has had its time
    has "$(screen_now)" 'asks your ssh agent for a signature'
    lacks "$(screen_now)" $'\nyes'
    keys C-c
    shows 'signed 255\.$'
    shows '^got <yes>$'
    equal "$(results)" refused
}

@test "confirm: a program that draws has its screen again, and cannot have the question drawn in black on black" {
    confirming
    typed 'printf "\033]10;#000000\033\\\\\033]11;#000000\033\\\\\033[?1049h\033[H"; i=0; draw() { i=$((i + 1)); printf "\033[H\033[2Jdrawn $i"; }; trap draw WINCH; draw; sh sign >/tmp/result; sleep 1; while sleep 0.1; do draw; cat /tmp/result; done'
    shows 'Type yes and Enter'
    lacks "$(screen_now)" drawn
    equal "$(tmux -S "$world/tmux" display-message -p '#{pane_fg} #{pane_bg}')" 'default default'
    typed yes
    shows 'drawn [0-9]+signed 0\.'
    lacks "$(screen_now)" 'Type yes'
    keys C-c
}

@test "promise 12: confirm: without a terminal there is nobody to ask" {
    confirming
    keys C-p C-q
    shows '^host> $'
    run claudex exec "$name" -- sh sign
    equal "$output" "signed 255."
    has "$(claudex run --parallel . -- true 2>&1)" "no terminal to ask at"
    equal "$(results)" unasked
    # Attached again, it is asked.
    typed "claudex attach $name"
    keys Enter
    shows '^box> $'
    claudex exec "$name" -- sh sign >"$world/out" 3>&- &
    local job=$!
    shows 'Type yes and Enter'
    typed yes
    wait "$job"
    equal "$(<"$world/out")" "signed 0."
}

@test "confirm: a second terminal is asked as well, and the first answer counts" {
    confirming
    tmux -S "$world/tmux" split-window "cd '$project' && exec bash --norc --noprofile"
    typed "PATH=$world/bin:\$PATH claudex shell $name"
    shows '@|\$ $'
    claudex exec "$name" -- sh sign >"$world/out" 3>&- &
    local job=$!
    shows 'Type yes and Enter'
    typed yes
    wait "$job"
    equal "$(<"$world/out")" "signed 0."
    # The other one has its session again.
    tmux -S "$world/tmux" select-pane -U
    typed 'echo here again'
    shows '^here again$'
    lacks "$(screen_now)" 'Type yes'
}

# --- skills ---------------------------------------------------------------------------

# The same server on the host, where boxes reach it before their session; sets $at.
start_near_server()
{
    build_server "$@"
    claudex run . -- true # the network of the boxes is there once a box was
    local port
    for port in $(shuf -i 20000-29999 -n 20); do
        run_server --network host -- -p "$port" -o "ListenAddress=$(gateway)"
        settled() { up || [ "$(docker inspect --format '{{.State.Running}}' "$token-git")" = false ]; }
        eventually 20 settled
        up && break
        docker rm --force "$token-git" >/dev/null
    done
    up
    at=$(gateway):$port
    docker exec --user git "$token-git" sh -ec 'git init -q -b main /tmp/w && cd /tmp/w
        for skill in one two; do mkdir $skill
            printf -- "---\nname: $skill\ndescription: by ssh\n---\n# $skill\n" >$skill/SKILL.md
        done
        git add . && git -c user.name=a -c user.email=a@b commit -q -m one && git push -q /srv/app.git main'
}

@test "skills come by ssh: with the chosen key alone, from a host that is known; then offline" {
    start_agent
    add_key ed25519 other@home
    add_key ed25519 me@work
    # A server that does not hang up: no ssh is left to the agent.
    printf 'command="git-upload-pack /srv/app.git; sleep 600" ' | cat - "$world/me@work.pub" >"$world/stays"
    start_near_server "$world/stays" "$world/other@home.pub"
    printf '%s\n' "allow = $at" '[ssh]' 'key = *@work' '[skills]' \
        "one = ssh://git@$at/srv/app.git//one@main" "two = ssh://git@$at/srv/app.git//two@main" '[home]' 'file = ~/.ssh/known_hosts' \
        >>"$XDG_CONFIG_HOME/claudex/config"
    mkdir -p "$HOME/.ssh"
    sed 's/^/other.example.com /' "$world/me@work.pub" >"$HOME/.ssh/known_hosts"
    run claudex run . -- echo started
    has "$output" "the skill one is left out: it comes by ssh, and the box has no ssh agent"
    has "$output" started
    run claudex run --ssh . -- echo started
    echo "$output"
    has "$output" "Host key verification failed"
    has "$output" started
    lacks "$(<"$world/sshd/log")" "Accepted publickey"
    docker exec "$token-git" cat /etc/ssh/ssh_host_ed25519_key.pub |
        sed "s/^/[${at%:*}]:${at#*:} /" >"$HOME/.ssh/known_hosts"
    start_box --ssh
    run claudex exec "$name" -- sh -c 'cat ~/.codex/skills/*/SKILL.md; ssh-add -l
        echo x >>/run/claudex/public/known_hosts || echo refused; ps -e -o comm='
    lacks "$output" $'\nssh\n'
    has "$output" refused
    has "$output" "name: one"
    has "$output" "name: two" # at the same time
    has "$output" me@work
    has "$(grep 'Accepted publickey' "$world/sshd/log")" "$fingerprint"
    lacks "$(<"$world/sshd/log")" "$(ssh-keygen -lf "$world/other@home.pub" | cut -d ' ' -f 2)"
    has "$(claudex status "$name")" "signed me@work: login as git at"
    claudex stop "$name"
    docker rm --force "$token-git" >/dev/null
    equal "$(claudex run . -- head -n 2 /home/node/.claude/skills/one/SKILL.md 2>&1)" $'---\nname: one'
}
