#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# What leaves a box and what comes in, counted on the far side.

load lib.bash
export BATS_TEST_TIMEOUT=90

# Every way out that needs no program of the attacker's; "PASSED" where something came back.
# Arguments: the host's address, a port where TCP and UDP are listened for.
probes='
import errno, socket, struct, sys
host, port = sys.argv[1], int(sys.argv[2])
def attempt(name, function):
    try:
        function()
        print("PASSED" if name != "control" else "ran", name)
    except OSError as error:
        print("failed", name, errno.errorcode.get(error.errno, error))
def tcp(family, address, *options):
    def run():
        s = socket.socket(family, socket.SOCK_STREAM)
        s.settimeout(2)
        for option in options:
            s.setsockopt(*option)
        s.connect(address)
        if not s.recv(5):
            raise OSError(errno.ECONNRESET, "nothing came")
    return run
def datagram(family, kind, protocol, address, data, *options):
    def run():
        s = socket.socket(family, kind, protocol)
        s.settimeout(0.5)
        for option in options:
            s.setsockopt(*option)
        for _ in range(3):
            s.sendto(data, address)
        return s.recv(100)
    return run
def dns(address):
    ask = datagram(v4, socket.SOCK_DGRAM, 0, (address, 53), query)
    def run():
        answer = ask()
        code, count = answer[3] & 15, answer[7]  # RFC 1035 4.1.1
        if code or not count:
            raise OSError(0, "answered with code %d" % code)
    return run
v4, v6 = socket.AF_INET, socket.AF_INET6
device = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"
echo = struct.pack("!BBHHH", 8, 0, 0xf7fd, 1, 1)
attempt("control", lambda: None)
attempt("tcp", tcp(v4, (host, port)))
attempt("tcp mapped", tcp(v6, ("::ffff:" + host, port)))
attempt("tcp bound to the device", tcp(v4, (host, port), device))
attempt("tcp 443 elsewhere", tcp(v4, ("192.0.2.1", 443)))
attempt("tcp v6 elsewhere", tcp(v6, ("2001:db8::1", 443)))
attempt("tcp v6 neighbour", tcp(v6, ("fe80::1%eth0", 80)))
attempt("metadata", tcp(v4, ("169.254.169.254", 80)))
attempt("udp", datagram(v4, socket.SOCK_DGRAM, 0, (host, port), b"x"))
attempt("udp bound to the device", datagram(v4, socket.SOCK_DGRAM, 0, (host, port), b"x", device))
attempt("dns", dns(host))
attempt("dns elsewhere", dns("8.8.8.8"))
attempt("dns at docker", dns("127.0.0.11"))
attempt("quic", datagram(v4, socket.SOCK_DGRAM, 0, (host, 443), b"x" * 1200))
attempt("multicast", datagram(v4, socket.SOCK_DGRAM, 0, ("224.0.0.251", 5353), query))
attempt("multicast v6", datagram(v6, socket.SOCK_DGRAM, 0, ("ff02::fb%eth0", 5353), query))
attempt("broadcast", datagram(v4, socket.SOCK_DGRAM, 0, ("255.255.255.255", 67), b"x",
                              (socket.SOL_SOCKET, socket.SO_BROADCAST, 1)))
attempt("ping", datagram(v4, socket.SOCK_DGRAM, socket.IPPROTO_ICMP, (host, 0), echo))
attempt("name", lambda: socket.getaddrinfo("example.com", 443))
'

probe()
{
    printf '%s' "$probes" >"$project/probes.py"
    run claudex exec "$name" -- python3 "$box/probes.py" "$(gateway)" "$port"
    echo "$output"
    has "$output" "ran control"
}

@test "promises 1-3: a box of the default mode sends nothing, whatever the agent tries" {
    listen
    start_box
    equal "$(docker inspect --format '{{index .Config.Labels "io.claudex.network"}}' "$name")" allowlist
    before=$(far_packets "$name")
    probe
    lacks "$output" PASSED
    equal "$(far_packets "$name")" "$before"
    equal "$(grep -c . "$arrivals")" 0
}

@test "the same in modes api and lockdown" {
    listen
    for mode in api lockdown; do
        start_box --parallel --network "$mode"
        before=$(far_packets "$name")
        probe
        lacks "$output" PASSED
        equal "$(far_packets "$name")" "$before"
    done
    equal "$(grep -c . "$arrivals")" 0
}

@test "control: in mode open the probes arrive, and AF_VSOCK still does not" {
    listen
    start_box --network open
    before=$(far_packets "$name")
    probe
    has "$output" "PASSED tcp"
    has "$output" "PASSED tcp mapped"
    has "$output" "PASSED ping"
    [ "$(arrived tcp)" -ge 2 ]
    [ "$(arrived udp)" -ge 3 ]
    [ "$(far_packets "$name")" -gt "$before" ]
    run claudex exec "$name" -- python3 -c 'import socket; socket.socket(socket.AF_VSOCK)'
    [ "$status" -ne 0 ]
}

