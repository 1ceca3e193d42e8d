#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# Logins: kept between boxes and shared by them, whatever an agent makes of its own.

load lib.bash
export BATS_TEST_TIMEOUT=240

teardown()
{
    cd /
    end_world
    docker network rm "$token" >/dev/null 2>&1 || :
}

credentials=/home/node/.claude/.credentials.json

# login TOKEN EXPIRES: one of Claude Code's.
login() { printf '{"claudeAiOauth":{"accessToken":"%s","refreshToken":"r","expiresAt":%s,"scopes":["user:inference","user:profile"]}}' "$1" "$2"; }

# have TOKEN EXPIRES: the host's own login, taken over.
have()
{
    mkdir -p "$HOME/.claude"
    login "$1" "$2" >"$HOME/.claude/.credentials.json"
    claudex login --import
}

# write BOX TEXT: as Claude Code does, in one step.  in_place BOX TEXT: as it does without.
write() { claudex exec "$1" -- sh -c 'printf %s "$1" >~/.claude/t && mv ~/.claude/t ~/.claude/.credentials.json' sh "$2"; }
in_place() { claudex exec "$1" -- sh -c 'printf %s "$1" >~/.claude/.credentials.json' sh "$2"; }

token_in() { claudex exec "$1" -- jq -r .claudeAiOauth.accessToken "$credentials" 2>/dev/null; }
token_is() { [ "$(token_in "$1")" = "$2" ]; }
none_in() { ! claudex exec "$1" -- test -e "$credentials"; }
next_box() { claudex run --parallel . -- jq -r .claudeAiOauth.accessToken "$credentials"; }

# The volume that boxes of this home share.
volume() { echo "claudex-tokens-$(printf %s "$HOME" | sha256sum | cut -c 1-8)"; }

# two_boxes: $one and $two run on the project.
two_boxes()
{
    start_box "$@"
    one=$name
    two=$(claudex run -d --parallel "$@" "$project" -- sleep 600)
}

says() { docker logs "$1" 2>&1 | grep -qF -- "$2"; }

@test "Codex refreshes its token: it is there in a box that runs, and in the next" {
    mkdir -p "$HOME/.codex"
    docker run --rm --network none --entrypoint node -v "$e2e/fake-api:/f:ro" "$image" \
        /f/oauth.js old >"$HOME/.codex/auth.json"
    claudex login codex --import
    two_boxes --include "$e2e/fake-api"
    equal "$(claudex exec "$two" -- jq -r .tokens.refresh_token /home/node/.codex/auth.json)" refresh-1
    claudex exec "$one" -- sh -c '
        mkfifo ~/up; node /context/fake-api/oauth.js serve 8099 >~/up & server=$!; read -r up <~/up
        export CODEX_REFRESH_TOKEN_URL_OVERRIDE=http://127.0.0.1:8099/oauth/token
        codex exec -c model_provider=\"fake\" -c model_providers.fake.name=\"fake\" \
            -c model_providers.fake.base_url=\"http://127.0.0.1:8099/v1\" \
            -c model_providers.fake.requires_openai_auth=true \
            -c model_providers.fake.wire_api=\"responses\" \
            --skip-git-repo-check hi </dev/null >~/said 2>&1 & agent=$!
        for i in $(seq 300); do grep -q refresh-2 ~/.codex/auth.json && break; sleep 0.1; done
        kill $server $agent'
    refreshed_in() { [ "$(claudex exec "$1" -- jq -r .tokens.refresh_token /home/node/.codex/auth.json)" = refresh-2 ]; }
    refreshed_in "$one"
    eventually 5 refreshed_in "$two"
    run claudex run --parallel . -- jq -r '.tokens | .refresh_token, .account_id' /home/node/.codex/auth.json
    equal "$output" $'refresh-2\naccount-1'
}

# The vendor's hosts, under an authority of the tests, for boxes of the network $token.
serve_vendor()
{
    mkdir -p "$world/vendor"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$world/vendor/ca.key" \
        -out "$project/ca.pem" -subj /CN=tests -days 2 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$world/vendor/server.key" \
        -out "$world/vendor/csr" -subj /CN=platform.claude.com 2>/dev/null
    echo subjectAltName=DNS:platform.claude.com,DNS:api.anthropic.com >"$world/vendor/names"
    openssl x509 -req -in "$world/vendor/csr" -CA "$project/ca.pem" -CAkey "$world/vendor/ca.key" \
        -CAcreateserial -days 2 -extfile "$world/vendor/names" \
        -out "$world/vendor/server.pem" 2>/dev/null
    chown -R "$project_uid" "$project"
    docker network create "$token" >/dev/null
    helper vendor --network "$token" --network-alias platform.claude.com \
        --network-alias api.anthropic.com --entrypoint node \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world,target=/world" \
        "$image" /e2e/fake-api/claude-oauth.js /world/vendor /world/vendor/log
    eventually 20 test -e "$world/vendor/log.up"
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    # The server's address is one of the engine's networks.
    printf '[network]\nprivate = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
}

