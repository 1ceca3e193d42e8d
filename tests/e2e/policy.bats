#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164,SC2317 # commands for the box; how bats works
# Hosts that are allowed and denied while a box runs.

load lib.bash
export BATS_TEST_TIMEOUT=120

setup()
{
    make_world
    cd "$project" || return
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    # The shop's address is one of the engine's networks.
    printf '[network]\nprivate = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
}

teardown()
{
    cd /
    end_world
    docker network rm "$token" >/dev/null 2>&1 || :
}

# open_shop: a site of two names, and a box that could get there; sets $name.
open_shop()
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=shop.example.com \
        -keyout "$world/shop.pem" -out "$world/shop.crt" 2>/dev/null
    cat "$world/shop.crt" >>"$world/shop.pem"
    docker network create "$token" >/dev/null
    helper shop --network "$token" --network-alias shop.example.com \
        --network-alias other.example.com --entrypoint node \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world,target=/world" "$image" /e2e/shop.js
    eventually 20 test -e "$world/shop.ready"
    start_box "$@"
    docker network connect "$token" "$name"
}

fetch() { claudex exec "$name" -- curl -sSk -m 5 "$1"; }
blocked() { ! fetch "$1" >/dev/null 2>&1; }
grows() { [ "$(wc -c <"$1")" -gt "$2" ]; }

denied() { claudex denied --format json | jq -c "$@"; }

# download NAME URL: goes on until it is cut; its end is in $project/NAME.status.
download()
{
    claudex exec "$name" -- bash -c "curl -sSkN $2 >$box/$1; echo \$? >$box/$1.status" &
    eventually 10 test -s "$project/$1"
}

@test "allowed for a while: it passes, expires, and is refused again; a download goes on" {
    open_shop
    run fetch https://shop.example.com/
    [ "$status" -ne 0 ]
    run claudex allow --for 10s shop.example.com
    equal "$output" "$name: shop.example.com is allowed for 10s"
    started=$SECONDS
    equal "$(fetch https://shop.example.com/)" "hello from shop.example.com"
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    download running https://shop.example.com/slow
    # On ports that are not said, and under names that are not, nothing changed.
    blocked http://shop.example.com:8080/
    blocked https://other.example.com/
    has "$(claudex network)" "allow  shop.example.com"
    equal "$(claudex network --format json | jq -c '.[0].grants[0] | [.action, .pattern, .left > 0]')" \
        '["allow","shop.example.com",true]'
    eventually 15 blocked https://shop.example.com/
    [ $((SECONDS - started)) -ge 8 ]
    lacks "$(claudex network)" shop.example.com
    # What ran, runs.
    [ ! -e "$project/running.status" ]
    size=$(wc -c <"$project/running")
    eventually 5 grows "$project/running" "$size"
    # And nothing was restarted.
    equal "$(docker inspect --format '{{.RestartCount}} {{.State.Running}}' "$name")" "0 true"
}

