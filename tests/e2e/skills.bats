#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2154 # commands for the box; what bats and lib.bash set
# Skills: the image's, the user's, and those of a real git server over TLS, which boxes reach
# through the gate like any other host. The agents are the real ones.

load lib.bash
export BATS_TEST_TIMEOUT=300

setup()
{
    make_world
    cd "$project" || return
}

teardown()
{
    cd /
    docker volume rm --force "$(volume)" >/dev/null
    docker image rm --force "clx-e2e-ca:$token" >/dev/null 2>&1 || :
    end_world
}

# The cache of this home's boxes.
volume() { echo "claudex-skills-$(printf %s "$HOME" | sha256sum | cut -c 1-8)"; }

# skill FOLDER NAME: a skill of one file.
skill()
{
    mkdir -p "$1"
    printf -- '---\nname: %s\ndescription: says %s\n---\n# %s\n' "$2" "$2" "$2" >"$1/SKILL.md"
}

# repository NAME [SCRIPT]: a bare one with a skill, after the script in its folder.
repository()
{
    local name=$1 work=$world/work
    shift
    skill "$work" "$name"
    git -C "$work" init --quiet --initial-branch main
    [ $# = 0 ] || (cd "$work" && sh -ec "$1")
    commit "$work"
    git -C "$work" tag v1
    git clone --quiet --bare "$work" "$world/git/$name.git"
    rm -rf "$work"
}
commit()
{
    git -C "$1" add --all
    git -C "$1" -c user.name=a -c user.email=a@b commit --quiet --allow-empty -m "${2:-one}"
}

# serve: the server, an authority for it, and an image that trusts that; sets $url and $options.
serve()
{
    mkdir -p "$world/git" "$world/ca"
    claudex run . -- true # the network of the boxes is there once a box was
    local host
    host=$(gateway)
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$world/ca/key" -out "$world/ca/ca.pem" \
        -subj /CN=tests -days 2 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$world/git/server.key" -out "$world/ca/csr" \
        -subj "/CN=$host" 2>/dev/null
    openssl x509 -req -in "$world/ca/csr" -CA "$world/ca/ca.pem" -CAkey "$world/ca/key" \
        -CAcreateserial -days 2 -out "$world/git/server.pem" 2>/dev/null
    printf 'FROM %s\nCOPY ca.pem /usr/local/share/ca-certificates/tests.crt\nRUN update-ca-certificates >/dev/null\n' \
        "$image" >"$world/ca/Dockerfile"
    docker build --quiet --tag "clx-e2e-ca:$token" "$world/ca" >/dev/null
    host_node git git-server.js /world/git /world/requests
    eventually 20 test -s "$world/requests.port"
    url=https://$host:$(<"$world/requests.port")
    : >"$world/requests"
    options=(--image "clx-e2e-ca:$token")
    allow="allow = ${url#https://}"
}

# say LINE…: the user's configuration: these skills, and the server let through.
say()
{
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    printf '%s\n' '[network]' "${allow-}" '[skills]' "$@" >"$XDG_CONFIG_HOME/claudex/config"
}

requests() { wc -l <"$world/requests"; }
in_box() { claudex run "${options[@]}" . -- "$@"; }

@test "our own two are there for both agents, and no agent can write them" {
    run claudex run . -- sh -c 'cat ~/.claude/skills/claudex-box/SKILL.md ~/.codex/skills/claudex-trail/SKILL.md
        echo x >>~/.claude/skills/claudex-box/SKILL.md || echo refused; rm -f ~/.codex/skills/claudex-trail/SKILL.md || echo refused'
    has "$output" "name: claudex-box"
    has "$output" "name: claudex-trail"
    equal "$(grep -c ^refused <<<"$output")" 2
}

@test "the user's folder is a skill; what is none is left out by name, and the session starts" {
    skill "$world/skills/good" good
    mkdir -p "$world/skills/empty"
    echo "# no front matter" >"$world/skills/empty/SKILL.md"
    skill "$world/skills/links" links
    ln -s ../../secret "$world/skills/links/up"
    skill "$world/skills/pipe" pipe
    ln -s /etc/passwd "$world/skills/pipe/abs"
    say "good = $world/skills/good" "empty = $world/skills/empty" "links = $world/skills/links" \
        "pipe = $world/skills/pipe" "none = $world/skills/none"
    run claudex run . -- sh -c 'cat ~/.codex/skills/good/SKILL.md; ls ~/.claude/skills'
    equal "$status" 0
    has "$output" "name: good"
    has "$output" "the skill empty is left out: its SKILL.md does not begin with"
    has "$output" "the skill links is left out: its link up leads out of it"
    has "$output" "the skill pipe is left out: its link abs leads out of it"
    has "$output" "the skill none is left out: "
    lacks "$(sed -n '/^[a-z]/p' <<<"${output##*name: good}")" $'\nlinks'
    say "good = $world/skills/good required"
    equal "$(claudex run . -- head -n 2 /home/node/.codex/skills/good/SKILL.md)" $'---\nname: good'
    say "none = $world/skills/none required"
    refused 125 "the skill none is required, and could not be had" claudex run . -- true
    say "links = $world/skills/links required"
    refused 125 "the skill links is required, and could not be had: its link up" claudex run . -- true
}

@test "of a project's own skills one that is not there is left out, and the others are there" {
    skill near near
    printf '[skills]\ngone = ./nowhere\nnear = ./near\n' >.claudex
    claudex trust --yes
    run claudex run . -- ls /home/node/.claude/skills
    equal "$status" 0
    has "$output" "the skill gone is left out: ./nowhere: No such file or directory"
    has "$output" near
    has "$(claudex skills update 2>&1)" "near "
    # What comes to be there was not agreed to.
    skill nowhere gone
    refused 125 "asks for" claudex run . -- true
    rm -r nowhere
    printf '[skills]\ngone = ./nowhere required\n' >.claudex
    refused 125 "gone ./nowhere: No such file" claudex run --trust . -- true
}

@test "a real git server serves them by branch, tag, path and commit; the next start is offline" {
    serve
    repository one
    repository two 'mkdir -p sub/deep; cp SKILL.md sub/deep; echo hi >sub/deep/more'
    repository three
    hash=$(git -C "$world/git/three.git" rev-parse main)
    say "one = $url/one.git@main" "two = $url/two.git//sub/deep@v1" "three = $url/three.git@$hash"
    run in_box sh -c 'cat ~/.claude/skills/*/more; cat ~/.codex/skills/one/SKILL.md; claudex-init --skills'
    echo "$output"
    equal "$status" 0
    has "$output" hi
    has "$output" "name: one"
    has "$output" "the skill three: ${hash:0:12}, 1 files"
    [ "$(requests)" -gt 0 ]
    docker rm --force "$token-git" >/dev/null
    : >"$world/requests"
    run in_box sh -c 'cat ~/.claude/skills/two/more; echo x >~/.claude/skills/two/more || echo refused'
    has "$output" hi
    has "$output" refused
    lacks "$output" fetching
    equal "$(requests)" 0
}

@test "both agents list the skills" {
    serve
    repository humanizer
    say "humanizer = $url/humanizer.git"
    scenario true
    for agent in claude codex; do
        : >"$project/record.jsonl"
        drive "$agent"
        # What an agent tells its API about itself holds the names of its skills.
        run claudex run "${options[@]}" --include "$e2e/fake-api" . -- "${driving[@]}"
        echo "$output"
        equal "$status" 0
        for name in humanizer claudex-box claudex-trail; do
            grep -qF "$name" "$project/record.jsonl" || {
                echo "$agent does not know $name"
                return 1
            }
        done
    done
}

@test "a reference that moved is told by update, and taken then; others stay" {
    serve
    repository one
    say "one = $url/one.git@main"
    in_box true
    old=$(git -C "$world/git/one.git" rev-parse main)
    git clone --quiet "$world/git/one.git" "$world/again"
    echo more >"$world/again/more"
    commit "$world/again" two
    git -C "$world/again" push --quiet
    new=$(git -C "$world/git/one.git" rev-parse main)
    equal "$(in_box claudex-init --skills json | jq -r '.[] | select(.name == "one").commit')" "$old"
    printf '[run]\nimage = %s\n' "clx-e2e-ca:$token" >>"$XDG_CONFIG_HOME/claudex/config"
    run claudex skills update
    echo "$output"
    has "$output" "main moved from ${old:0:12} to ${new:0:12}"
    equal "$(claudex skills list --format json | jq -r '.[] | select(.name == "one").commit')" "$new"
}

# A box that runs asks the server again after half a day: as if that had passed.
half_a_day_later()
{
    docker run --rm --entrypoint sh -v "$(volume):/v" "$image" -c 'touch -d "1 day ago" /v/seen/*'
}
@test "a reference that moved is told at the next start: asked while a session ran, no start waits" {
    serve
    repository one
    repository two
    say "one = $url/one.git@main" "two = $url/two.git@v1" "fixed = $url/two.git@$(git -C "$world/git/two.git" rev-parse main)"
    in_box true
    old=$(git -C "$world/git/one.git" rev-parse main)
    git clone --quiet "$world/git/one.git" "$world/again"
    commit "$world/again" two
    git -C "$world/again" push --quiet
    new=$(git -C "$world/git/one.git" rev-parse main)
    # Asked a moment ago.
    : >"$world/requests"
    run in_box true
    lacks "$output" "has moved"
    equal "$(requests)" 0
    half_a_day_later
    name=$(claudex run -d "${options[@]}" . -- sleep 600)
    lacks "$(docker logs "$name" 2>&1)" "has moved"
    asked() { docker exec "$name" sh -c 'grep -rq "$1" /run/claudex/skills/seen' sh "$new"; }
    eventually 60 asked
    claudex stop "$name"
    docker rm --force "$token-git" >/dev/null
    run in_box claudex-init --skills
    echo "$output"
    has "$output" "the skill one: main has moved to ${new:0:12}, here it is ${old:0:12}; docker claudex skills update"
    has "$output" "  moved to ${new:0:12}"
    equal "$(grep -c 'has moved' <<<"$output")" 1
}

@test "attack 42: hostile repositories are refused by name and reason, and the rest goes on" {
    serve
    repository good
    repository absolute 'ln -s /etc/passwd link'
    repository climbing 'mkdir d; ln -s ../../x d/link'
    repository filters 'echo "* filter=evil" >.gitattributes'
    repository modules 'printf "[submodule \"x\"]\npath=x\nurl=/x\n" >.gitmodules'
    repository submodule 'mkdir sub; git update-index --add --cacheinfo 160000,0123456789012345678901234567890123456789,sub'
    repository huge 'head -c 53000000 /dev/urandom >blob'
    repository many 'for i in $(seq 5001); do echo >$i; done'
    repository bare 'rm SKILL.md; echo x >file'
    repository broken 'printf -- "---\nname: [\n---\n" >SKILL.md'
    git init --quiet --bare "$world/git/empty.git"
    # A tree with a .git, which no git adds: made by hand.
    repository dotgit
    dot=$world/git/dotgit.git
    blob=$(echo evil | git -C "$dot" hash-object -w --stdin)
    inner=$(printf '100644 blob %s\tconfig\n' "$blob" | git -C "$dot" mktree)
    tree=$({ git -C "$dot" ls-tree main; printf '040000 tree %s\t.git\n' "$inner"; } | git -C "$dot" mktree)
    git -C "$dot" update-ref refs/heads/main \
        "$(git -C "$dot" -c user.name=a -c user.email=a@b commit-tree -m evil "$tree")"
    lines=()
    for name in good absolute climbing filters modules submodule huge many bare broken empty dotgit missing; do
        lines+=("$name = $url/$name.git")
    done
    say "${lines[@]}"
    run in_box sh -c 'ls ~/.claude/skills ~/.codex/skills'
    echo "$output"
    equal "$status" 0
    for part in "absolute is left out: its link link leads out of it" \
        "climbing is left out: its link link leads out of it" \
        "filters is left out: its .gitattributes asks for a filter" \
        "modules is left out: it has submodules" "submodule is left out: its folder sub is a submodule" \
        "huge is left out: it is larger than 50 MB" "many is left out: it has more than 5000 files" \
        "bare is left out: it has no SKILL.md" "broken is left out: line " \
        "empty is left out: its repository is empty" "dotgit is left out: it has a file called .git" \
        "missing is left out: cannot reach it"; do
        has "$output" "the skill $part"
    done
    listed=$(sed -n '/^\/home/,$p' <<<"$output" | sort -u)
    equal "$(grep -cxE 'good|claudex-box|claudex-trail' <<<"$listed")" 3
    equal "$(grep -cxE 'absolute|climbing|filters|modules|submodule|huge|many|bare|broken|empty|dotgit|missing' <<<"$listed")" 0
}

# What git itself makes of such a repository: the links lead out, the filter runs.
@test "attack 42: the control: git takes them as they are" {
    mkdir -p "$world/git"
    repository absolute 'ln -s /etc/passwd link'
    repository filters 'echo "* filter=evil" >.gitattributes'
    git clone --quiet "$world/git/absolute.git" "$world/absolute"
    has "$(<"$world/absolute/link")" root:
    git -c filter.evil.smudge="touch '$world/ran'; cat" clone --quiet "$world/git/filters.git" "$world/filters"
    [ -e "$world/ran" ]
}

@test "a commit that is not there, a branch that is not there, a path that is not there" {
    serve
    repository one
    say "commit = $url/one.git@0123456789012345678901234567890123456789" \
        "branch = $url/one.git@nope" "path = $url/one.git//nope"
    run in_box true
    equal "$status" 0
    has "$output" "the skill commit is left out: "
    has "$output" "the skill branch is left out: it has no branch and no tag 'nope'"
    has "$output" "the skill path is left out: it has no folder nope"
}

@test "a required skill that cannot be had starts nothing; a server that stalls costs a while only" {
    serve
    say "gone = $url/gone.git required"
    run claudex run "${options[@]}" . -- touch ran
    equal "$status" 125
    has "$output" "the skill gone is required"
    [ ! -e ran ]
    say "slow = $url/stall/x.git"
    run in_box echo started
    equal "$status" 0
    has "$output" "the skill slow is left out: "
    has "$output" started
}

@test "no room for a skill: said, and the others and the session go on" {
    docker volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=size=1m "$(volume)" >/dev/null
    serve
    skill "$world/skills/small" small
    repository large 'head -c 3000000 /dev/urandom >blob'
    say "large = $url/large.git" "small = $world/skills/small"
    run in_box cat /home/node/.claude/skills/small/SKILL.md
    echo "$output"
    equal "$status" 0
    has "$output" "the skill large is left out: "
    has "$output" "No space left on device"
    has "$output" "name: small"
}

@test "promise 4: a skill's host that is not allowed is not reached" {
    serve
    repository one
    allow='deny = example.com'
    say "one = $url/one.git" "far = https://far.example.org:8443/x" "near = git@near.example.org:x"
    run in_box echo started
    has "$output" "the skill one is left out: "
    has "$output" "let it through: --allow far.example.org:8443"
    has "$output" "the skill near is left out: it comes by ssh, and the box has no ssh agent"
    has "$output" started
    equal "$(requests)" 0
}

@test "skills that come unencrypted, or are written otherwise, are refused with what to write" {
    say 'one = git+ssh://git@example.org/skill.git@main'
    refused 125 "write ssh://USER@HOST/PATH" claudex run . -- true
    say 'one = git://example.org/skill.git'
    refused 125 "what comes unencrypted may be anybody's: write https://" claudex run . -- true
    say 'one = http://example.org/skill.git'
    refused 125 "what comes unencrypted may be anybody's: write https://" claudex run . -- true
}

@test "promise 20: a project's skills want the user's consent" {
    printf '[skills]\none = github:a/b@v1\n' >.claudex
    refused 125 "one = github:a/b@v1" claudex run . -- true
}
