#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Real clients through the gate: on the fake internet, and where they can be reached from here,
# on the real registries.

load lib.bash
load ../internet/internet.bash
export BATS_TEST_TIMEOUT=120

setup()
{
    make_world
    cd "$project"
    internet_prepare "$world/internet"
}

teardown()
{
    cd /
    end_world
    docker network rm "$token" >/dev/null 2>&1 || :
}

names=(www.test shop.test git.test registry.npmjs.org pypi.org files.pythonhosted.org github.com
    deb.debian.org)

# online [OPTION…]: the fake internet in a container on a network of the test, on an address
# like those of the world's, and a box that trusts its certificates and may use those names.
online()
{
    local subnet=11.$((RANDOM % 200 + 20)).$((RANDOM % 250)) name_
    local aliases=()
    for name_ in "${names[@]}" evil.test; do
        aliases+=(--network-alias "$name_")
    done
    docker network create --subnet "$subnet.0/24" "$token" >/dev/null
    helper internet --network "$token" --ip "$subnet.80" "${aliases[@]}" --user 0:0 --entrypoint node \
        --mount "type=bind,source=$internet_source,target=/source,readonly" \
        --mount "type=bind,source=$internet,target=/internet" "$image" /source/internet.js /internet web echo
    internet_saw ready
    internet_forget
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    {
        echo '[network]'
        printf 'allow = %s\n' "${names[@]}"
    } >"$XDG_CONFIG_HOME/claudex/config"
    cp "$internet/ca.pem" "$project/"
    start_box "$@"
    docker network connect "$token" "$name"
}

# inside SCRIPT: in the box, with the certificate authority of the fake internet alone.
inside()
{
    run claudex exec "$name" -- env "SSL_CERT_FILE=$box/ca.pem" "NODE_EXTRA_CA_CERTS=$box/ca.pem" \
        "GIT_SSL_CAINFO=$box/ca.pem" "PIP_CERT=$box/ca.pem" "CURL_CA_BUNDLE=$box/ca.pem" \
        "REQUESTS_CA_BUNDLE=$box/ca.pem" "npm_config_cafile=$box/ca.pem" bash -c "$1"
    echo "$output"
}

@test "curl: HTTP/2, HTTP/1.1, plain, many at once; what is not allowed is named" {
    online
    inside 'curl -sS --http2 https://www.test/two && curl -sS --http1.1 https://www.test/one && curl -sS http://www.test/plain'
    equal "$status" 0
    internet_saw 'https www.test GET /two HTTP/2.0'
    internet_saw 'https www.test GET /one HTTP/1.1'
    internet_saw 'http www.test GET /plain HTTP/1.1'
    inside 'curl -sS --parallel --parallel-max 30 "https://www.test/[1-100]" "http://shop.test/[1-100]"'
    equal "$(grep -cE '(www|shop).test GET /[0-9]+$' <<<"$output")" 200
    inside 'curl -sS -m 5 https://evil.test/'
    has "$output" 'Could not resolve host: evil.test'
    inside 'curl -sS -m 5 -H "Host: evil.test" http://www.test/'
    has "$output" 'evil.test is not allowed from this box; on the host: docker claudex allow evil.test'
    internet_never '.*evil.*'
}

@test "wget, Python and Node fetch" {
    online
    inside 'wget -qO- --ca-certificate "$SSL_CERT_FILE" https://www.test/wget
        python3 -c "import urllib.request as u; print(u.urlopen(\"https://www.test/python\").read().decode())"
        node -e "fetch(\"https://www.test/node\").then((r) => r.text()).then(console.log)"'
    equal "$status" 0
    for what in wget python node; do
        has "$output" "www.test GET /$what"
    done
}

@test "git clones, fetches and pushes nothing else, over https" {
    online
    mkdir -p "$internet/www"
    git init -q --bare -b main "$internet/www/app.git"
    git -C "$internet/www/app.git" config http.receivepack true
    git init -q -b main "$world/work"
    head -c 3000000 /dev/urandom >"$world/work/large"
    git -C "$world/work" add large
    git -C "$world/work" -c user.name=x -c user.email=x@x commit -qm first
    git -C "$world/work" push -q "$internet/www/app.git" main
    inside 'git clone -q https://git.test/repo/app.git /tmp/app && cd /tmp/app && echo more >more && git add more &&
        git -c user.name=a -c user.email=a@a commit -qm second && git push -q origin main && git log --oneline'
    equal "$status" 0
    equal "$(git -C "$internet/www/app.git" log --oneline main | wc -l)" 2
    internet_saw 'https git.test POST /repo/app.git/git-upload-pack HTTP.*'
    inside 'timeout 20 git clone -q https://evil.test/repo/app.git /tmp/evil'
    [ "$status" -ne 0 ]
    internet_never '.*evil.*'
}