@test "a port of the host that the configuration allows is reached, and no other" {
    listen
    ask() { claudex exec "$name" -- curl -s -m 5 "telnet://host.docker.internal:$1" </dev/null; }
    start_box --allow "host.docker.internal:$port"
    equal "$(ask "$port")" hello
    equal "$(arrived tcp)" 1
    run ask $((port ^ 1))
    [ "$status" -ne 0 ]
    has "$(claudex denied "$name")" "host.docker.internal:$((port ^ 1))"
    # Allowed later it may lead nowhere, and so says what to do.
    start_box --parallel
    has "$(claudex allow "host.docker.internal:$port" "$name")" "add --save, and start it anew"
    run ask "$port"
    [ "$status" -ne 0 ]
    equal "$(arrived tcp)" 1
}

@test "a refusal in a closed box is quick" {
    start_box
    run claudex exec "$name" -- bash -c 'time (exec 3<>/dev/tcp/192.0.2.1/443)'
    seconds=$(sed -n 's/^real.*m\([0-9]*\)\..*/\1/p' <<<"$output")
    echo "$output"
    equal "$seconds" 0
}

@test "the box reaches itself: loopback and its own address" {
    run claudex run . -- bash -c 'python3 -m http.server 3000 >/dev/null 2>&1 & 
        for i in $(seq 50); do curl -sf http://127.0.0.1:3000/file && break; sleep 0.1; done
        curl -sf "http://$(hostname -i | cut -d" " -f1):3000/file"; curl -sf http://localhost:3000/file'
    echo "$output"
    equal "$(grep -c 'a file of the project' <<<"$output")" 3
}

serve=(python3 -m http.server 8000)
answers() { curl -sf -m 3 "http://$1:$2/file" | grep -q "a file of the project"; }

@test "promise 17: a published port answers on the host's loopback and nowhere else" {
    start_box -p 8000 -- "${serve[@]}"
    published=$(docker port "$name" 8000/tcp)
    equal "${published%:*}" 127.0.0.1
    eventually 10 answers 127.0.0.1 "${published##*:}"
    run curl -s -m 3 "http://$(gateway):${published##*:}/file"
    [ "$status" -ne 0 ]
}

@test "promise 17: a port that is not published does not answer from the host" {
    start_box -p 8001 -- "${serve[@]}"
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$name")
    inside_answers() { claudex exec "$name" -- curl -sf http://127.0.0.1:8000/file >/dev/null; }
    eventually 10 inside_answers
    run curl -s -m 3 "http://$address:8000/file"
    [ "$status" -ne 0 ]
}

@test "promise 17: a sibling cannot pull data out of a box, published port or not" {
    start_box -p 8000 -- "${serve[@]}"
    published=$(docker port "$name" 8000/tcp)
    eventually 10 answers 127.0.0.1 "${published##*:}"
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$name")
    # Another box that may go anywhere, and a plain container on the same network.
    run claudex run --parallel --network open . -- curl -s -m 3 "http://$address:8000/file"
    [ "$status" -ne 0 ]
    run docker run --rm --label "clx-e2e-helper=$token" --network claudex --entrypoint curl "$image" \
        -s -m 3 "http://$address:8000/file"
    [ "$status" -ne 0 ]
}

@test "a port the user publishes wider answers there" {
    start_box -p 0.0.0.0:0:8000 -- "${serve[@]}"
    published=$(docker port "$name" 8000/tcp | head -1)
    eventually 10 answers "$(gateway)" "${published##*:}"
}

@test "a fixed host port; one that is taken is an error that says so" {
    listen
    refused 125 "$port" claudex run -p "$port:8000" . -- true
}

@test "promise 1: the agent never runs before the firewall is closed" {
    listen
    claudex run . -- true
    gateway=$(gateway)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        claudex run . -- bash -c "for i in {1..50}; do echo >/dev/tcp/$gateway/$port; done 2>/dev/null; true"
    done
    equal "$(grep -c . "$arrivals")" 0
}

@test "a restarted box is as closed as before" {
    listen
    start_box --keep
    docker restart --time 2 "$name" >/dev/null
    before=$(far_packets "$name")
    probe
    lacks "$output" PASSED
    equal "$(far_packets "$name")" "$before"
    equal "$(grep -c . "$arrivals")" 0
}

@test "what is not built yet is refused, not ignored" {
    printf '[mcp.pal]\ncommand = pal\n' >.claudex
    refused 125 ".claudex:2: [mcp.pal] is not built yet" claudex run . -- true
    printf '[provider.home]\nbase_url = https://ai.example.org\n' >.claudex
    refused 125 ".claudex:2: [provider.home] is not built yet" claudex run . -- true
}
