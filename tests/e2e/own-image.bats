#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Images of the user's own, which know nothing of claudex, keep every promise.

load lib.bash
load core.bash
export BATS_TEST_TIMEOUT=120

debian=debian:trixie-slim

# Images of these tests are called clx-own-<token>:NAME.
setup_file()
{
    BATS_TEST_NUMBER=0 BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR make_world
    own=clx-own-$token
    export own
    busybox_image
    odd_image
}

teardown_file()
{
    docker images --format '{{.Repository}}:{{.Tag}}' "clx-own-*$token*" |
        xargs --no-run-if-empty docker rmi --force >/dev/null
    end_world
}

# quiet_build TAG: of the Dockerfile on stdin; its client leaves files behind.
quiet_build() { TMPDIR=/tmp docker build --quiet --tag "$1" - >/dev/null; }

# One program, and links to it: no user, no libc, no /etc, no /tmp.
busybox_image()
{
    local applet
    mkdir -p "$world/root/bin"
    cp "$(command -v busybox)" "$world/root/bin/busybox"
    for applet in sh cat ls sleep mv kill id echo; do
        ln -s busybox "$world/root/bin/$applet"
    done
    tar -C "$world/root" -c . | docker import - "$own:busybox" >/dev/null
}

# All that an image can say about how it wants to be run, and folders that belong to the user
# who will be the agent.
odd_image()
{
    quiet_build "$own:odd" <<END
FROM $debian
RUN useradd --uid $project_uid --create-home someone && chown -R someone /usr/local /opt && \
    chmod -R go+w /usr/local
ENV PATH=/opt/tools:/usr/bin:/bin HOME=/nowhere MARK=of-the-image
USER someone
WORKDIR /nonexistent
VOLUME ["/data", "/home/node"]
EXPOSE 8080
HEALTHCHECK --interval=1s CMD touch /data/healthy /tmp/healthy
STOPSIGNAL SIGKILL
ENTRYPOINT ["/bin/echo", "entrypoint"]
CMD ["command"]
END
}

@test "an image of busybox alone keeps every promise" {
    core_box --image "$own:busybox"
    core_all
    equal "$(claudex exec "$name" -- id -un)" node
    equal "$(claudex exec "$name" -- sh -c 'echo $HOME; echo x >~/x && cat ~/x; echo y >/tmp/y && cat /tmp/y')" \
        "/home/node
x
y"
}

@test "a plain Debian keeps every promise" {
    core_box --image "$debian"
    core_all
}

@test "entrypoint, user, health check, volumes: every promise is kept" {
    core_box --image "$own:odd"
    core_all
    run claudex exec "$name" -- sh -c 'id -u; id -un; pwd; echo $HOME $MARK $PATH'
    equal "$output" "$project_uid
node
$box
/home/node of-the-image /opt/tools:/usr/bin:/bin"
    # A health check is run by the engine, unconfined.
    equal "$(docker inspect --format '{{.State.Health}}' "$name")" "<nil>"
    sleep 2
    run claudex exec "$name" -- ls /data/healthy /tmp/healthy
    [ "$status" -ne 0 ]
    # Nor is the image's own entrypoint or command run, with a command or without.
    equal "$(claudex run --parallel --image "$own:odd" . -- echo mine)" mine
    equal "$(echo 'echo shell' | claudex run --parallel --agent shell --image "$own:odd" .)" shell
}

@test "volumes of an image go with its box" {
    core_box --image "$own:odd"
    # Those of the image have no name but a number; the box's own stay.
    volumes=$(docker inspect --format '{{range .Mounts}}{{println .Name}}{{end}}' "$name" |
        grep -xE '[0-9a-f]{64}')
    equal "$(wc -w <<<"$volumes")" 2
    claudex stop --time 1 "$name"
    eventually 10 box_gone "$name"
    for volume in $volumes; do
        run ! docker volume inspect "$volume"
    done
    nothing_left
}

@test "a volume where projects and PID 1's own files lie is refused" {
    for folder in /workspace /run/claudex/public /context/x; do
        printf 'FROM %s\nVOLUME %s\n' "$own:busybox" "$folder" |
            quiet_build "$own:volume"
        refused 125 "a mount at $folder that nobody asked for" \
            claudex run --image "$own:volume" . -- echo started
    done
}

@test "an image without the agent says so: 127, and what can be done" {
    for agent in claude codex no-such-agent; do
        run --separate-stderr claudex run --image "$own:busybox" --agent "$agent" .
        echo "$stderr"
        equal "$status" 127
        has "$stderr" "cannot run $agent: not found in the box"
        has "$stderr" "the image $own:busybox has no $agent"
        has "$stderr" "--agent shell"
    done
    run --separate-stderr claudex run -d --image "$own:busybox" .
    echo "$stderr"
    equal "$status" 127
    equal "$output" ""
    has "$stderr" "has no claude"
    # A command that the user named is the user's business.
    run --separate-stderr claudex run --image "$own:busybox" . -- no-such-command
    equal "$status" 127
    lacks "$stderr" "the image"
    nothing_left
}

