#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a box's programs do on the fake internet, and what comes of it: every command prints how
// it went and ends with 0, unless it was called wrongly.
//
//     client.js resolve TYPE NAME [tcp] [server=ADDRESS] [case]
//         "NOERROR data data…", "NXDOMAIN", "REFUSED", … or "no answer"
//     client.js get URL [to=ADDRESS] [sni=NAME|-] [host=NAME] [h2] [body=TEXT]
//         "STATUS first line", or "error CODE". to= dials there, whatever the URL says.
//     client.js raw HOST PORT [segment=N] [pause=MS] [stay] [for=MS] TEXT…
//         sends each TEXT (\r \n \xNN are understood, in segments of N bytes), prints what comes
//         back and at last "-- end", "-- reset", "-- refused" or "-- silence". "|" as a TEXT
//         waits for bytes to come back first; "!" ends our half. stay: goes on reading
//     client.js hello HOST PORT NAME|- [segment=N] [pause=MS] [ech] [pad=N] [records=N] [alpn=…]
//         one ClientHello; what answers it: "server", "alert N", "end", "reset", "silence"
//     client.js websocket URL [to=ADDRESS] TEXT…     "101", each echo, or as get
//     client.js events URL N                         "N events" once they came, or as get
//     client.js connect HOST PORT COUNT [hold=MS] [text=TEXT]
//         so many at once: "connected N, answered N, refused N, …"; text= is sent on each
//     client.js pour HOST PORT BYTES                 sends so many, prints what is answered
//     client.js drink HOST PORT BYTES [slow]         reads so many: "N bytes"
//
// The certificate authority is NODE_EXTRA_CA_CERTS.

'use strict';

const dgram = require('dgram');
const http = require('http');
const http2 = require('http2');
const https = require('https');
const net = require('net');
const tls = require('tls');
const { Duplex } = require('stream');

const PATIENCE_MS = 15000;
const [command, ...words] = process.argv.slice(2);
const options = {};
const texts = words.filter((word) => {
    const found = word.match(/^(to|sni|host|body|segment|pause|for|server|pad|records|hold|text|alpn)=(.*)$/s);
    if (found)
        options[found[1]] = found[2];
    else if (['tcp', 'h2', 'ech', 'stay', 'slow', 'case'].includes(word))
        options[word] = true;
    return !found && !options[word];
});

function say(...parts) {
    console.log(parts.join(' '));
}

function fail(error) {
    say('error', error.code ?? error.message);
    process.exit(0);
}

function unescape_(text) {
    return Buffer.from(text.replace(/\\(r|n|t|0|\\|x([0-9a-f]{2}))/gi, (all, letter, hex) =>
        (hex ? String.fromCharCode(parseInt(hex, 16)) : { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }[letter])),
    'latin1');
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function send(socket, bytes) {
    const size = Number(options.segment ?? bytes.length);
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
        socket.write(bytes.subarray(at, at + size));
        // Segments that leave together would be one.
        if (options.segment)
            await sleep(Number(options.pause ?? 0));
    }
}

// --- names --------------------------------------------------------------------------------

const TYPES = {
    A: 1, NS: 2, CNAME: 5, SOA: 6, NULL: 10, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33,
    SVCB: 64, HTTPS: 65, AXFR: 252, ANY: 255,
};
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function query(type, name) {
    const labels = name.split('.').filter(Boolean).map((label) => {
        const bytes = unescape_(label);
        return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    });
    return Buffer.concat([Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels,
        Buffer.from([0, TYPES[type] >> 8, TYPES[type] & 255, 0, 1])]);
}

function skipName(message, at) {
    while (message[at] > 0 && message[at] < 64)
        at += 1 + message[at];
    return at + (message[at] === 0 ? 1 : 2);
}

function nameAt(message, at) {
    const labels = [];
    while (message[at] > 0) {
        if (message[at] >= 0xc0) {
            at = message.readUInt16BE(at) & 0x3fff;
            continue;
        }
        labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
        at += 1 + message[at];
    }
    return labels.join('.');
}

function data(message, type, at, length) {
    if (type === 1)
        return [...message.subarray(at, at + length)].join('.');
    if (type === 28)
        return message.toString('hex', at, at + length).match(/.{4}/g).join(':');
    return type === 12 || type === 5 ? nameAt(message, at) : message.toString('hex', at, at + length);
}

function described(message) {
    const found = [];
    let at = skipName(message, 12) + 4;
    for (let i = message.readUInt16BE(6); i > 0; i--) {
        at = skipName(message, at);
        const length = message.readUInt16BE(at + 8);
        found.push(data(message, message.readUInt16BE(at), at + 10, length));
        at += 10 + length;
    }
    return [CODES[message[3] & 15] ?? message[3] & 15, ...found].join(' ');
}