@test "Claude Code refreshes its token through the gate: it is there in a box that runs, and in the next" {
    mkdir -p "$HOME/.claude"
    login access-1 "$(date -d '-1 hour' +%s000)" | sed 's/"refreshToken":"r"/"refreshToken":"refresh-1"/' \
        >"$HOME/.claude/.credentials.json"
    claudex login claude --import
    serve_vendor
    two_boxes -e "NODE_EXTRA_CA_CERTS=$box/ca.pem"
    docker network connect "$token" "$one"
    token_is "$two" access-1
    claudex exec "$one" -- sh -c "claude -p hi </dev/null >~/said 2>&1 & agent=\$!
        for i in \$(seq 600); do grep -q refresh-2 $credentials && break; sleep 0.1; done
        kill \$agent; cat ~/said"
    cat "$world/vendor/log"
    equal "$(grep -c '^platform.claude.com POST /v1/oauth/token$' "$world/vendor/log")" 1
    token_is "$one" access-2
    eventually 10 token_is "$two" access-2
    equal "$(next_box)" access-2
}

@test "Claude Code uses the login that is kept, and knows whose it is" {
    echo '{"oauthAccount": {"emailAddress": "me@example.org", "accountUuid": "u-1"}}' >"$HOME/.claude.json"
    have kept-1 "$(date -d '+1 day' +%s000)"
    run claudex run . -- claude auth status
    echo "$output"
    has "$output" '"loggedIn": true'
    has "$output" me@example.org
}

@test "a login written in one box is there in the other and in the next, and the one before is kept" {
    two_boxes
    write "$one" "$(login first 5)"
    eventually 5 token_is "$two" first
    in_place "$two" "$(login second 6)"
    eventually 5 token_is "$one" second
    equal "$(next_box)" second
    run docker run --rm --entrypoint cat -v "$(volume):/v" "$image" /v/claude.json.before
    has "$output" first
}

@test "what is written in the session's last moment is kept" {
    claudex run . -- sh -c "echo '$(login last 5)' >$credentials"
    equal "$(next_box)" last
}

@test "two boxes that refresh at once: the newer stays, in both" {
    have old 1
    two_boxes
    write "$one" "$(login newer 9)" &
    write "$two" "$(login older 8)"
    wait $!
    eventually 5 token_is "$one" newer
    eventually 5 token_is "$two" newer
    equal "$(next_box)" newer
}

@test "twenty boxes' worth of writes end with one whole login everywhere" {
    have old 1
    two_boxes
    jobs=()
    for i in $(seq 2 11); do
        in_place "$one" "$(login "t$i" "$i")" &
        jobs+=($!)
        in_place "$two" "$(login "t$((i + 10))" "$((i + 10))")" &
        jobs+=($!)
    done
    wait "${jobs[@]}"
    agree() { [ "$(token_in "$one")" = "$(token_in "$two")" ] && [ "$(token_in "$one")" != "" ]; }
    eventually 10 agree
    equal "$(next_box)" "$(token_in "$one")"
}

@test "what an agent removes stays kept for others; logout forgets it everywhere" {
    have kept 5
    two_boxes
    claudex exec "$one" -- rm "$credentials"
    eventually 5 says "$one" "docker claudex logout claude"
    token_is "$two" kept
    equal "$(next_box)" kept
    run claudex logout
    has "$output" "the login of Claude Code is forgotten"
    has "$output" "there was no login of Codex"
    eventually 5 none_in "$two"
    run claudex run --parallel . -- cat "$credentials"
    [ "$status" -ne 0 ]
    equal "$(docker run --rm --entrypoint ls -v "$(volume):/v" "$image" /v)" lock
}

refusals() { docker logs "$name" 2>&1 | awk '/is none, and is not kept/ {n++} END {print n + 0}'; }

@test "half a login, none, one too large, a link, a pipe: told, not kept, the last good one stays" {
    have good 5
    start_box
    # Of two odd things in a row the second would not be news.
    for attempt in 'printf "{\"claudeAiOauth\": {\"acc" >$f' 'ln -sf /etc/passwd $f' 'echo "{}" >$f' \
        'mkfifo $f' 'echo "[]" >$f' 'head -c 70000 /dev/zero >$f' 'echo 7 >$f' \
        'echo "{}" >~/.claude/a; ln -f ~/.claude/a $f'; do
        before=$(refusals)
        claudex exec "$name" -- sh -c "cd ~; f=$credentials; rm -f \$f; $attempt; mv -f $credentials ~/.claude/y 2>/dev/null; mv ~/.claude/y $credentials"
        more() { [ "$(refusals)" -gt "$before" ]; }
        eventually 5 more || { echo "not told: $attempt"; docker logs "$name"; return 1; }
    done
    equal "$(next_box)" good
    [ "$(box_state "$name")" = running ]
}