@test "an image without anything says so" {
    tar -cT /dev/null | docker import - "$own:empty" >/dev/null
    run --separate-stderr claudex run --image "$own:empty" --agent shell .
    echo "$stderr"
    equal "$status" 127
    has "$stderr" "cannot run /bin/sh"
    nothing_left
}

@test "programs of another libc" {
    quiet_build "$own:musl" <<END
FROM $debian AS compiler
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends musl-tools gcc
RUN printf '%s\n' '#include <stdio.h>' 'int main(void) { return puts("musl") < 0; }' >/hello.c && \
    musl-gcc -o /hello /hello.c && mkdir -p /root/lib && cp -L /lib/ld-musl-* /root/lib/
FROM $own:busybox
COPY --from=compiler /root/lib /lib
COPY --from=compiler /hello /bin/hello
END
    has "$(docker run --rm --entrypoint /bin/busybox "$own:musl" strings /bin/hello | grep ld-musl)" ld-musl
    equal "$(claudex run --image "$own:musl" . -- hello)" musl
    core_box --image "$own:musl"
    core_all
}

mounted() { docker inspect --format '{{range .Mounts}}{{.Destination}} {{end}}' "$1"; }

@test "claudex-init that an agent could write to is copied, not mounted" {
    core_box --image "$own:busybox"
    has "$(mounted "$name")" /usr/local/bin/claudex-init
    claudex rm --force "$name"
    # A project that holds the very program, as claudex's own does.
    mkdir "$project/bin"
    cp "$plugin" "${plugin%/*}/claudex-init" "$project/bin/"
    chown -R "$project_uid" "$project/bin"
    PATH=$project/bin:$PATH
    ln -s docker-claudex "$project/bin/claudex"
    core_box --image "$own:busybox"
    lacks "$(mounted "$name")" /usr/local/bin/claudex-init
    claudex exec "$name" -- sh -c "echo x >$box/bin/claudex-init"
    equal "$(<"$project/bin/claudex-init")" x
    core_all
}

@test "without one on this machine claudex-init comes out of claudex's image, once" {
    mkdir "$world/alone"
    cp "$plugin" "$world/alone/docker-claudex"
    ln -s docker-claudex "$world/alone/claudex"
    PATH=$world/alone:$PATH
    export XDG_CACHE_HOME=$world/cache
    for try in 1 2; do
        equal "$(claudex run --image "$own:busybox" . -- cat /proc/1/comm)" claudex-init
        mapfile -t kept < <(find "$world/cache" -type f)
        equal "${#kept[@]}" 1
        [ "$try" != 1 ] || made=$(stat -c %i:%Y "${kept[0]}")
        equal "$(stat -c %i:%Y "${kept[0]}")" "$made"
    done
    cmp "${kept[0]}" <(docker run --rm --entrypoint cat "$image" /usr/local/bin/claudex-init)
    nothing_left
}

@test "a kept box of the user's own image starts again, and is joined" {
    start_box --keep --image "$own:odd" -- sh -c 'echo started; sleep 600'
    equal "$(claudex run --image "$own:odd" . -- echo joined 2>/dev/null)" joined
    docker restart --time 1 "$name" >/dev/null
    equal "$(claudex run --image "$own:odd" . -- echo again 2>/dev/null)" again
    equal "$(docker logs "$name" | grep -c started)" 2
    refused 125 "image" claudex run --image "$own:busybox" . -- true || [ "$status" = 125 ]
    claudex rm --force "$name"
}

@test "an image that is not here; the specification shows what is mounted" {
    refused 125 "docker pull" claudex run --image localhost:1/no/such:1 . -- true
    run claudex run --dry-run --image "$own:odd" .
    mounted=$(jq -r '.HostConfig.Mounts[] | select(.Target == "/usr/local/bin/claudex-init")' <<<"$output")
    equal "$(jq -r .ReadOnly <<<"$mounted")" true
    cmp "$(jq -r .Source <<<"$mounted")" "${plugin%/*}/claudex-init"
    equal "$(jq -c .Healthcheck.Test <<<"$output")" '["NONE"]'
}

@test "[packages] are not for it, which is said" {
    printf 'hello\n' >.claudex
    run --separate-stderr claudex run --image "$own:busybox" . -- echo started
    equal "$output" started
    has "$stderr" "[packages] are put into claudex's own image only"
}