function resolve(type, name) {
    const server = options.server ?? '127.0.0.1', message = query(type, name);
    const timer = setTimeout(() => { say('no answer'); process.exit(0); }, 3000);
    const answered = (reply) => { clearTimeout(timer); say(described(reply)); process.exit(0); };
    if (!options.tcp) {
        const socket = dgram.createSocket(net.isIPv6(server) ? 'udp6' : 'udp4');
        socket.on('message', answered).on('error', fail).send(message, 53, server, (error) => error && fail(error));
        return;
    }
    const socket = net.connect(53, server);
    let have = Buffer.alloc(0);
    socket.on('error', fail).on('end', () => { say('end'); process.exit(0); });
    socket.on('data', (part) => {
        have = Buffer.concat([have, part]);
        if (have.length >= 2 && have.length >= 2 + have.readUInt16BE(0))
            answered(have.subarray(2));
    });
    send(socket, Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]));
}

// --- the web ------------------------------------------------------------------------------

function target(text) {
    const url = new URL(text);
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    return {
        url, secure,
        request: {
            host: options.to ?? url.hostname.replace(/^\[|\]$/g, ''),
            port: url.port || (secure ? 443 : 80),
            path: url.pathname + url.search,
            headers: { host: options.host ?? url.host },
            // An address is no server name, RFC 6066 3.
            servername: options.sni === '-' ? '' : options.sni ?? (net.isIP(url.hostname) ? '' : url.hostname),
            checkServerIdentity: () => undefined,
            agent: false,
        },
    };
}

function getHttp2(url) {
    const session = http2.connect(url.origin, {
        host: options.to ?? url.hostname, servername: options.sni ?? url.hostname,
    });
    session.on('error', fail);
    const stream = session.request({
        ':authority': options.host ?? url.host, ':path': url.pathname, ':method': options.body ? 'POST' : 'GET',
    });
    let status, body = '', trailers = '';
    stream.on('response', (head) => { status = head[':status']; });
    stream.on('trailers', (fields) => { trailers = ` grpc-status ${fields['grpc-status']}`; });
    stream.on('data', (part) => { body += part; }).on('error', fail);
    stream.on('close', () => { say(`${status} ${body.split('\n')[0].replace(/\0/g, '0')}${trailers}`); session.close(); });
    stream.end(options.body);
}

function get(text) {
    const { url, secure, request } = target(text);
    if (options.h2)
        return void getHttp2(url);
    if (options.body !== undefined)
        request.method = 'POST';
    (secure ? https : http).request(request, (response) => {
        let body = '';
        response.on('data', (part) => { body += part; }).on('error', fail);
        response.on('end', () => say(response.statusCode, body.split('\n')[0]));
    }).on('error', fail).end(options.body);
}

function websocket(text, ...messages) {
    const { secure, request } = target(text);
    Object.assign(request.headers, {
        connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    (secure ? https : http).request(request)
        .on('response', (response) => { say(response.statusCode); process.exit(0); })
        .on('upgrade', (response, socket) => {
            let left = messages.length;
            say(response.statusCode);
            socket.on('error', fail).on('end', () => say('-- end'));
            socket.on('data', (part) => {
                for (let at = 0; at < part.length; at += 2 + part[at + 1], left--)
                    say(part.toString('latin1', at + 2, at + 2 + part[at + 1]));
                if (left === 0)
                    socket.end();
            });
            for (const message of messages) {
                const mask = Buffer.from([1, 2, 3, 4]), bytes = Buffer.from(message);
                socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length]), mask,
                    bytes.map((byte, i) => byte ^ mask[i & 3])]));
            }
        }).on('error', fail).end();
}

function events(text, count) {
    const { secure, request } = target(text);
    (secure ? https : http).request(request, (response) => {
        let body = '';
        response.on('error', fail);
        response.on('data', (part) => {
            body += part;
            if (body.split('\n\n').length <= Number(count))
                return;
            say(count, 'events');
            process.exit(0);
        });
    }).on('error', fail).end();
}

// --- bytes --------------------------------------------------------------------------------

// `words` ends the program once the connection did.
function ending(socket, finish) {
    const timer = setTimeout(() => finish('silence'), Number(options.for ?? PATIENCE_MS));
    const end = (how) => { clearTimeout(timer); finish(how); };
    socket.on('end', () => end('end'));
    socket.on('error', (error) => end({ ECONNRESET: 'reset', ECONNREFUSED: 'refused', EPIPE: 'reset' }[error.code] ?? error.code));
}

async function raw(host, port, ...parts) {
    const socket = net.connect({ host, port: Number(port), allowHalfOpen: true });
    let came = 0, wake = () => {};
    socket.on('data', (part) => {
        came += part.length;
        process.stdout.write(part.toString('latin1'));
        wake();
    });
    ending(socket, (how) => { say(`-- ${how}`); process.exit(0); });
    await new Promise((done) => socket.once('connect', done));
    for (const part of parts) {
        if (part === '!') {
            socket.end();
        } else if (part === '|') {
            await new Promise((done) => { if (came > 0) done(); else wake = done; });
            came = 0;
            wake = () => {};
        } else {
            await send(socket, unescape_(part));
        }
    }
}

