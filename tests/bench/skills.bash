# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # what run sets
#
# Row 19: five repositories of a git server on this machine, over TLS, through the gate. Ours is
# from PID 1's first word of them to its last; theirs is git in the same kind of box.

skills_server=

# As tests/e2e/skills.bats: server, authority, an image that trusts it, five repositories.
skills_world()
{
    local host i folder=$world/git
    mkdir -p "$folder" "$world/ca" "$XDG_CONFIG_HOME/claudex"
    docker claudex run "$world/project" -- true </dev/null
    host=$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' claudex)
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$world/ca/key" -out "$world/ca/ca.pem" \
        -subj /CN=bench -days 2 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout "$folder/server.key" -out "$world/ca/csr" \
        -subj "/CN=$host" 2>/dev/null
    # mbedTLS looks for an address among the names, git's library where addresses are.
    openssl x509 -req -in "$world/ca/csr" -CA "$world/ca/ca.pem" -CAkey "$world/ca/key" \
        -CAcreateserial -extfile <(echo "subjectAltName=DNS:$host,IP:$host") -days 2 -out "$folder/server.pem" 2>/dev/null
    printf 'FROM %s\nCOPY ca.pem /usr/local/share/ca-certificates/bench.crt\nRUN update-ca-certificates >/dev/null\n' \
        "$image" >"$world/ca/Dockerfile"
    docker build --quiet --tag clx-bench-skills "$world/ca" >/dev/null
    for i in 1 2 3 4 5; do
        mkdir "$world/work"
        (
            cd "$world/work" || exit
            printf -- '---\nname: s%s\ndescription: bench\n---\n' "$i" >SKILL.md
            seq 20000 | split -l 100 - part-
            git init --quiet --initial-branch main
            git add --all
            git -c user.name=a -c user.email=a@b commit --quiet -m one
        )
        git clone --quiet --bare "$world/work" "$folder/s$i.git"
        rm -rf "$world/work"
    done
    skills_server=$(docker run --detach --rm --network host --entrypoint node \
        --mount "type=bind,source=$PWD/tests/e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world,target=/world" "$image" \
        /e2e/git-server.js /world/git /world/requests)
    until [ -s "$world/requests.port" ]; do sleep 0.1; done
    skills_url=https://$host:$(<"$world/requests.port")
}

skills_close()
{
    docker rm --force "$skills_server" >/dev/null
    docker volume rm --force "$(skills_volume)" >/dev/null
    docker image rm --force clx-bench-skills >/dev/null
    rm -f "$XDG_CONFIG_HOME/claudex/config"
}

skills_volume() { echo "claudex-skills-$(printf %s "$HOME" | sha256sum | cut -c 1-8)"; }
tokens_volume() { echo "claudex-tokens-$(printf %s "$HOME" | sha256sum | cut -c 1-8)"; }

# skills_say LINE...: the configuration.
skills_say()
{
    printf '%s\n' '[run]' 'image = clx-bench-skills' '[network]' "allow = ${skills_url#https://}" "$@" \
        >"$XDG_CONFIG_HOME/claudex/config"
}
with_skills()
{
    skills_say '[skills]' "s1 = $skills_url/s1.git" "s2 = $skills_url/s2.git" \
        "s3 = $skills_url/s3.git" "s4 = $skills_url/s4.git" "s5 = $skills_url/s5.git"
}

# How long PID 1 was at fetching, in milliseconds.
fetching()
{
    local line begin=0 end=0
    while read -r line; do
        case $line in
        *": fetching "*) begin=$(date +%s%N) ;;
        *": the skill "*files) end=$(date +%s%N) ;;
        esac
    done < <(docker claudex run --no-git "$world/project" -- true 2>&1 </dev/null)
    echo $(((end - begin) / 1000000))
}

# A file system like ext4 looks long for a free inode where many were given back within the last
# seconds, as by the removal of a container: each measurement begins behind that.
let_inodes_age() { sleep 6; }

# In turns: what else the machine does shall weigh on both.
row_19()
{
    local i cold='' theirs='' clone home=$HOME
    need_image || return 0
    project
    skills_world
    # shellcheck disable=SC2016
    clone='begin=$(date +%s%N); for i in 1 2 3 4 5; do
        git clone --quiet --depth 1 "$1/s$i.git" /tmp/s$i || exit 1; done
        echo $((($(date +%s%N) - begin) / 1000000))'
    for i in $(seq 7); do
        skills_say
        let_inodes_age
        theirs+="$(docker claudex run --no-git "$world/project" -- sh -c "$clone" sh "$skills_url" </dev/null) "
        with_skills
        let_inodes_age
        # Another home has another cache, an empty one.
        mkdir "$world/home$i"
        export HOME=$world/home$i
        cold+="$(fetching) "
        export HOME=$home
    done
    for i in $(seq 7); do
        HOME=$world/home$i
        docker volume rm --force "$(skills_volume)" "$(tokens_volume)" >/dev/null
    done
    export HOME=$home
    result "$(echo "${cold% }" | stats 1000)" "$(echo "${theirs% }" | stats 1000)"
    skills_close
}

# cache FOLDER: five skills of 200 files each as they lie in the cache, for whoever starts in
# FOLDER; their lines of the configuration on stdout.
cache()
{
    local i url commit
    mkdir -p "$1/refs"
    for i in 1 2 3 4 5; do
        url=https://example.org/s$i.git
        commit=$(printf %040d "$i")
        mkdir "$1/$commit"
        printf -- '---\nname: s%s\ndescription: bench\n---\n' "$i" >"$1/$commit/SKILL.md"
        seq 20000 | (cd "$1/$commit" && split -l 100 - part-)
        echo "$commit" >"$1/refs/$(printf %s "$url@main" | sha256sum | cut -c 1-64)"
        echo "s$i = $url@main"
    done
}

# From PID 1's exec to the session's, without an engine: only so are a few milliseconds seen.
row_19b()
{
    local run plain=$CONFIG ours='' theirs='' times=$world/times lines
    project
    rm -rf "$world/cache"
    lines=$(cache "$world/cache")
    for _ in $(seq 30); do
        for CONFIG in "$plain" "$plain"$'\n[skills]\n'"$lines"; do
            SKILLS=$world/cache boot "$CLOCK" /claudex-init /workspace/p/clock >"$times" 2>"$world/said" || {
                cannot "$(tail -n 1 "$world/said")"
                CONFIG=$plain
                return
            }
            run=$(awk 'NR == 1 { from = $1 } NR == 2 { printf "%.1f", $1 - from }' "$times")
            [ "$CONFIG" = "$plain" ] && theirs+="$run " || ours+="$run "
        done
    done
    CONFIG=$plain
    result "$(echo "${ours% }" | stats 1000)" "$(echo "${theirs% }" | stats 1000)"
}
