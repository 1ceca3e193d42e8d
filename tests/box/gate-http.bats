#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # commands for the box; what bats and the helpers set
# Port 80 of a fake internet through the gate: every request says for whom it is.

load internet.bash

# asks STATUS TEXT...: raw text to www.test; the last answer's status line, or how it ended.
asks()
{
    local expected=$1
    shift
    run -0 client raw www.test 80 "$@"
    case $expected in
    [0-9]*) has "$(grep -a '^HTTP/1.1 ' <<<"$output" | tail -n 1)" "HTTP/1.1 $expected" ;;
    *) equal "${lines[-1]}" "-- $expected" ;;
    esac
}

get='GET / HTTP/1.1\r\nHost: www.test\r\n'

@test "promise 4: another Host is refused, in the first request and in the second" {
    online allowlist "$(allowed www.test)"
    asks 200 "$get"'Connection: close\r\n\r\n'
    asks 403 'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    has "$output" 'evil.test is not allowed from this box; on the host: docker claudex allow evil.test'
    asks 403 "$get"'\r\n' '|' 'GET /second HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    # Both at once, the second in pieces.
    asks 403 "$get"'\r\nGET /second HTTP/1.1\r\nHo' '|' 'st: evil.test\r\n\r\n'
    internet_saw 'http www.test GET / HTTP/1.1'
    internet_never '.*(evil|second).*'
    run -0 word mode open
    asks 200 'GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n'
    internet_saw 'http evil.test GET / HTTP/1.1'
}

@test "promise 4: two allowed hosts do not share a connection" {
    online allowlist "$(allowed www.test shop.test)"
    says '200 shop.test GET /' get http://www.test/ host=shop.test
    asks 421 "$get"'\r\n' '|' 'GET /second HTTP/1.1\r\nHost: shop.test\r\n\r\n'
    internet_never '.*second.*'
}

@test "promise 4: requests that can be read in two ways do not arrive" {
    local text tried=0
    online allowlist "$(allowed www.test)"
    for text in \
        'POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX' \
        'POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello' \
        'POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: xchunked\r\n\r\n' \
        'POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding : chunked\r\n\r\n' \
        'POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: +5\r\n\r\nhello' \
        'GET / HTTP/1.1\r\nHost: www.test\r\nHost: evil.test\r\n\r\n' \
        'GET / HTTP/1.1\r\nHost: www.test\r\n Host: evil.test\r\n\r\n' \
        'GET / HTTP/1.1\r\nHost: www.test\nHost: evil.test\r\n\r\n' \
        'GET / HTTP/1.1\r\nHost: www.test\0.evil.test\r\n\r\n' \
        'GET / HTTP/1.1\r\n\r\n' \
        'GET /\r\n' \
        'GET http://evil.test/ HTTP/1.1\r\nHost: www.test\r\n\r\n' \
        'CONNECT evil.test:443 HTTP/1.1\r\nHost: www.test\r\n\r\n' \
        'CONNECT www.test:80 HTTP/1.1\r\nHost: www.test\r\n\r\n' \
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' \
        'GET / HTTP/1.1\r\nHost: www.test\r\nUpgrade: h2c\r\nContent_Length: 4\r\n\r\n' \
        '\x16\x03\x01\x02\x00\x01'; do
        # As a connection's first request, and behind a good one.
        run -0 client raw www.test 80 "$text" for=1500
        echo "$text: $output"
        [[ $output =~ HTTP/1.1\ (400|403|405|501|505)|-- ]]
        lacks "$output" 'HTTP/1.1 2'
        run -0 client raw www.test 80 "$get\\r\\n" '|' "$text" for=1500
        equal "$(grep -ac 'HTTP/1.1 2' <<<"$output")" 1
        tried=$((tried + 1))
    done
    equal "$(internet_count 'http www.test GET / HTTP/1.1')" "$tried"
    equal "$(internet_log | grep -vE '^(dns .*|tcp 80 .*|http www.test GET / HTTP/1.1)$')" ''
    # The control: what is not in two ways does.
    says '200 www.test POST / 5 of body' get http://www.test/ body=hello
    asks 200 'GET http://www.test/absolute HTTP/1.1\r\nHost: www.test\r\nConnection: close\r\n\r\n'
    internet_saw 'http www.test GET http://www.test/absolute HTTP/1.1'
}