@test "a folder of links is nothing that PID 1 follows" {
    have good 5
    start_box
    claudex exec "$name" -- sh -c 'mv ~/.claude ~/.gone; mkdir ~/trap; ln -s ~/trap ~/.claude
        echo x >~/trap/.credentials.json; rm ~/.claude; mkdir ~/.claude'
    write "$name" "$(login again 6)"
    kept_again() { [ "$(next_box)" = again ]; }
    eventually 10 kept_again
}

# of ACCOUNT: Codex's login, whose tokens name it, refreshed on that day of January.
of()
{
    part() { printf %s "$1" | base64 -w 0 | tr '+/' '-_' | tr -d =; }
    local token
    token=$(part '{}').$(part "{\"https://api.openai.com/auth\":{\"chatgpt_account_id\":\"$1\"}}").sig
    printf '{"tokens":{"id_token":"%s","access_token":"%s","refresh_token":"%s","account_id":"%s"},"last_refresh":"2026-01-0%sT00:00:00Z"}' \
        "$token" "$token" "$1-$2" "$1" "$2"
}
codex_in() { claudex exec "$1" -- jq -r .tokens.refresh_token /home/node/.codex/auth.json; }
codex_is() { [ "$(codex_in "$1")" = "$2" ]; }
# What is held of the agent has this ID.
held_id() { claudex status --format json "$one" | jq -r ".logins.$1.held.id"; }
next_codex() { claudex run --parallel . -- jq -r .tokens.refresh_token /home/node/.codex/auth.json 2>/dev/null; }
write_codex() { claudex exec "$1" -- sh -c 'printf %s "$1" >~/.codex/t && mv ~/.codex/t ~/.codex/auth.json' sh "$2"; }

@test "Codex's login of another account is held: told everywhere, shared when the user says so" {
    mkdir -p "$HOME/.codex"
    of mine 1 >"$HOME/.codex/auth.json"
    claudex login codex --import
    two_boxes
    write_codex "$one" "$(of mine 2)"
    eventually 20 codex_is "$two" mine-2
    write_codex "$one" "$(of theirs 3)"
    eventually 20 says "$one" "is not shared with other boxes: it is another account's"
    eventually 20 says "$two" "the box $one has another login of Codex, of theirs, which no other box gets"
    codex_is "$two" mine-2
    codex_is "$one" theirs-3
    equal "$(next_codex)" mine-2
    has "$(claudex status "$one")" "another one of Codex, theirs, by $one"
    # A box does not learn of others.
    has "$(claudex status "$two")" "another one of Codex, theirs, by another box"
    # Whose name it carries makes no difference.
    write_codex "$one" "$(of theirs 4 | sed 's/"account_id":"theirs"/"account_id":"mine"/')"
    eventually 20 says "$one" "are of different accounts"
    # Seen was one, written since another: what was not seen is not accepted.
    seen=$(held_id codex)
    write_codex "$one" "$(of theirs 5)"
    another() { [ "$(held_id codex)" != "$seen" ]; }
    eventually 20 another
    run -125 claudex login codex --accept "$seen"
    has "$output" "changed meanwhile"
    codex_is "$two" mine-2
    run -2 claudex login codex --accept
    has "$output" "needs a value: ID"
    run -125 claudex login claude --accept "$seen"
    has "$output" "no login with the ID"
    has "$(claudex status "$one")" "--accept $(held_id codex),"
    run claudex login --accept "$(held_id codex)"
    has "$output" "the one that a box wrote is every box's now"
    has "$output" "logged in as theirs"
    eventually 20 codex_is "$two" theirs-5
    lacks "$(claudex status "$two")" --accept
    run claudex login codex --previous
    has "$output" "logged in as mine"
    eventually 20 codex_is "$two" mine-2
}

@test "escape sequences in an account's name are no escape sequences on the terminal" {
    mkdir -p "$HOME/.codex"
    of mine 1 >"$HOME/.codex/auth.json"
    claudex login codex --import
    start_box
    write_codex "$name" '{"tokens":{"access_token":"a","account_id":"\u001b[31mtheirs"}}'
    eventually 20 says "$name" '\x1b[31mtheirs'
}

