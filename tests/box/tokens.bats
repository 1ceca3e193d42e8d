#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2034,SC2154 # commands for the box; what bats and lib.bash set
# Logins and the agents' settings as PID 1 handles them. Each box settles what was written when
# its session ends, so that no test has to wait.

load lib.bash

# The volume of logins is a folder of the test. Called by each, behind the setup of lib.bash.
with_store()
{
    store=$BATS_TEST_TMPDIR/tokens
    mkdir -m 0700 "$store"
    before=$(bind "$store" /run/claudex/private/tokens)
    credentials=/home/node/.claude/.credentials.json
}

# login TOKEN EXPIRES: one of Claude Code's.
login() { printf '{"claudeAiOauth":{"accessToken":"%s","refreshToken":"r","expiresAt":%s}}' "$1" "$2"; }

# keep TOKEN EXPIRES: what boxes share, as one of them would have written it.
keep()
{
    local text
    text=$(login "$1" "$2")
    printf 'claudex-login 2\n%s\nme\n\n\n\n0\n\n%s\n%s' "$2" "${#text}" "$text" >"$store/claude.json"
}

# What boxes share now.
shared() { sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$store/claude.json" 2>/dev/null; }

# write LOGIN [SHELL]: a box whose agent writes this into its place, or does that with $new, $f.
write() { in_box sh -c "new=\$1; f=$credentials; ${2:-printf %s \"\$new\" >\"\$f\"}" sh "$1"; }

@test "a login that is kept is in the agent's home, its own, before it runs" {
    with_store
    keep mine 5
    run in_box sh -c "stat -c '%u %a' $credentials; cat $credentials; cat /run/claudex/private/tokens/claude.json"
    has "$output" "1234 600"
    has "$output" "$(login mine 5)"
    lacks "$output" claudex-login
    equal "$(shared)" mine
}

@test "what an agent wrote in its last moment is kept, and the one before" {
    with_store
    keep old 5
    write "$(login new 6)"
    equal "$(shared)" new
    has "$(<"$store/claude.json.before")" '"old"'
    equal "$(stat -c '%u %a' "$store/claude.json")" "0 600"
}

@test "no login at all: half a file, none, too large, a link, a pipe, a second name: told, and the shared one stays" {
    with_store
    for attempt in 'printf "{\"claudeAiOauth\": {\"acc" >$f' 'rm $f; ln -s /etc/passwd $f' \
        'echo "{}" >$f' 'rm $f; mkfifo $f' 'head -c 70000 /dev/zero >$f' 'ln $f ~/other' \
        'printf "%s" "$new" | tr a-z "\\000" >$f'; do
        keep good 5
        run write "$(login bad 6)" "$attempt"
        echo "$attempt: $output"
        equal "$status" 0
        has "$output" "is none, and is not kept"
        equal "$(shared)" good
        [ ! -e "$store/claude.json.held" ]
    done
}

@test "somebody else's file in the place of the login is not read" {
    with_store
    keep good 5
    start_box sh -c "echo up >/workspace/project/up; read -r x </workspace/project/down"
    # Root's, in a folder of the agent's: PID 1 sees what the agent may see.
    theirs=/proc/$host_pid/root$credentials
    rm "$theirs"
    login roots 6 >"$theirs"
    chmod 0600 "$theirs"
    equal "$(stat -c %u "$theirs")" 0
    tell end
    ended
    equal "$status" 0
    equal "$(shared)" good
}

@test "a shared login that is damaged, or a link: said, put aside, and the session starts" {
    with_store
    keep good 5
    truncate --size -1 "$store/claude.json"
    run in_box sh -c "test ! -e $credentials && echo started"
    has "$output" "the kept login of Claude Code is damaged and was put aside as claude.json.damaged"
    has "$output" started
    rm "$store"/*
    login hosts 5 >"$BATS_TEST_TMPDIR/secret"
    ln -s "$BATS_TEST_TMPDIR/secret" "$store/claude.json"
    run in_box sh -c "test ! -e $credentials && echo started"
    has "$output" "cannot read the kept login of Claude Code"
    has "$output" started
}

@test "a login that may be another account's is held: this box has it, the shared one stays" {
    with_store
    end=$(date -d '+8 hours' +%s000)
    keep mine "$end"
    run write "$(login theirs 6)"
    has "$output" "is not shared with other boxes: the one that is shared was not at its end"
    has "$output" "docker claudex login claude --accept"
    equal "$(shared)" mine
    has "$(<"$store/claude.json.held")" '"theirs"'
    # The next box has the shared one, and says so.
    run in_box cat "$credentials"
    has "$output" "has another login of Claude Code"
    has "$output" '"mine"'
    # Another name in ~/.claude.json, at the time of a refresh.
    keep mine 5
    you='{"oauthAccount":{"emailAddress":"you"}}'
    run write "$(login theirs 6)" "echo '$you' >~/.claude.json; printf %s \"\$new\" >\"\$f\""
    has "$output" "is not shared with other boxes: it is another account's"
    equal "$(shared)" mine
    # And the name on record stays what the login said.
    run write "$(login refreshed 6)"
    equal "$(shared)" refreshed
    equal "$(sed -n 3p "$store/claude.json")" me
}

@test "when a login is due is not for an agent to say" {
    with_store
    keep mine 5
    end=$(date -d '+8 hours' +%s000)
    write "$(login fresh "$end")"
    equal "$(shared)" fresh
    # The same tokens, but for their end; then others.
    run write "$(login fresh 1)"
    has "$output" "is not shared with other boxes: the one that is shared was not at its end"
    run write "$(login theirs 6)"
    has "$output" "is not shared with other boxes"
    equal "$(shared)" fresh
}

@test "a box that writes twice does not push out the login that was there before it" {
    with_store
    keep mine 5
    write "$(login first 5)"
    write "$(login first 5)" 'printf "%s " "$new" >"$f"'
    write "$(login second 5)"
    equal "$(shared)" second
    has "$(<"$store/claude.json.before")" '"mine"'
    [ ! -e "$store/claude.json.aside" ]
}

@test "another account that is named when it is shared already is told, and on record" {
    with_store
    keep mine 5
    you='{"oauthAccount":{"emailAddress":"you"}}'
    start_box sh -c "printf %s '$(login theirs 6)' >$credentials; echo up >/workspace/project/up
        read -r x </workspace/project/down; echo '$you' >~/.claude.json"
    until [ "$(shared)" = theirs ]; do sleep 0.05; done
    tell on
    ended
    has "$output" "the login of Claude Code is another account's now: you (it was me)"
    equal "$(sed -n 3p "$store/claude.json")" you
    has "$(<"$store/claude.json.before")" '"mine"'
}

# At once, where a box does not watch for its first two seconds.
@test "another login that is held, or shared, when a session has just begun is told in it, or taken" {
    with_store
    keep mine 5
    start_box sh -c "echo up >/workspace/project/up
        until grep -q shared $credentials; do sleep 0.1; done
        echo taken >/workspace/project/up; read -r x </workspace/project/down"
    text=$(login theirs 6)
    printf 'claudex-login 2\n6\nyou\n\n\nother\n1\n\n%s\n%s' "${#text}" "$text" >"$store/new"
    mv "$store/new" "$store/claude.json.held"
    text=$(login shared 7)
    printf 'claudex-login 2\n7\nme\n\n\n\n1\n\n%s\n%s' "${#text}" "$text" >"$store/new"
    mv "$store/new" "$store/claude.json"
    await
    equal "$line" taken
    tell end
    ended
    equal "$(grep -c "the box other has another login of Claude Code, of you" <<<"$output")" 1
}

@test "boxes that refresh at once leave one whole login" {
    with_store
    keep old 1
    arrange
    for box in 1 2 3; do
        "$harness" run "${arranged[@]}" -- "$init" sh -c "
            for i in 1 2 3 4 5 6 7 8; do
                printf '%s' \"\$(printf '$(login 'box%s-%s' '%s')' $box \$i \$((i * 10 + $box)))\" >~/t
                mv ~/t $credentials
            done" >"$BATS_TEST_TMPDIR/out$box" 2>&1 3>&- &
        jobs[box]=$!
    done
    for box in 1 2 3; do
        wait "${jobs[box]}" || { cat "$BATS_TEST_TMPDIR/out$box"; return 1; }
    done
    [[ $(shared) =~ ^box[123]-[1-8]$ ]]
    equal "$(head -n 1 "$store/claude.json")" "claudex-login 2"
    equal "$(tail -n 1 "$store/claude.json" | tr -d '\n' | tail -c 2)" "}}"
    [ ! -e "$store/claude.json.damaged" ]
    run in_box cat "$credentials"
    has "$output" "$(shared)"
}

@test "no space: the shared login stays, the box has the new one and runs on" {
    with_store
    mount -t tmpfs -o size=4k,mode=0700 tokens "$store"
    keep old 5
    run write "$(login "$(printf 'x%.0s' {1..6000})" 6)" 'printf %s "$new" >$f; wc -c <$f'
    umount() { command umount --lazy "$store"; }
    kept=$(shared)
    umount
    echo "$output"
    equal "$status" 0
    has "$output" "No space left on device"
    equal "$kept" old
}

@test "nothing of the agents' settings survives the box, and the login does" {
    with_store
    keep mine 5
    state=$BATS_TEST_TMPDIR/home
    mkdir "$state"
    before+=$(bind "$state" /home/node)
    run in_box sh -c 'cat ~/.claude.json ~/.claude/settings.json
        echo changed | tee ~/.claude.json ~/.claude/settings.json ~/.codex/config.toml ~/.claude/mine'
    has "$output" '"hasCompletedOnboarding": true'
    # As when the same container starts again: it remembers that it laid the home out.
    before+="touch run/claudex/private/home-was-laid-out; "
    run in_box sh -c 'cat ~/.claude.json ~/.claude/settings.json ~/.codex/config.toml ~/.claude/mine; cat ~/.claude/.credentials.json'
    has "$output" '"hasCompletedOnboarding": true'
    lacks "$output" changed
    has "$output" "$(login mine 5)"
}
