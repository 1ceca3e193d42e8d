#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# The two ways in: as a plugin of the docker CLI, and as plain claudex.

load lib.bash
export BATS_TEST_TIMEOUT=90

verbs=(run build update list status shell exec attach logs stop rm push pull version)

@test "docker lists it, with its version" {
    run docker --help
    has "$output" "claudex"
    run docker info --format '{{json .ClientInfo.Plugins}}'
    equal "$(jq -r '.[] | select(.Name == "claudex") | .Version' <<<"$output")" "$version"
    equal "$(jq -r '.[] | select(.Name == "claudex") | .Err' <<<"$output")" null
}

@test "both help forms, of all and of each verb, on stdout" {
    for form in "docker claudex --help" "docker help claudex" "claudex --help" "claudex help"; do
        # shellcheck disable=SC2086
        run --separate-stderr $form
        echo "$form: $status $stderr"
        equal "$status" 0
        for verb in "${verbs[@]}"; do
            has "$output" "$verb"
        done
    done
    for verb in "${verbs[@]}"; do
        run docker claudex "$verb" --help
        equal "$status" 0
        has "$output" "docker claudex $verb"
        run docker help claudex "$verb"
        has "$output" "docker claudex $verb"
        run claudex "$verb" --help
        has "$output" "claudex $verb"
        lacks "$output" "docker claudex $verb"
    done
}

@test "the manual page has every verb and every option" {
    man=$(<"$top/docs/docker-claudex.1")
    for verb in "${verbs[@]}"; do
        has "$man" ".Ss $verb"
        for option in $(claudex "$verb" --help | grep -oE -- '^ +(-[a-z], )?--[a-z0-9-]+' | grep -oE -- '[a-z0-9-]+$'); do
            has "$man" "-${option#--}"
        done
    done
}

@test "version: ours, the engine's, the agents'" {
    run claudex version
    has "$output" "$version"
    run docker claudex version --format json
    equal "$(jq -r .version <<<"$output")" "$version"
}

@test "bare claudex means run: of the current folder, of a folder" {
    run claudex -- cat file
    equal "$output" "a file of the project"
    cd /
    run claudex "$project" -- cat file
    equal "$output" "a file of the project"
}

@test "bare docker claudex shows the help" {
    run docker claudex
    has "$output" "run"
    nothing_left
}

@test "completion: verbs, options, names of boxes" {
    run docker __complete claudex ""
    has "$output" run
    has "$output" status
    run docker __complete claudex run --me
    has "$output" --memory
    start_box
    run docker __complete claudex stop ""
    has "$output" "$name"
    run claudex __complete run --agent ""
    has "$output" codex
}

@test "the daemon is found by -H, DOCKER_HOST, a context, DOCKER_CONTEXT, as docker does" {
    socket=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)
    ln -s "${socket#unix://}" "$world/engine.sock"
    docker context create "$token" --docker "host=unix://$world/engine.sock" >/dev/null
    start_box
    has "$(DOCKER_HOST="unix://$world/engine.sock" claudex list -q)" "$name"
    has "$(docker -H "unix://$world/engine.sock" claudex list -q)" "$name"
    has "$(claudex -H "unix://$world/engine.sock" list -q)" "$name"
    has "$(docker --context "$token" claudex list -q)" "$name"
    has "$(claudex --context "$token" list -q)" "$name"
    has "$(DOCKER_CONTEXT=$token claudex list -q)" "$name"
    docker context use "$token" >/dev/null
    has "$(claudex list -q)" "$name"
    # It is the chosen one that is used.
    ln -sf "$world/nowhere.sock" "$world/engine.sock"
    for form in "claudex list" "docker claudex list"; do
        # shellcheck disable=SC2086
        run $form
        equal "$status" 125
        has "$output" "$world/engine.sock"
    done
    # DOCKER_HOST wins over the context, as in docker.
    has "$(DOCKER_HOST=$socket claudex list -q)" "$name"
}

# certificate NAME CN ISSUER [EXTENSION]: NAME.pem and NAME.key in $world/tls.
certificate()
{
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$1.pem" 2>/dev/null
}

@test "an engine behind TLS: with the right CA and certificate, and only with those" {
    command -v openssl >/dev/null || skip "openssl is not here"
    mkdir "$world/tls" && cd "$world/tls"
    for ca in ca other; do
        openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -subj "/CN=$ca" -days 2 \
            -out $ca.pem 2>/dev/null
    done
    certificate server localhost ca
    certificate cert client ca
    cp cert.key key.pem
    helper tls --network host --entrypoint node \
        --mount "type=bind,source=$e2e,target=/e2e,readonly" \
        --mount "type=bind,source=$world/tls,target=/tls" \
        --mount "type=bind,source=/var/run/docker.sock,target=/docker.sock" \
        "$image" /e2e/tls-front.js /tls /docker.sock
    eventually 20 test -s port
    at=tcp://localhost:$(<port)
    start_box
    run env DOCKER_HOST="$at" DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$world/tls" claudex list -q
    has "$output" "$name"
    run env DOCKER_HOST="$at" DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$world/tls" \
        claudex exec "$name" -- sh -c 'cat; exit 5' < <(echo through tls)
    equal "$output" "through tls"
    equal "$status" 5
    run claudex --tlsverify --tlscacert ca.pem --tlscert cert.pem --tlskey key.pem -H "$at" list -q
    has "$output" "$name"
    docker context create "$token-tls" \
        --docker "host=$at,ca=$world/tls/ca.pem,cert=$world/tls/cert.pem,key=$world/tls/key.pem" >/dev/null
    has "$(claudex --context "$token-tls" list -q)" "$name"

    run claudex --tlsverify --tlscacert other.pem --tlscert cert.pem --tlskey key.pem -H "$at" list -q
    equal "$status" 125
    has "${output,,}" "certificate"
    run env DOCKER_HOST="$at" claudex list -q
    equal "$status" 125
    lacks "$output" "$name"
}

@test "the docker CLI's own config folder is honoured" {
    start_box
    mkdir "$world/other"
    ln -s "$DOCKER_CONFIG/cli-plugins" "$world/other/cli-plugins"
    echo '{"currentContext": "gone"}' >"$world/other/config.json"
    run docker --config "$world/other" claudex list
    [ "$status" -ne 0 ]
    run claudex --config "$world/other" list
    equal "$status" 125
    has "$output" gone
}

@test "a path with spaces works for all of it" {
    mkdir "$world/with spaces"
    ln -s "$plugin" "$world/with spaces/claudex"
    new_project "$world/with spaces/$token project"
    run "$world/with spaces/claudex" run "$world/with spaces/$token project" -- cat file
    equal "$output" "a file of the project"
}