@test "Claude Code's login that is written before the shared one is at its end is held" {
    have mine "$(date -d '+8 hours' +%s000)"
    two_boxes
    write "$one" "$(login theirs "$(date -d '+9 hours' +%s000)")"
    eventually 20 says "$one" "is not shared with other boxes: the one that is shared was not at its end"
    token_is "$two" mine
    run claudex run --parallel . -- jq -r .claudeAiOauth.accessToken "$credentials"
    has "$output" "has another login of Claude Code"
    has "$output" mine
    run claudex login claude --refuse
    has "$output" "is forgotten"
    run claudex login --refuse
    has "$output" "no box wrote another one"
    equal "$(next_box)" mine
}

@test "what cannot be told from a refresh is shared, told once at the next start, and can be undone" {
    have mine "$(date -d '+2 minutes' +%s000)"
    start_box
    write "$name" "$(login refreshed "$(date -d '+8 hours' +%s000)")"
    told="was written by the box $name at "
    shared() { docker exec "$name" grep -q refreshed /run/claudex/private/tokens/claude.json; }
    eventually 20 shared
    run next_box
    has "$output" "$told"
    has "$output" refreshed
    run next_box
    has "$output" refreshed
    lacks "$output" "$told"
    run claudex login claude --previous
    has "$output" "the one before is every box's again"
    eventually 20 token_is "$name" mine
    equal "$(next_box)" mine
}

@test "login wants a terminal, and says what does without" {
    refused 125 "docker claudex login --import" claudex login </dev/null
    refused 125 "docker claudex login --import" claudex login codex </dev/null
    refused 2 "one of --import, --accept" claudex login --import --accept 1
    nothing_left
}

@test "promise 13: the kept logins are root's in the box, and no part of what inspect shows" {
    have very-secret 5
    start_box
    run claudex exec "$name" -- sh -c 'cat /run/claudex/private/tokens/claude.json; ls /run/claudex/private'
    [ "$status" -ne 0 ]
    lacks "$output" very-secret
    lacks "$(docker inspect "$name"; docker logs "$name" 2>&1; ps axww)" very-secret
    equal "$(claudex exec "$name" -- stat -c '%U %a' "$credentials")" "node 600"
}

@test "[tokens] shared = no: a project has a login of its own" {
    have everybodys 5
    echo '[tokens]
shared = no' >.claudex
    start_box
    none_in "$name"
    write "$name" "$(login own 6)"
    own() { [ "$(next_box)" = own ]; }
    eventually 5 own
    rm .claudex
    claudex stop "$name"
    equal "$(next_box)" everybodys
}

@test "a login that cannot be kept for want of space is still there in the box, which runs on" {
    docker volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=size=4k "$(volume)" >/dev/null
    start_box
    write "$name" "$(login "$(printf 'x%.0s' {1..6000})" 5)"
    eventually 5 says "$name" "cannot keep the login of Claude Code: No space left on device"
    [ "$(token_in "$name" | wc -c)" -eq 6001 ]
}

@test "login --import refuses what is none, by file" {
    mkdir -p "$HOME/.claude" "$HOME/.codex"
    refused 125 "no login here to take over" claudex login --import
    echo '{"claudeAiOauth": {}}' >"$HOME/.claude/.credentials.json"
    refused 125 ".claude/.credentials.json: it has no access token" claudex login --import
    ln -sf /etc/passwd "$HOME/.claude/.credentials.json"
    refused 125 "is a symbolic link" claudex login --import
    rm "$HOME/.claude/.credentials.json"
    head -c 70000 /dev/zero >"$HOME/.codex/auth.json"
    refused 125 "is larger than" claudex login --import
    refused 2 "no agent 'gpt'" claudex login gpt
}

@test "who has no login hears what to do; who has a key does not" {
    run claudex run . -- claude --version
    has "$output" "docker claudex login claude"
    run claudex run -e ANTHROPIC_API_KEY=x . -- claude --version
    lacks "$output" "docker claudex login"
    have one 1
    run claudex run . -- claude --version
    lacks "$output" "docker claudex login"
}

@test "API keys come by name from the configuration, and Codex takes its own from there" {
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '[run]\nenv = OPENAI_API_KEY\nenv = GEMINI_API_KEY\n' >"$XDG_CONFIG_HOME/claudex/config"
    export OPENAI_API_KEY=sk-of-mine GEMINI_API_KEY=gem
    run claudex run . -- sh -c 'echo $GEMINI_API_KEY; codex login status'
    has "$output" gem
    has "$output" "API key"
    # It is no login: nothing of it stays.
    unset OPENAI_API_KEY
    run claudex run . -- sh -c 'cat ~/.codex/auth.json'
    lacks "$output" sk-of-mine
}

@test "login opens the agent's own in a box, and leaves nothing" {
    open_terminal
    typed "claudex login claude"
    shows 'https?://' 60
    keys C-c
    shows 'host> *$' 30
    nothing_left
}