@test "promise 4: what stands in a body is no request, and what stands behind it is one" {
    online allowlist "$(allowed www.test)"
    local smuggled='GET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    asks 200 "POST / HTTP/1.1\r\nHost: www.test\r\nConnection: close\r\nContent-Length: 43\r\n\r\n$smuggled"
    has "$output" 'of body'
    asks 403 "POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 4\r\n\r\nbody$smuggled"
    asks 403 "POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n$smuggled"
    asks 200 'POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n' \
        segment=1
    has "$output" '4 of body'
    internet_never '.*smuggled.*'
}

@test "large bodies pass whole, and the request behind one is looked at" {
    online allowlist "$(allowed www.test)"
    as_agent bash -c '
        exec 7<>/dev/tcp/www.test/80
        printf "POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 50000000\r\n\r\n" >&7
        head -c 50000000 /dev/zero >&7
        printf "GET /behind HTTP/1.1\r\nHost: www.test\r\n\r\n" >&7
        while read -r line <&7 && [[ $line != *"GET /behind" ]]; do echo "$line"; done
        printf "GET /wrong HTTP/1.1\r\nHost: evil.test\r\n\r\n" >&7
        cat <&7' >"$BATS_TEST_TMPDIR/got" 3>&-
    grep -a 'POST / 50000000 of body' "$BATS_TEST_TMPDIR/got"
    grep -a 'HTTP/1.1 403' "$BATS_TEST_TMPDIR/got"
    internet_saw 'http www.test GET /behind HTTP/1.1'
    internet_never '.*wrong.*'
    # Chunked, with the last chunk's end in pieces.
    run -0 as_agent bash -c '
        exec 7<>/dev/tcp/www.test/80
        printf "POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" >&7
        for i in {1..20}; do
            printf "100000\r\n"
            head -c 1048576 /dev/zero
            printf "\r\n"
        done >&7
        printf "0\r" >&7
        sleep 0.1
        printf "\n\r\n" >&7
        cat <&7'
    has "$output" "POST / $((20 * 1048576)) of body"
}

@test "keep-alive and pipelining, as apt does it" {
    online allowlist "$(allowed www.test)"
    local i requests=
    for i in {1..50}; do
        requests+="GET /$i HTTP/1.1\\r\\nHost: www.test\\r\\n\\r\\n"
    done
    run -0 client raw www.test 80 "${requests}GET /last HTTP/1.1\\r\\nHost: www.test\\r\\nConnection: close\\r\\n\\r\\n"
    equal "$(grep -ac '^HTTP/1.1 200' <<<"$output")" 51
    for i in {1..50}; do
        has "$output" "www.test GET /$i"$'\n'
    done
    equal "$(internet_count 'tcp 80 .*')" 1
}

@test "what was asked for before a refusal is answered before it" {
    online allowlist "$(allowed www.test)"
    local evil='GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    # The server takes its time, and the next one has more to send than fits on the way.
    asks 403 "GET /slow/700 HTTP/1.1\\r\\nHost: www.test\\r\\n\\r\\n$get\\r\\n$evil$get\\r\\n"
    equal "$(grep -aoE '^(HTTP/1.1 ...|www.test .*|claudex: [a-z.]+)' <<<"$output")" \
        "$(printf '%s\n' 'HTTP/1.1 200' 'www.test GET /slow/700' 'HTTP/1.1 200' 'www.test GET /' \
            'HTTP/1.1 403' 'claudex: evil.test')"
    run -0 as_agent bash -c '
        exec 7<>/dev/tcp/www.test/80
        printf "GET /bytes/20000000 HTTP/1.1\r\nHost: www.test\r\n\r\nGET / HTTP/1.1\r\nHost: evil.test\r\n\r\n" >&7
        sleep 1 # so that all of the way is full
        tr -d "\0" <&7 | tr -d "\r"; echo "-- ${PIPESTATUS[0]}"'
    has "$output" 'content-length: 20000000'
    has "$output" 'HTTP/1.1 403 Refused'
    equal "${lines[-1]}" '-- 0'
    run -0 as_agent bash -c '
        exec 7<>/dev/tcp/www.test/80
        printf "GET /bytes/20000000 HTTP/1.1\r\nHost: www.test\r\n\r\nGET / HTTP/1.1\r\nHost: evil.test\r\n\r\n" >&7
        tr -cd "\0" <&7 | wc -c'
    equal "$output" 20000000
    # An answer that does not say beforehand how long it is.
    asks 403 "GET /events/5/100 HTTP/1.1\\r\\nHost: www.test\\r\\n\\r\\n$evil"
    equal "$(grep -aoE '^(HTTP/1.1 ...|data: .|claudex)' <<<"$output" | xargs)" \
        'HTTP/1.1 200 data: 1 data: 2 data: 3 data: 4 data: 5 HTTP/1.1 403 claudex'
    internet_never '.*evil.*'
    # Behind a request that never is whole, no answer is waited for.
    local part='POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n'
    asks 400 "$part"
    asks 400 "$get\\r\\n$part"
    has "$output" 'www.test GET /'
}