@test "npm: refused, denied says how, allowed, and refused again, in one session" {
    open_shop
    view() { claudex exec "$name" -- npm view tiny version --registry http://shop.example.com/ --fetch-retries 0 --cache "/tmp/$RANDOM"; }
    run view
    [ "$status" -ne 0 ]
    eval "$(denied -r '.[] | select(.host == "shop.example.com") | .command')"
    equal "$(view)" 1.2.3
    claudex deny shop.example.com
    run view
    [ "$status" -ne 0 ]
}

@test "deny cuts what it denies and nothing else" {
    open_shop --allow shop.example.com:8080 --allow other.example.com
    download denied http://shop.example.com:8080/slow
    download other https://other.example.com/slow
    run claudex deny shop.example.com
    equal "$output" "$name: shop.example.com is denied from now on"
    eventually 5 test -s "$project/denied.status"
    [ "$(<"$project/denied.status")" -ne 0 ]
    blocked http://shop.example.com:8080/
    [ ! -e "$project/other.status" ]
    size=$(wc -c <"$project/other")
    eventually 5 grows "$project/other" "$size"
    # Taken back, the configuration counts again.
    claudex deny --undo shop.example.com
    equal "$(fetch http://shop.example.com:8080/)" "hello from shop.example.com:8080"
    # What takes the place of its contrary says so.
    claudex deny shop.example.com
    equal "$(claudex allow shop.example.com --for 10m)" \
        "$name: shop.example.com is allowed for 10m, in place of the deny by hand"
    equal "$(claudex deny shop.example.com)" \
        "$name: shop.example.com is denied from now on, in place of the allow by hand"
}

@test "what was allowed survives a restart with the time that is left" {
    open_shop --keep
    claudex allow shop.example.com:8080 --for 1h
    claudex deny other.example.com
    docker restart --time 2 "$name" >/dev/null
    run claudex network --format json
    equal "$(jq -c '[.[0].grants[] | [.action, .pattern, .left > 3500 and .left <= 3600]]' <<<"$output")" \
        '[["allow","shop.example.com:8080",true],["deny","other.example.com",false]]'
    equal "$(fetch http://shop.example.com:8080/)" "hello from shop.example.com:8080"
    has "$(docker logs "$name" 2>&1)" "1 host was allowed by hand before"
}

@test "promise 20: what the user's configuration denies, allow does not allow" {
    printf 'deny = *.example.com\n' >>"$XDG_CONFIG_HOME/claudex/config"
    start_box
    run claudex allow shop.example.com
    equal "$status" 125
    has "$output" "deny = *.example.com"
    run claudex allow '*.com'
    has "$output" "*.example.com stays denied"
}

@test "promise 7: what was kept of allow and deny is damaged: lockdown" {
    open_shop --keep
    claudex allow shop.example.com
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    docker exec "$name" sed -i s/shop/shoq/ /run/claudex/private/state/grants
    docker restart --time 2 "$name" >/dev/null
    has "$(claudex lockdown status)" lockdown
    has "$(docker logs "$name" 2>&1)" "damaged"
    blocked http://shop.example.com/
    claudex lockdown off
    docker restart --time 2 "$name" >/dev/null
    has "$(claudex lockdown status)" allowlist
}

@test "denied says each host once, how often, why, and the command, which then works" {
    open_shop
    began=$(date +%s)
    run claudex denied
    has "$output" "nothing was refused"
    for _ in 1 2 3; do blocked https://shop.example.com/; done
    claudex exec "$name" -- bash -c '</dev/tcp/192.0.2.3/22' || :
    claudex exec "$name" -- python3 -c 'import socket
try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.4", 443))
except OSError: pass'
    counted() { equal "$(denied '[.[] | [.host, .via, .allow, .count > 2]]')" "$1" >/dev/null; }
    eventually 5 counted '[["shop.example.com",["dns"],"shop.example.com",true],["192.0.2.3:22",["tcp"],"192.0.2.3:22",false],["192.0.2.4:443",["udp"],null,false]]' || {
        denied .
        return 1
    }
    first=$(denied '.[0].first')
    [ "$first" -le "$(denied '.[0].last')" ]
    [ "$first" -ge "$began" ]
    # What it says to do, done as it is said.
    command=$(claudex denied | sed -n 's/^shop.example.com .* \(claudex allow .*\)/\1/p')
    equal "$command" "claudex allow shop.example.com"
    $command
    equal "$(fetch https://shop.example.com/)" "hello from shop.example.com"
    lacks "$(claudex denied)" shop
    has "$(docker exec "$name" cat /run/claudex/public/denied.log)" " dns shop.example.com"
}

@test "denied says which rule it is, and when no allow helps" {
    printf 'deny = *.example.net\n' >>"$XDG_CONFIG_HOME/claudex/config"
    open_shop --allow '*.example.com'
    download running https://shop.example.com/slow
    claudex deny other.example.com
    blocked https://a.example.net/
    blocked https://other.example.com/
    run claudex denied
    has "$output" "denied by the configuration: deny = *.example.net"
    has "$output" "claudex deny --undo 'other.example.com'"
    run claudex lockdown on
    echo "$output"
    has "$output" "1 connection stays"
    has "$output" "  shop.example.com:443: 1 connection, "
    blocked https://locked.example.org/
    run claudex denied
    has "$output" locked.example.org
    has "$output" "lockdown off"
}

@test "a gate that dies knows again what was allowed and denied by hand" {
    open_shop --allow other.example.com
    claudex allow shop.example.com
    claudex deny other.example.com
    equal "$(fetch https://shop.example.com/)" "hello from shop.example.com"
    docker exec "$name" bash -c 'kill -9 $(ps -o pid= -u 64990)' || skip "no ps in the image"
    eventually 10 fetch https://shop.example.com/
    blocked https://other.example.com/
}

@test "denied --follow goes on, by the FIFO and through the engine" {
    open_shop
    blocked https://shop.example.com/
    claudex denied --follow "$name" >"$world/here" &
    here=$!
    XDG_STATE_HOME=$world/none claudex denied --follow --format json "$name" >"$world/there" 2>&1 &
    there=$!
    eventually 10 grep -q shop.example.com "$world/there"
    eventually 10 grep -q shop.example.com "$world/here"
    sees() { blocked "https://$RANDOM.example.net/" && grep -q example.net "$1"; }
    eventually 10 sees "$world/here"
    eventually 10 sees "$world/there"
    has "$(<"$world/here")" "to allow it: claudex allow "
    # The box does not wait for those who watch it, and they end with it.
    claudex stop "$name"
    wait "$here"
    wait "$there" || :
}

@test "the agent may ask, and see why" {
    open_shop
    inside() { claudex exec "$name" -- claudex "$@"; }
    has "$(inside status)" "allowlist"
    equal "$(inside status --json | jq -r .mode)" allowlist
    run inside why shop.example.com
    equal "$status" 1
    has "$output" "no rule names it"
    has "$(inside why api.anthropic.com)" "allowed by the configuration"
    has "$(inside ask shop.example.com 'for the "docs"')" "asked for shop.example.com"
    asked() { [ "$(denied '.[] | select(.asked) | [.host, .reason]')" = '["shop.example.com","for the \"docs\""]' ]; }
    eventually 5 asked
    claudex allow shop.example.com --for 1m
    has "$(inside why shop.example.com)" "allowed by hand"
    claudex lockdown on
    run inside why shop.example.com
    equal "$status" 1
    has "$output" locked
    # A person reads it: not more than a few.
    claudex lockdown off
    for i in 1 2 3 4 5 6 7 8; do
        run inside ask "h$i.example"
    done
    has "$output" "try again"
    run inside ask 'https://x'
    equal "$status" 2
    run inside nonsense
    equal "$status" 2
}

@test "an agent that asks for everything is not offered it on a plate" {
    start_box
    claudex exec "$name" -- claudex ask 0.0.0.0/0 'npm needs it'
    claudex exec "$name" -- claudex ask '*.github.io'
    wide() { [ "$(denied '[.[] | select(.asked) | [.wide != null, .command]]')" = '[[true,null],[true,null]]' ]; }
    eventually 10 wide
    run claudex denied
    has "$output" "the agent asks for 0.0.0.0/0; too wide to be offered: every IPv4 address there is; in its words: npm needs it"
    lacks "$output" "claudex allow"
    run claudex allow '*.github.io'
    equal "$status" 0
    has "$output" "*.github.io is wide: anybody can have a name below it"
}

@test "attack 45, promise 19: what the agent asks for reaches the terminal quoted" {
    start_box
    claudex exec "$name" -- python3 -c 'import socket
for text in (b"ask e.example a\x1b[2Jb", b"ask e.example\x07 x", b"why \xff\xff", b"ask e.example caf\xc3\xa9", b"\0" * 100):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/run/claudex/public/gate.sock"); s.send(text); print(s.recv(20000))'
    run claudex denied
    echo "$output"
    lacks "$output" $'\x1b'
    has "$output" "caf??"
}

@test "status lists what is connected, by name, with bytes and age" {
    open_shop --allow shop.example.com:8080
    download running http://shop.example.com:8080/slow
    listed() { [ "$(claudex status --format json | jq -c '[.connections[] | [.host, .port, .count, .down > 20, .up > 20, .age >= 0]]')" = \
        '[["shop.example.com",8080,1,true,true,true]]' ]; }
    eventually 5 listed
    has "$(claudex status)" "connected  shop.example.com:8080: 1 connection, "
}

@test "the way through the engine does the same" {
    open_shop
    mv "$XDG_STATE_HOME" "$XDG_STATE_HOME.away"
    claudex allow shop.example.com --for 1h "$name"
    equal "$(fetch http://shop.example.com/)" "hello from shop.example.com"
    has "$(claudex network "$name")" shop.example.com
    mv "$XDG_STATE_HOME.away" "$XDG_STATE_HOME"
}

@test "in modes where it does nothing, allow and deny say so" {
    start_box --network open
    has "$(claudex deny a.example)" "but not in the mode open"
    has "$(claudex allow a.example)" "in which everything is"
    claudex network api
    has "$(claudex allow a.example)" "but not in the mode api"
    claudex lockdown on
    has "$(claudex allow a.example)" "but not while it is locked"
}

@test "bad input is told what was meant" {
    start_box
    for bad in 'https://example.com/x' 'example.com.' 'git@example.com:a/b' 'exa mple.com' \
        'https://bücher.example/' 'bücher.example:0' 'example.com:1-9' 'example.com:65536' '*' '-' "$(printf 'a.%.0s' {1..300})b"; do
        run claudex allow "$bad"
        echo "$bad: $output"
        equal "$status" 2
    done
    run claudex allow 'https://example.com/x'
    has "$output" "allow example.com"
    run claudex allow 'bücher.example'
    equal "$output" "$(printf 'claudex: bücher.example is xn--bcher-kva.example\n%s: xn--bcher-kva.example is allowed from now on' "$name")"
    run claudex allow example.com --for 10
    equal "$status" 2
    has "$output" 10m
    run claudex allow
    equal "$status" 2
    run claudex allow one.example two.example
    equal "$status" 2
    run claudex deny --undo example.com
    equal "$status" 125
}

@test "on an attached terminal a refusal is a line, where there are lines" {
    open_terminal
    typed "claudex run . -- bash --norc --noprofile"
    shows '\$ *$' 30
    typed 'PS1="box> "; curl -s https://blocked.example.org/'
    # Where the prompt was faster, it waits for the next line.
    sees()
    {
        screen_matches "^claudex: $1; to allow it: docker claudex allow $2\$" || {
            keys Enter
            return 1
        }
    }
    eventually 15 sees 'refused blocked.example.org \(dns\)' blocked.example.org
    typed 'claudex ask docs.example.org "for the manual"'
    eventually 15 sees 'the agent asks for docs.example.org' 'docs.example.org; in its words: for the manual'
    typed 'curl -s https://blocked.example.org/; echo again'
    shows '^again$'
    equal "$(screen | grep -c 'refused blocked')" 1
    typed exit
    shows '^host> $'
}

@test "a program that draws keeps its screen: the title says it, and the end" {
    open_terminal
    cat >"$project/draw" <<'DRAW'
#!/bin/bash
printf '\033[?25l\033[2J\033[H'
for row in {1..5}; do echo "row $row"; done
getent hosts blocked.example.org
read -r
printf '\033[?25h'
DRAW
    chmod +x "$project/draw"
    typed "claudex run . -- ./draw"
    shows '^row 5$' 30
    title() { tmux -S "$world/tmux" display-message -p '#{pane_title}' | grep -q 'refused blocked.example.org'; }
    eventually 10 title
    equal "$(screen | grep -c blocked)" 0
    keys Enter
    shows '^claudex: refused meanwhile: blocked.example.org$'
}

@test "--save keeps it for other boxes: in the user's file, comments and all" {
    config=$XDG_CONFIG_HOME/claudex/config
    printf '# mine\n[network]\nprivate = yes ; for tests\n\n[ssh]\nagent = no\n' >"$world/dotfile"
    chmod 640 "$world/dotfile"
    ln -sf "$world/dotfile" "$config"
    run claudex allow saved.example.com:8443 --save
    equal "$status" 0
    has "$output" "config:4: allow = saved.example.com:8443"
    has "$output" "it is so in the next one"
    equal "$(<"$world/dotfile")" "$(printf '# mine\n[network]\nprivate = yes ; for tests\nallow = saved.example.com:8443\n\n[ssh]\nagent = no')"
    equal "$(stat -c %a "$world/dotfile")" 640
    [ -L "$config" ]
    start_box
    has "$(claudex exec "$name" -- claudex why saved.example.com:8443)" "allowed by the configuration"
    # With a box that runs, there as well; twice is once.
    run claudex deny saved.example.com --save
    has "$output" "$name: saved.example.com is denied from now on"
    run claudex deny saved.example.com --save
    has "$output" "has it already"
    # A deny there is final.
    run claudex allow saved.example.com --save
    equal "$status" 125
    has "$output" "deny is final"
    run claudex allow e.example --save --for 10m
    equal "$status" 2
    # What is wrong in it is not made worse.
    printf 'nonsense\n' >>"$world/dotfile"
    before=$(<"$world/dotfile")
    run claudex allow e.example --save
    equal "$status" 125
    equal "$(<"$world/dotfile")" "$before"
}

@test "--save --project: into the project's file, which counts as agreed to" {
    printf '# ours\n[packages]\n' >.claudex
    chown "$project_uid:$project_uid" .claudex
    inode=$(stat -c %i .claudex)
    run claudex allow saved.example.com --save --project
    echo "$output"
    equal "$status" 0
    equal "$(<.claudex)" "$(printf '# ours\n[packages]\n\n[network]\nallow = saved.example.com')"
    equal "$(owner_of .claudex)" "$project_uid:$project_uid"
    # A box that runs has this very file, read-only.
    equal "$(stat -c %i .claudex)" "$inode"
    rm .claudex
    claudex allow saved.example.com --save --project
    equal "$(owner_of .claudex | cut -d: -f1)" "$project_uid"
    start_box
    has "$(claudex exec "$name" -- claudex why saved.example.com)" "allowed by the configuration"
    # Not along with what nobody has looked at.
    printf 'allow = sneaked.example.com\n' >>.claudex
    run claudex allow other.example.com --save --project
    equal "$status" 125
    has "$output" "not agreed to"
    lacks "$(<.claudex)" other.example.com
    # No link is followed.
    mv .claudex "$world/elsewhere"
    ln -s "$world/elsewhere" .claudex
    run claudex allow other.example.com --save --project
    equal "$status" 125
    lacks "$(<"$world/elsewhere")" other.example.com
}
