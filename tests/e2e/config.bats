#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Settings: the user's, the project's, the command line's. Every key and error is a unit test's;
# here is what reaches a box.

load lib.bash
export BATS_TEST_TIMEOUT=90

user_config() { mkdir -p "$XDG_CONFIG_HOME/claudex" && cat >"$XDG_CONFIG_HOME/claudex/config"; }
planned() { claudex run --dry-run "$@" . -- true | jq -r "$get"; }

@test "the user's configuration, the project's over it, the command line over all" {
    get=.HostConfig.Memory
    printf '[run]\nmemory = 3g\n' | user_config
    equal "$(planned)" $((3 << 30))
    printf '[run]\nmemory = 2g\n' >.claudex
    equal "$(planned)" $((2 << 30))
    equal "$(planned --memory 1g)" $((1 << 30))
}

@test "promise 20: a project's file may tighten" {
    printf '[run]\nport = 3000\nmemory = 512m\npids = 100\n[network]\nmode = lockdown\n' >.claudex
    start_box
    run docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}' "$name"
    equal "$output" "536870912 100"
    has "$(docker port "$name" 3000/tcp)" 127.0.0.1
    equal "$(claudex status --format json "$name" | jq -r .mode)" lockdown
}

@test "promise 20: what widens is refused without consent, each line by its number" {
    install -m 644 /dev/null "$world/rules.md"
    for line in "run:env = TOKEN" "run:env = A=b" "run:include = /etc" "run:include = ../docs" \
        "run:image = debian:trixie-slim" "run:runtime = runc" "run:x11 = yes" \
        "run:port = 0.0.0.0:80:80" "run:instructions = $world/rules.md" "agent:name = sh" \
        "agent:args = --dangerously-skip-permissions" "agent:yolo = yes" "network:mode = open" \
        "network:allow = example.com" "network:private = yes" "ssh:agent = yes"; do
        printf '[%s]\n%s\n' "${line%%:*}" "${line#*:}" >.claudex
        echo "--- $line"
        refused 125 ".claudex:2" claudex run . -- true
    done
}

@test "promise 20: a project's file cannot undo the user's stricter choice" {
    printf '[network]\nmode = lockdown\n' | user_config
    printf '[network]\nmode = allowlist\n' >.claudex
    run claudex run -d . -- sleep 600
    echo "$output"
    if [ "$status" = 0 ]; then
        equal "$(claudex status --format json | jq -r .mode)" lockdown
    else
        has "$output" ".claudex:2"
    fi
    printf '[run]\nmemory = 1g\n' | user_config
    printf '[run]\nmemory = 64g\n' >.claudex
    run claudex run --dry-run . -- true
    echo "$output"
    [ "$status" = 125 ] || equal "$(jq .HostConfig.Memory <<<"$output")" $((1 << 30))
}

@test "the earlier tool's list of packages is read" {
    printf '# tools\nfile\ncowsay\nfile\n' >.claudecker
    has "$(claudex build --print)" "        cowsay \\
        file \\
    &&"
    printf '# tools\nCMake\n' >.claudecker
    refused 125 ".claudecker:2" claudex run . -- true
}