@test "promise 4: of all upgrades a WebSocket's alone arrives, and that without a body" {
    online allowlist "$(allowed www.test)"
    local offer preface='PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    # The server takes any upgrade, and at once: what it has not read yet is no body any more.
    for offer in h2c 'websocket, h2c' TLS/1.3 websocket; do
        asks 200 "POST / HTTP/1.1\\r\\nHost: www.test\\r\\nConnection: Upgrade, close\\r\\nUpgrade: $offer\\r\\nContent-Length: 24\\r\\n\\r\\n$preface"
        has "$output" 'www.test POST / 24 of body'
    done
    asks 200 "$get"'Connection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 43\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    asks 200 "$get"'Connection: Upgrade, close\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
    # Clients that offer it where it may be had go on without.
    run -0 as_agent curl -sS --http2 -w ' %{http_version}' http://www.test/offered
    equal "$output" $'www.test GET /offered\n 1.1'
    internet_never 'http-(websocket|malformed).*'
    # The control: this server would have.
    run -0 as_far node "$internet_source/client.js" raw 10.99.0.1 80 for=500 \
        "POST / HTTP/1.1\\r\\nHost: www.test\\r\\nConnection: Upgrade\\r\\nUpgrade: h2c\\r\\nContent-Length: 24\\r\\n\\r\\n$preface"
    has "$output" 'HTTP/1.1 101'
}

@test "WebSockets, plain and by TLS; after the 101 anything passes" {
    online allowlist "$(allowed www.test)"
    says $'101\nhello\nGET / HTTP/1.1\n-- end' websocket ws://www.test/ hello 'GET / HTTP/1.1'
    says $'101\nhello\n-- end' websocket wss://www.test/ hello
    says 403 websocket ws://www.test/ host=evil.test hello
    # Only as a connection's first request: behind another answer nobody finds the 101.
    asks 421 "$get"'\r\n' '|' 'GET /second HTTP/1.1\r\nHost: www.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    internet_never '.*second.*'
    internet_saw 'http-websocket www.test GET /'
    internet_saw 'https-websocket www.test GET /'
    # Without a 101 what follows is a request again.
    asks 403 'GET /status/200 HTTP/1.1\r\nHost: www.test\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n' \
        '|' 'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    internet_never '.*evil.*'
}

@test "server-sent events come as they are sent" {
    online allowlist "$(allowed www.test)"
    says '20 events' events http://www.test/events/1000/20 20
    says '20 events' events https://www.test/events/1000/20 20
}

@test "a head that is too long, or comes too slowly; an answer may take its time" {
    local url job jobs=()
    online allowlist "$(allowed www.test)"
    # Longer than anything but silence of both may last: 10 s (init/net/reactor.h).
    for url in http://www.test/events/1/11500 https://www.test/events/1/11500; do
        client events "$url" 1 >>"$BATS_TEST_TMPDIR/events" 2>&1 3>&- &
        jobs+=($!)
        internet_saw "${url%%:*} www.test GET /events.*"
    done
    asks 431 "$get""X: $(head -c 40000 /dev/zero | tr '\0' x)\\r\\n\\r\\n"
    asks 200 "$get""X: $(head -c 12000 /dev/zero | tr '\0' x)\\r\\nConnection: close\\r\\n\\r\\n"
    internet_forget
    local start=$SECONDS
    asks reset "$get" segment=1 pause=500
    [ $((SECONDS - start)) -lt 25 ]
    internet_never '.*'
    for job in "${jobs[@]}"; do
        wait "$job"
    done
    equal "$(<"$BATS_TEST_TMPDIR/events")" $'1 events\n1 events'
}