# A repository of one package, as apt wants it.
debian_repository()
{
    local at=$internet/www/debian packages
    mkdir -p "$at/dists/stable/main/binary-amd64" "$at/pool" "$world/package/DEBIAN"
    printf '%s\n' 'Package: hello-gate' 'Version: 1' 'Architecture: all' 'Maintainer: x <x@x>' \
        'Description: a test' >"$world/package/DEBIAN/control"
    docker run --rm --label "clx-e2e-helper=$token" --user 0:0 --entrypoint sh \
        --mount "type=bind,source=$world,target=/world" "$image" -c \
        'cp -r /world/package /tmp/ && dpkg-deb -b /tmp/package /world/internet/www/debian/pool/hello-gate.deb' >/dev/null
    packages=$at/dists/stable/main/binary-amd64/Packages
    {
        cat "$world/package/DEBIAN/control"
        echo 'Filename: pool/hello-gate.deb'
        echo "Size: $(stat -c %s "$at/pool/hello-gate.deb")"
        echo "SHA256: $(sha256sum "$at/pool/hello-gate.deb" | cut -d ' ' -f 1)"
    } >"$packages"
    {
        printf '%s\n' 'Origin: test' 'Suite: stable' 'Codename: stable' 'Architectures: amd64' \
            'Components: main' "Date: $(LC_ALL=C date -Ru)" 'SHA256:'
        echo " $(sha256sum "$packages" | cut -d ' ' -f 1) $(stat -c %s "$packages") main/binary-amd64/Packages"
    } >"$at/dists/stable/Release"
}

@test "apt-get update and download, http with its pipelining, and https" {
    online
    debian_repository
    for scheme in http https; do
        inside "mkdir -p /tmp/apt/{lists,cache,state}/partial; touch /tmp/apt/status; cd /tmp/apt
            echo 'deb [trusted=yes arch=amd64] $scheme://deb.debian.org/debian stable main' >sources
            set -- -o Dir::Etc::sourcelist=/tmp/apt/sources -o Dir::Etc::sourceparts=- -o Dir::State=/tmp/apt \
                -o Dir::Cache=/tmp/apt/cache -o Dir::State::status=/tmp/apt/status -o Acquire::Languages=none \
                -o APT::Architecture=amd64 -o Acquire::https::CaInfo=$box/ca.pem -o Acquire::Retries=0
            apt-get \"\$@\" update && apt-get \"\$@\" download hello-gate && dpkg-deb -f hello-gate*.deb Package && rm -rf /tmp/apt"
        equal "$status" 0
        equal "${lines[-1]}" hello-gate
        internet_saw "$scheme deb.debian.org GET /debian/pool/hello-gate.deb HTTP/1.1"
    done
}

@test "npm install" {
    online
    mkdir -p "$world/npm/package" "$internet/www/left"
    echo '{"name": "left", "version": "1.0.0", "main": "index.js"}' >"$world/npm/package/package.json"
    echo 'module.exports = 42;' >"$world/npm/package/index.js"
    tar -C "$world/npm" -czf "$internet/www/left/left-1.0.0.tgz" package
    jq -n --arg sum "sha512-$(openssl dgst -sha512 -binary "$internet/www/left/left-1.0.0.tgz" | base64 -w 0)" \
        '{name: "left", "dist-tags": {latest: "1.0.0"}, versions: {"1.0.0": {name: "left", version: "1.0.0",
            dist: {tarball: "https://registry.npmjs.org/left/left-1.0.0.tgz", integrity: $sum}}}}' \
        >"$internet/www/left/index.json"
    inside 'mkdir -p /tmp/npm && cd /tmp/npm && echo "{}" >package.json &&
        npm install --no-audit --no-fund --registry https://registry.npmjs.org left && node -p "require(\"left\")"'
    equal "$status" 0
    equal "${lines[-1]}" 42
    internet_saw 'https registry.npmjs.org GET /left/left-1.0.0.tgz HTTP/1.1'
}

@test "pip download" {
    online
    mkdir -p "$internet/www/simple/tiny" "$internet/www/packages" "$world/tiny-1.0.dist-info"
    printf 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n' >"$world/tiny-1.0.dist-info/METADATA"
    printf 'Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"$world/tiny-1.0.dist-info/WHEEL"
    : >"$world/tiny-1.0.dist-info/RECORD"
    docker run --rm --label "clx-e2e-helper=$token" --user 0:0 --entrypoint python3 \
        --mount "type=bind,source=$world,target=/world" --workdir /world "$image" -m zipfile -c \
        internet/www/packages/tiny-1.0-py3-none-any.whl tiny-1.0.dist-info
    echo '<a href="https://files.pythonhosted.org/packages/tiny-1.0-py3-none-any.whl">tiny-1.0-py3-none-any.whl</a>' \
        >"$internet/www/simple/tiny/index.html"
    inside 'cd /tmp && pip download --no-cache-dir --disable-pip-version-check --index-url https://pypi.org/simple tiny && ls tiny*'
    equal "$status" 0
    equal "${lines[-1]}" tiny-1.0-py3-none-any.whl
    internet_saw 'https files.pythonhosted.org GET /packages/tiny-1.0-py3-none-any.whl HTTP/1.1'
}

