#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# The agents' settings: there at the start, gone at the end. The agents are the real ones.

load lib.bash
export BATS_TEST_TIMEOUT=90

# say LINE…: the user's configuration.
say()
{
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '%s\n' "$@" >"$XDG_CONFIG_HOME/claudex/config"
}

# in_home FILE FILTER: what jq says of a file of the agent's home in the box $name.
in_home() { claudex exec "$name" -- jq --compact-output "$2" "/home/node/$1"; }

@test "Claude Code starts into its prompt: nothing to agree with, no folder to trust" {
    open_terminal
    typed "claudex run -e ANTHROPIC_API_KEY=sk-ant-0123456789abcdefghij ."
    shows '\? for shortcuts' 40
    run screen
    lacks "$output" "trust"
    lacks "$output" "Choose the text style"
    lacks "$output" "Do you want to use this API key"
    lacks "$output" "auto mode as my default"
}

@test "with yolo Claude Code starts without asking for permissions, and without asking whether" {
    open_terminal
    typed "claudex run --yolo -e ANTHROPIC_API_KEY=sk-ant-0123456789abcdefghij ."
    shows 'bypass permissions on' 40
}

@test "Codex trusts the folder and looks for no update; its own sandbox is off, approvals are yolo's" {
    for pair in ":on-request" "--yolo:never"; do
        run claudex run ${pair%:*} . -- sh -c \
            'CODEX_API_KEY=x timeout 20 codex exec --skip-git-repo-check hi </dev/null 2>&1 | grep -m 3 -E "^(model|approval|sandbox):"'
        echo "$output"
        has "$output" "sandbox: danger-full-access"
        has "$output" "approval: never" # nobody could answer `exec`
        run claudex run ${pair%:*} . -- cat /etc/codex/config.toml /etc/codex/managed_config.toml
        has "$output" "\"approval_policy\" = \"${pair#*:}\""
        has "$output" '"check_for_update_on_startup" = false'
    done
}

@test "Codex asks for a login and not whether the folder is trusted" {
    open_terminal
    typed "claudex run --agent codex ."
    shows 'Sign in with ChatGPT' 40
    run screen
    lacks "$output" "trust"
}

@test "what an agent changed in its settings is gone in the next box" {
    claudex run . -- sh -c 'echo "{}" >~/.claude/settings.json; mkdir -p ~/.claude/commands ~/.codex;
        echo x >~/.claude/commands/evil.md; echo "model = \"x\"" >~/.codex/config.toml'
    run claudex run . -- sh -c 'ls ~/.claude ~/.codex; cat ~/.claude/settings.json'
    lacks "$output" commands
    lacks "$output" config.toml
    has "$output" DISABLE_AUTOUPDATER
}

@test "a box that was kept starts clean as well, whatever the agent left in its home" {
    start_box --keep
    claudex exec "$name" -- sh -c 'echo "{}" >~/.claude/settings.json; echo "{}" >~/.claude.json
        mkdir -p ~/.codex/a/b ~/.agents/skills; touch ~/.codex/a/b/c ~/other; chmod 0 ~/.codex/a
        mkdir ~/.claude/folder; ln -s /workspace ~/.claude/link; rm -rf ~/.codex/tmp'
    claudex stop "$name"
    claudex run -d "$project" -- sleep 600
    equal "$(in_home .claude/settings.json .permissions.defaultMode)" '"default"'
    equal "$(in_home .claude.json .hasCompletedOnboarding)" true
    run claudex exec "$name" -- sh -c 'ls -A ~ ~/.claude; cat /workspace/*/file; ls ~/.codex/a'
    has "$output" "cannot access '/home/node/.codex/a'"
    lacks "$output" .agents
    lacks "$output" folder
    lacks "$output" link
    has "$output" other
    has "$output" "a file of the project"
    claudex rm --force "$name"
}

@test "the user's own settings are merged with ours by their keys" {
    mkdir -p "$HOME/.claude/agents" "$HOME/.codex"
    echo '{"model": "opus", "permissions": {"allow": ["Bash(ls:*)"]}, "env": {"A": "b"}}' \
        >"$HOME/.claude/settings.json"
    echo "an agent" >"$HOME/.claude/agents/one.md"
    echo 'sandbox_mode = "read-only"
model = "gpt-of-mine"' >"$HOME/.codex/config.toml"
    echo "of mine" >"$world/notes"
    say '[home]' 'file = ~/.claude/settings.json' 'file = ~/.claude/agents' \
        'file = ~/.codex/config.toml' "file = $world/notes"
    start_box
    equal "$(in_home .claude/settings.json '[.model, .permissions, .env]')" \
        '["opus",{"allow":["Bash(ls:*)"],"defaultMode":"default"},{"A":"b","DISABLE_AUTOUPDATER":"1"}]'
    run claudex exec "$name" -- sh -c 'cat ~/.claude/agents/one.md ~/notes; stat -c %U%a ~/notes ~/.claude/agents'
    equal "$output" $'an agent\nof mine\nnode600\nnode700'
    # Codex merges its own layers: the user's choice counts but for what the box has to be.
    run claudex exec "$name" -- sh -c \
        'CODEX_API_KEY=x timeout 20 codex exec --skip-git-repo-check hi </dev/null 2>&1 | grep -m 3 -E "^(model|approval|sandbox):"'
    has "$output" "model: gpt-of-mine"
    has "$output" "sandbox: danger-full-access"
}

@test "settings that are no JSON are refused with file and line, and nothing is left" {
    mkdir -p "$HOME/.claude"
    printf '{\n"model": \n}\n' >"$HOME/.claude/settings.json"
    say '[home]' 'file = ~/.claude/settings.json'
    refused 125 "settings.json:3: " claudex run . -- true
    say '[home]' 'file = ~/.missing'
    refused 125 ".missing: no such file" claudex run . -- true
    say '[home]' "file = /dev/null"
    refused 125 "neither a file nor a folder" claudex run . -- true
}

@test "promise 20: a project cannot ask for files of the user's home" {
    mkdir "$HOME/.ssh"
    printf '[home]\nfile = ~/.ssh\n' >.claudex
    refused 125 "would widen the box" claudex run . -- true
}