function clientHello(name) {
    return new Promise((done) => {
        const socket = new Duplex({ read() {}, write(bytes, encoding, next) { done(bytes); next(); } });
        tls.connect({
            socket, servername: name === '-' ? '' : name,
            ALPNProtocols: options.alpn ? options.alpn.split(',') : undefined,
        }).on('error', () => {});
    });
}

const u16 = (n) => Buffer.from([n >> 8, n & 255]);

// An extension more, at the end, and what that does to the lengths around it (RFC 8446 4.1.2).
function extended(hello, type, body) {
    const extension = Buffer.concat([u16(type), u16(body.length), body]);
    let at = 5 + 4 + 2 + 32;
    at += 1 + hello[at];
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello[at];
    const message = Buffer.concat([hello.subarray(5, at), u16(hello.readUInt16BE(at) + extension.length),
        hello.subarray(at + 2), extension]);
    message.writeUIntBE(message.length - 4, 1, 3);
    return Buffer.concat([hello.subarray(0, 3), u16(message.length), message]);
}

// The same message in so many records.
function inRecords(hello, count) {
    const message = hello.subarray(5), size = Math.ceil(message.length / count), records = [];
    for (let at = 0; at < message.length; at += size) {
        const part = message.subarray(at, at + size);
        records.push(Buffer.concat([hello.subarray(0, 3), u16(part.length), part]));
    }
    return Buffer.concat(records);
}

async function hello(host, port, name) {
    let bytes = await clientHello(name);
    // RFC 9849 5 and 6.2: outer, a cipher suite, a config's number, a key, what is encrypted.
    if (options.ech)
        bytes = extended(bytes, 0xfe0d, Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 42]), u16(32),
            Buffer.alloc(32, 7), u16(144), Buffer.alloc(144, 9)]));
    if (options.pad)
        bytes = extended(bytes, 21, Buffer.alloc(Number(options.pad)));
    if (options.records)
        bytes = inRecords(bytes, Number(options.records));
    const socket = net.connect({ host, port: Number(port) });
    const finish = (how) => { say(how); process.exit(0); };
    ending(socket, finish);
    socket.on('data', (part) => finish(part[0] === 21 ? `alert ${part[6]}` : part[0] === 22 ? 'server' : 'something else'));
    socket.on('connect', () => send(socket, bytes));
}

async function connect(host, port, count) {
    const outcome = { connected: 0, answered: 0 };
    const one = () => new Promise((done) => {
        const socket = net.connect({ host, port: Number(port) });
        let counted = false;
        const note = (what) => {
            outcome[what] = (outcome[what] ?? 0) + 1;
            done(socket);
        };
        socket.once('connect', () => {
            outcome.connected++;
            if (options.text)
                socket.write(unescape_(options.text));
            else
                done(socket);
        });
        socket.on('data', () => { if (!counted) note('answered'); counted = true; });
        socket.on('error', (error) => { if (!counted) note(error.code); counted = true; });
        socket.on('end', () => { if (!counted) note('ended'); counted = true; });
    });
    const sockets = await Promise.all(Array.from({ length: Number(count) }, one));
    const tell = () => say(Object.entries(outcome).map((pair) => pair.join(' ')).join(', '));
    tell();
    if (options.hold) {
        await sleep(Number(options.hold));
        tell();
    }
    for (const socket of sockets)
        socket.destroy();
}

function pour(host, port, count) {
    const socket = net.connect({ host, port: Number(port), allowHalfOpen: true });
    const zeros = Buffer.alloc(64 * 1024);
    let left = Number(count);
    const more = () => {
        while (left > 0) {
            const part = zeros.subarray(0, Math.min(left, zeros.length));
            left -= part.length;
            if (!socket.write(part))
                return;
        }
        socket.end();
    };
    socket.on('connect', more).on('drain', more).on('error', fail).pipe(process.stdout);
}

function drink(host, port, count) {
    const socket = net.connect({ host, port: Number(port) });
    let have = 0;
    const finish = () => { say(Math.min(have, Number(count)), 'bytes'); process.exit(0); };
    socket.on('error', fail).on('end', finish);
    socket.on('data', (part) => {
        have += part.length;
        if (have >= Number(count))
            finish();
        if (!options.slow)
            return;
        socket.pause();
        setTimeout(() => socket.resume(), 10);
    });
}

// Nothing here waits for ever.
setTimeout(() => { say('error TIMEOUT'); process.exit(0); }, Number(options.for ?? 0) + 4 * PATIENCE_MS).unref();
const commands = { resolve, get, raw, hello, websocket, events, connect, pour, drink };
if (!commands[command])
    throw new Error(`no such command: ${command}`);
commands[command](...texts);