@test "WebSockets and server-sent events" {
    online --include "$internet_source"
    inside 'for s in ws wss; do node /context/internet/client.js websocket $s://www.test/ hello; done
        for s in http https; do node /context/internet/client.js events $s://www.test/events/1000/20 30; done
        node /context/internet/client.js get https://www.test/grpc/call h2 body=x'
    equal "$(grep -c '^hello$' <<<"$output")" 2
    equal "$(grep -c '^30 events$' <<<"$output")" 2
    has "$output" 'grpc-status 0'
}

@test "Claude Code and Codex talk to their API through the gate, and to no other" {
    local pair
    docker network create "$token" >/dev/null
    start_box --include "$e2e/fake-api" --allow api
    docker network connect "$token" "$name"
    for pair in claude:anthropic codex:openai; do
        scenario 'echo from-the-box; curl -sS -m 3 http://evil.test/ || echo refused'
        cp "$project/scenario.json" "$world/"
        : >"$world/record.jsonl"
        helper api --network "$token" --network-alias api --user 0:0 --entrypoint node \
            --mount "type=bind,source=$e2e,target=/e2e,readonly" \
            --mount "type=bind,source=$world,target=/world" "$image" "/e2e/fake-api/${pair#*:}.js" \
            --host 0.0.0.0 --port 80 --scenario /world/scenario.json --record /world/record.jsonl
        is_up() { docker logs "$token-api" 2>/dev/null | grep -q http; }
        eventually 20 is_up
        drive "${pair%:*}"
        run claudex exec "$name" -- "${driving[@]}" http://api
        echo "$output"
        equal "$status" 0
        told=$(jq -rs 'max_by(.results | length).results[0]' "$world/record.jsonl")
        has "$told" from-the-box
        has "$told" refused
        docker rm --force "$token-api" >/dev/null
    done
}

@test "a service beside the box, by its name, at its private address" {
    docker network create "$token" >/dev/null
    helper db --network "$token" --network-alias db --network-alias other --user 0:0 --entrypoint node \
        --mount "type=bind,source=$internet_source,target=/source,readonly" \
        --mount "type=bind,source=$internet,target=/internet" "$image" /source/internet.js /internet echo
    internet_saw ready
    cp "$internet/ca.pem" "$project/"
    start_box --include "$internet_source" --allow db:5432
    docker network connect "$token" "$name"
    inside 'node /context/internet/client.js raw db 5432 "hello\n" "|" "!"; node /context/internet/client.js raw db 7 "hello\n" "|"
        node /context/internet/client.js get http://other/'
    equal "$output" $'hello\n-- end\n-- reset\nerror ENOTFOUND'
    equal "$(internet_count 'tcp .*')" 1
}

@test "a download of 8 GB, by http and by https, arrives whole" {
    online
    inside 'curl -sS http://www.test/bytes/8589934592 | wc -c'
    equal "$output" 8589934592
    inside 'curl -sS https://www.test/bytes/1073741824 | wc -c'
    equal "$output" 1073741824
}

@test "what the agent serves, at every address of its own, is not the gate's business" {
    online
    inside 'cd /tmp && echo served >page; python3 -m http.server 3000 --bind :: >/dev/null 2>&1 & python3 -m http.server 3001 --bind 127.0.0.1 >/dev/null 2>&1 &
        for i in {1..50}; do curl -sf http://127.0.0.1:3001/page >/dev/null && curl -sf "http://[::1]:3000/page" >/dev/null && break; sleep 0.1; done
        for to in "127.0.0.1:3000" "[::1]:3000" "0.0.0.0:3000" "localhost:3000" "$(hostname -i | cut -d" " -f1):3000" "$(hostname):3000" "127.0.0.1:3001"; do
            curl -sS -m 3 "http://$to/page" || echo "not at $to"
        done; kill %1 %2'
    equal "$(grep -c '^served$' <<<"$output")" 7
}

# A registry that this machine can reach, or the test says why it cannot run.
reachable() { curl -s -m 10 -o /dev/null "$1" || skip "$1 cannot be reached from this machine"; }

real()
{
    mkdir -p "$XDG_CONFIG_HOME/claudex"
    # Behind a company's proxy names may lead to addresses that are not the world's.
    printf '[network]\ngroups = apt npm\nprivate = yes\n' >"$XDG_CONFIG_HOME/claudex/config"
    start_box
}

@test "the real apt-get update" {
    reachable http://deb.debian.org/debian/dists/trixie/InRelease
    real
    run claudex exec "$name" -- bash -c 'mkdir -p /tmp/apt/lists/partial
        echo "deb http://deb.debian.org/debian trixie main" >/tmp/apt/sources
        timeout 100 apt-get -o Dir::Etc::sourcelist=/tmp/apt/sources -o Dir::Etc::sourceparts=- \
            -o Dir::State::lists=/tmp/apt/lists -o Dir::Cache=/tmp/apt -o Acquire::Languages=none update'
    echo "$output"
    equal "$status" 0
    has "$output" 'Get:1 http://deb.debian.org/debian trixie InRelease'
    has "$output" 'Fetched'
}

@test "the real npm view" {
    reachable https://registry.npmjs.org/left-pad
    real
    run claudex exec "$name" -- npm view left-pad version
    echo "$output"
    equal "$status" 0
    equal "${lines[0]}" 1.3.0
}
