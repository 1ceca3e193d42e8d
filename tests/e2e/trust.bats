#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# What a project's file asks for, and its user's consent. Every key is a unit test's.

load lib.bash
export BATS_TEST_TIMEOUT=90

wants() { printf '%s\n' "$@" >.claudex; }
dry=(claudex run --dry-run . -- true)

# The keys that a project may set as it likes, and the flags that are safe where they say so.
tightens='packages |agent yolo=no|run port|run memory|run cpus|run pids|run x11=no|network mode'
tightens+='|network deny|network private=no|ssh agent=no|ssh confirm=yes|ssh log=yes|git isolate=yes|git track=yes'
tightens+='|tokens shared=no|ssh limit'

@test "promise 20: every key of the example is refused by its line, but those that tighten" {
    mkdir -p skills/review "$world/docs" "$HOME/.claude"
    touch AGENTS.md "$HOME/.claude/settings.json"
    n=0
    while read -r section key value; do
        for value in "$value" $([[ $value != yes && $value != no ]] || echo yes no); do
            line=$key
            [ "$section" = packages ] || line="$key = $value"
            wants "[$section]" "$line"
            run --separate-stderr "${dry[@]}"
            echo "--- [$section] $line: $status $stderr"
            if [ "$status" = 0 ]; then
                [[ "|$tightens|" == *"|${section%.*} $key|"* || "|$tightens|" == *"|${section%.*} $key=$value|"* ||
                    $section == packages ]]
            else
                equal "$status" 125
                has "$stderr" ".claudex:2: "
                has "$stderr" "$section"
                # A section that is not built yet is refused as a whole.
                [[ $stderr == *"[$section] is not built yet"* ]] || has "$stderr" "$key"
            fi
            n=$((n + 1))
        done
    done < <(claudex config --example | sed -nE \
        -e 's/^(#   )?\[([a-z.]+)\]$/\2/;T lines;h;d' \
        -e ':lines;/^#   /!d;s/^#   ([^ ]+)( = (.*))?$/\1 \3/;G;s/^(.*)\n(.*)$/\2 \1/p')
    [ "$n" -gt 40 ]
}

@test "promise 20: without a terminal refused, with the command that agrees" {
    wants '[network]' 'mode = open'
    refused 125 ".claudex:2: [network] mode = open" claudex run . -- true
    has "$stderr" "docker claudex trust $project"
    has "$stderr" "--trust"
}

@test "promise 20: --trust agrees, shows what to, and is remembered for these lines alone" {
    wants '[network]' 'mode = open'
    run --separate-stderr claudex run --trust --dry-run . -- true
    equal "$status" 0
    has "$stderr" "mode = open"
    equal "$("${dry[@]}" | jq -r '.Labels["io.claudex.network"]')" open
    wants '# the same' '[network]' 'deny = gist.example' 'mode = open'
    "${dry[@]}" >"$world/spec"
    wants '[network]' 'mode = open' '[run]' 'env = TOKEN'
    refused 125 "+ .claudex:4: [run] env = TOKEN" claudex run . -- true
}

@test "promise 20: another folder with the same lines is another question" {
    wants '[network]' 'mode = open'
    claudex trust
    new_project "$world/b/$token"
    cp .claudex "$world/b/$token/"
    refused 125 "mode = open" claudex run "$world/b/$token" -- true
    cd "$world/b/$token"
    refused 125 "mode = open" claudex run -- true
}

@test "promise 20: what was given up cannot be put back unasked" {
    wants '[network]' 'mode = open'
    claudex trust
    rm .claudex
    "${dry[@]}" >"$world/spec"
    wants '[network]' 'mode = open'
    refused 125 "mode = open" claudex run . -- true
}

@test "promise 20: what an agent writes into a project that had no file is asked for" {
    run claudex run . -- sh -c 'printf "[network]\nmode = open\n[agent]\nyolo = yes\n" >.claudex'
    equal "$status" 0
    refused 125 ".claudex:2: [network] mode = open" claudex run . -- true
    has "$stderr" ".claudex:4: [agent] yolo = yes"
}

@test "promise 20: a file that is there, of either name, cannot be changed, moved or removed inside" {
    for file in .claudex .claudecker; do
        printf '[run]\nmemory = 1g\n' >"$file"
        chown "$project_uid" "$file"
        run claudex run --parallel . -- sh -c "echo x >>$file; mv $file y; rm -f $file; ln -sf /etc/passwd $file; \
            mv ../$token ../z; printf '' | dd of=$file conv=notrunc; truncate -s 0 $file; cat $file"
        echo "$output"
        has "$output" "memory = 1g"
        equal "$(cat "$file")" "$(printf '[run]\nmemory = 1g')"
        [ ! -L "$file" ]
        rm "$file"
    done
}

@test "promise 20: of several projects each is asked for, and only those that ask" {
    for folder in b c; do
        new_project "$world/$folder$token"
        printf '[run]\nenv = TOKEN_%s\n' "$folder" >"$world/$folder$token/.claudex"
    done
    wants '[run]' 'memory = 1g'
    refused 125 "TOKEN_b" claudex run . "$world/b$token" "$world/c$token" -- true
    claudex trust "$world/b$token"
    refused 125 "TOKEN_c" claudex run . "$world/b$token" "$world/c$token" -- true
    claudex trust "$world/c$token"
    claudex run --dry-run . "$world/b$token" "$world/c$token" -- true >"$world/spec"
    equal "$(claudex trust --list -q | wc -l)" 2
}