@test "config: what is in effect and who says so; the same as JSON" {
    printf '[run]\nmemory = 3g\n[network]\nmode = lockdown\ndeny = a.example\n' | user_config
    printf '[run]\nmemory = 2g\nenv = TOKEN\n[network]\nmode = allowlist\ndeny = b.example\n' >.claudex
    run --separate-stderr claudex config
    echo "$output"
    equal "$status" 0
    equal "$stderr" ""
    user=$XDG_CONFIG_HOME/claudex/config
    for line in "memory = 2g +; \.claudex:2" "mode = lockdown +; $user:4" "deny = a\.example +; $user:5" \
        "deny = b\.example +; \.claudex:6" "name = claude +; default" \
        "env = TOKEN +; \.claudex:3, not agreed to: docker claudex trust"; do
        grep -qxE -- "$line" <<<"$output"
    done
    # Lines of it are lines of a configuration.
    sed '/TOKEN/d' <<<"$output" >"$world/again"
    equal "$(CLAUDEX_CONFIG=$world/again claudex config --format json "$HOME" | jq length)" \
        "$(claudex config --format json | jq 'map(select(.value != "TOKEN")) | length')"
    equal "$(claudex config --format json | jq -c '.[] | select(.key == "memory") | .value, .agreed, .origin.source, .origin.line')" \
        "$(printf '"2g"\ntrue\n"project"\n2')"
    equal "$(claudex config --format json | jq '.[] | select(.value == "TOKEN").agreed')" false
    claudex trust
    equal "$(claudex config --format json | jq '.[] | select(.value == "TOKEN").agreed')" true
    # From elsewhere by its path.
    cd /
    has "$(claudex config "$project")" "; $project/.claudex:2"
}

@test "config --example: a file that is right, with every section" {
    claudex config --example >"$world/example"
    for section in packages agent run network ssh git tokens skills mcp.example provider.example; do
        grep -qF "[$section]" "$world/example"
    done
    CLAUDEX_CONFIG=$world/example claudex config >/dev/null
    refused 2 "--example" claudex config --example --format json
}

# Each is one error by its line, and nothing is started. What the parser makes of more of them is
# a unit test's.
@test "attack 41: files that are odd: binary, BOM, CR LF, NUL, endless, unknown, twice, names of a shell's" {
    wrong() {
        echo "--- $1"
        refused 125 "$1" claudex run . -- true
        refused 125 "$1" claudex config
        refused 125 "$1" claudex trust
    }
    printf '[run]\0memory = 1g\n' >.claudex && wrong "NUL"
    printf '\xef\xbb\xbf[run]\n' >.claudex && wrong "byte order mark"
    printf '[run]\r\nmemory = 1g\r\n' >.claudex && wrong ".claudex:1: the line ends in CR LF"
    printf '[run]\nmemory = \xff\n' >.claudex && wrong ".claudex:2: not UTF-8"
    { printf '[run]\nmemory = ' && head -c 100000 /dev/zero | tr '\0' 1; } >.claudex && wrong ".claudex:2: a line of"
    printf '[nwtwork]\n' >.claudex && wrong "did you mean [network]"
    printf '[run]\nmemroy = 1g\n' >.claudex && wrong "did you mean 'memory'"
    printf '[run]\nmemory = 1g\nmemory = 2g\n' >.claudex && wrong "second time; the first is in line 2"
    printf '[packages]\n$(reboot)\n;x\n`id`\na;b\n-rf\n' >.claudex && wrong ".claudex:2: bad package"
    has "$stderr" ".claudex:4"
    has "$stderr" ".claudex:6"
    head -c 1048577 /dev/zero | tr '\0' '\n' >.claudex && wrong "larger than"
}

@test "ten thousand packages are too many, and refused before anything is built" {
    { echo '[packages]' && seq -f 'package%g' 10000; } >.claudex
    refused 125 "10000 packages" claudex run . -- true
}

@test "the earlier tool's list, beside a newer file, is not read" {
    printf 'cmake\n[run]\nmemory = 1g\n' >.claudecker
    equal "$(claudex config --format json | jq -r '.[] | select(.section == "packages") | .key, .origin.line')" "cmake
1"
    printf '[run]\nmemory = 2g\n' >.claudex
    run --separate-stderr claudex config --format json
    equal "$(jq -r '.[] | select(.section == "packages")' <<<"$output")" ""
    has "$stderr" ".claudecker is not read, for there is a .claudex"
}

@test "escape sequences of a project's file do not reach the terminal" {
    printf '[run]\nenv = \033]0;owned\007\n\033[2J = 1\n' >.claudex
    run claudex run . -- true
    equal "$status" 125
    lacks "$output" $'\e'
    lacks "$output" $'\a'
}