@test "promise 20: a link in the project that leads elsewhere is another path" {
    mkdir "$world/docs" "$world/secrets"
    ln -s ../docs link
    wants '[run]' 'include = link'
    claudex trust
    equal "$("${dry[@]}" | jq -r '.HostConfig.Mounts[] | select(.Target | startswith("/context")).Target')" /context/docs
    ln -sfn ../secrets link
    refused 125 "($world/secrets)" claudex run . -- true
    has "$stderr" "($world/docs)"
}

@test "trust: says what there is to agree to, lists it, takes it back" {
    run claudex trust
    has "$output" "nothing to agree to"
    wants '[run]' 'memory = 1g'
    run claudex trust
    has "$output" "asks for nothing"
    wants '[run]' 'env = TOKEN'
    run claudex trust
    equal "$status" 0
    has "$output" "[run] env = TOKEN"
    run claudex trust
    has "$output" "you have agreed"
    run claudex trust --list
    has "$output" "$project"
    has "$output" "[run] env = TOKEN"
    equal "$(claudex trust --list --format json | jq -r '.[0].folder, .[0].lines[0]')" "$project
[run] env = TOKEN"
    equal "$(claudex trust --list -q)" "$project"
    claudex trust --revoke
    equal "$(claudex trust --list --format json)" "[]"
    refused 125 "env = TOKEN" claudex run . -- true
    claudex trust --yes
    rm -r "${project:?}/.claudex"
    mv "$project" "$project.gone"
    cd /
    claudex trust --revoke "$project"
    equal "$(claudex trust --list -q)" ""
    mv "$project.gone" "$project"
    refused 2 "--list" claudex trust --list --revoke
    refused 2 "DIR" claudex trust --list "$project"
    refused 125 nowhere claudex trust "$world/nowhere"
}

# fresh: a shell that waits, and nothing else on the screen or above it. What is typed before is
# the session's.
only_prompt()
{
    # What is cleared away goes there, whenever that is.
    tmux -S "$world/tmux" clear-history
    [[ $(screen) =~ ^"host> "$ ]]
}
fresh()
{
    shows '^host> $'
    keys C-l
    eventually 10 only_prompt
}

@test "on a terminal: shown, asked; no is no, yes counts until the lines change" {
    wants '[run]' 'env = TOKEN'
    open_terminal
    typed "claudex run . -- echo it ran"
    shows '\.claudex:2: \[run\] env = TOKEN'
    shows 'allow this for .*\[y/N\]'
    typed ""
    shows 'not agreed to, so nothing is done'
    fresh
    typed "claudex run . -- echo it ran"
    shows 'allow this for'
    keys C-c
    shows 'not agreed to, so nothing is done'
    nothing_left
    fresh
    typed "claudex run . -- echo it ran"
    shows 'allow this for'
    typed "y"
    shows '^it ran'
    fresh
    typed "claudex run . -- echo again it ran"
    shows '^again it ran'
    lacks "$(screen)" "allow this"
    wants '[run]' 'env = OTHER'
    fresh
    typed "claudex run . -- echo it ran"
    shows '^claudex: - \[run\] env = TOKEN'
    shows '^claudex: \+ \.claudex:2: \[run\] env = OTHER'
    shows 'allow this for'
    typed "no"
    shows 'not agreed to'
}

@test "a file that changes while the question stands: what was shown is what counts" {
    wants '[network]' 'mode = open' '[run]' 'memory = 1g'
    open_terminal
    typed "claudex run --dry-run . -- true | jq -r '.HostConfig.Memory, (.Labels[\"io.claudex.network\"])'"
    shows 'allow this for'
    # In place, so that it is the same file.
    wants '[network]' 'mode = open' '[run]' 'memory = 64g' '[agent]' 'yolo = yes'
    typed "y"
    shows '^1073741824$'
    shows '^open$'
    # What it says now is another question.
    refused 125 "yolo = yes" claudex run . -- true
}

@test "a file that is replaced while the question stands: the box does not start" {
    wants '[run]' 'env = TOKEN'
    open_terminal
    typed "claudex run . -- echo it ran; echo status \$?"
    shows 'allow this for'
    printf '[agent]\nyolo = yes\n' >other
    mv other .claudex
    typed "y"
    shows 'was replaced on the host'
    shows '^status 125'
    lacks "$(screen | grep -v 'echo it ran')" "it ran"
    nothing_left
}

@test "attack 41: a path that becomes a link while the question stands: the box does not start" {
    mkdir "$world/secrets" "$world/docs"
    echo hidden >"$world/secrets/file"
    echo rules >rules.md
    open_terminal
    for line in "include = $world/docs" "instructions = rules.md" "file = rules.md"; do
        section=run
        [[ $line != file* ]] || section=home
        wants "[$section]" "$line"
        typed "claudex run . -- sh -c 'cat /context/*/file instructions/*'"
        shows "allow this for"
        mv "$world/docs" "$world/docs.was" && ln -s secrets "$world/docs"
        mv rules.md rules.was && ln -s "$world/secrets/file" rules.md
        typed "y"
        shows 'became a link to somewhere else meanwhile'
        lacks "$(screen)" hidden
        rm "$world/docs" rules.md
        mv "$world/docs.was" "$world/docs"
        mv rules.was rules.md
        fresh
    done
    nothing_left
}

@test "escape sequences in what is asked for do not reach the terminal" {
    wants '[agent]' 'args = "\u001b[2J" x'$'\xe2\x80\xae''y'
    run claudex run . -- true
    equal "$status" 125
    lacks "$output" $'\e'
    lacks "$output" $'\xe2\x80\xae'
    has "$output" '\xe2\x80\xae'
}
