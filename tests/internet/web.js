// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sites of the fake internet: HTTP/1.1 and WebSocket on a plain port, the same and HTTP/2 on
// one with TLS. Every site of every name is this one:
//
//     /                     "HOST METHOD PATH\n", and with a body "… BYTES of body"
//     /bytes/N              N zero bytes
//     /events[/N[/MS]]      server-sent events, N of them, one every MS milliseconds
//     /headers              the request's header fields, a JSON object
//     /slow/MS              "/" after so many milliseconds
//     /reset                the connection breaks
//     /status/N             that status
//     /grpc/…               an answer with trailers, as gRPC has
//     /repo/…               git repositories of FOLDER/www (git http-backend)
//     anything in FOLDER/www   that file
//
// A request to upgrade to websocket is answered with 101, and what comes is sent back.

'use strict';

const child = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const path = require('path');

const ZEROS = Buffer.alloc(64 * 1024);

function bytes(response, count) {
    let left = count;
    response.writeHead(200, { 'content-length': count, 'content-type': 'application/octet-stream' });
    const more = () => {
        while (left > 0) {
            const part = ZEROS.subarray(0, Math.min(left, ZEROS.length));
            left -= part.length;
            if (!response.write(part)) {
                response.once('drain', more);
                return;
            }
        }
        response.end();
    };
    more();
}

function events(response, count, interval) {
    let sent = 0;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const timer = setInterval(() => {
        response.write(`data: ${++sent}\n\n`);
        if (sent < count)
            return;
        clearInterval(timer);
        response.end();
    }, interval);
    response.on('close', () => clearInterval(timer));
}

function grpc(response) {
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.write(Buffer.from([0, 0, 0, 0, 0]));
    response.addTrailers({ 'grpc-status': '0' });
    response.end();
}

// RFC 3875: what git's own server for HTTP wants to know.
function git(request, response, root) {
    const url = new URL(request.url, 'http://x');
    const env = {
        ...process.env, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname.slice('/repo'.length), QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers['content-type'] ?? '',
        REMOTE_USER: 'anyone', REMOTE_ADDR: '127.0.0.1', GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*',
    };
    const backend = child.spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    let head = Buffer.alloc(0), begun = false;
    request.pipe(backend.stdin).on('error', () => {});
    backend.stdout.on('data', (part) => {
        if (begun)
            return void response.write(part);
        head = Buffer.concat([head, part]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0)
            return;
        let status = 200;
        for (const line of head.toString('latin1', 0, end).split('\r\n')) {
            const [name, value] = line.split(/: */, 2);
            if (name.toLowerCase() === 'status')
                status = parseInt(value, 10);
            else
                response.setHeader(name, value);
        }
        response.statusCode = status;
        begun = true;
        response.write(head.subarray(end + 4));
    });
    backend.stdout.on('end', () => response.end());
}

function file(request, response, root) {
    const wanted = path.normalize(decodeURIComponent(request.url.split('?')[0]));
    const found = [wanted, `${wanted}/index.json`, `${wanted}/index.html`, `${wanted}.json`]
        .map((name) => path.join(root, name))
        .find((name) => fs.existsSync(name) && fs.statSync(name).isFile());
    if (!found) {
        // Of a folder that is there, what is missing is missing.
        const folder = wanted.split('/')[1];
        if (!folder || !fs.existsSync(path.join(root, folder)))
            return false;
        response.writeHead(404).end();
        return true;
    }
    const types = { '.json': 'application/json', '.html': 'text/html' };
    response.writeHead(200, {
        'content-length': fs.statSync(found).size,
        'content-type': types[path.extname(found)] ?? 'application/octet-stream',
    });
    if (request.method === 'HEAD')
        response.end();
    else
        fs.createReadStream(found).pipe(response);
    return true;
}

function home(request, response, host) {
    let length = 0;
    request.on('data', (part) => { length += part.length; });
    request.on('end', () => response.end(
        `${host} ${request.method} ${request.url}${length ? ` ${length} of body` : ''}\n`));
}

function handler(log, scheme, folder) {
    return (request, response) => {
        const host = request.headers[':authority'] ?? request.headers.host ?? '-';
        const [, verb, first, second] = request.url.split('/');
        const root = path.join(folder, 'www');
        log(scheme, host, request.method, request.url, `HTTP/${request.httpVersion}`);
        request.on('error', () => {});
        response.on('error', () => {});
        if (verb === 'bytes')
            bytes(response, Number(first));
        else if (verb === 'events')
            events(response, Number(first ?? Infinity), Number(second ?? 100));
        else if (verb === 'headers')
            response.end(`${JSON.stringify(request.headers)}\n`);
        else if (verb === 'slow')
            setTimeout(() => home(request, response, host), Number(first));
        else if (verb === 'reset')
            request.socket.resetAndDestroy();
        else if (verb === 'status')
            response.writeHead(Number(first)).end();
        else if (verb === 'grpc')
            grpc(response);
        else if (verb === 'repo')
            git(request, response, root);
        else if (!fs.existsSync(root) || !file(request, response, root))
            home(request, response, host);
    };
}

// RFC 6455 4.2.2 and 5: frames come back as they came, but unmasked as a server's must be.
function websocket(log, scheme) {
    return (request, socket) => {
        const accept = crypto.createHash('sha1')
            .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
            .digest('base64');
        log(`${scheme}-websocket`, request.headers.host ?? '-', request.method, request.url);
        socket.on('error', () => {}).on('end', () => socket.end());
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
            `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
        let have = Buffer.alloc(0);
        socket.on('data', (part) => {
            have = Buffer.concat([have, part]);
            for (;;) {
                const length = have[1] & 127; // tests send no longer ones than 125
                if (have.length < 6 || have.length < 6 + length)
                    return;
                const key = have.subarray(2, 6);
                const data = Buffer.from(have.subarray(6, 6 + length).map((byte, i) => byte ^ key[i & 3]));
                log(`${scheme}-websocket-frame`, data.toString('latin1').replace(/\s/g, '_') || '-');
                socket.write(Buffer.concat([Buffer.from([have[0], length]), data]));
                have = have.subarray(6 + length);
            }
        });
    };
}

function serve(log, folder, plainPort = 80, securePort = 443) {
    const plain = http.createServer({ requestTimeout: 0, keepAliveTimeout: 600000 }, handler(log, 'http', folder));
    plain.on('upgrade', websocket(log, 'http'));
    plain.on('clientError', (error, socket) => {
        if (error.code !== 'ECONNRESET')
            log('http-malformed', error.code);
        socket.destroy();
    });
    plain.on('connection', (socket) => log('tcp', plainPort, socket.localAddress));

    const secure = http2.createSecureServer({
        allowHTTP1: true,
        key: fs.readFileSync(path.join(folder, 'server.key')),
        cert: fs.readFileSync(path.join(folder, 'server.pem')),
        SNICallback: (name, done) => {
            log('sni', name);
            done(null);
        },
    }, handler(log, 'https', folder));
    secure.on('upgrade', websocket(log, 'https'));
    secure.on('secureConnection', (socket) => log('tls', socket.servername || '-', socket.alpnProtocol || '-'));
    secure.on('connection', (socket) => log('tcp', securePort, socket.localAddress));
    secure.on('sessionError', () => {});
    secure.on('tlsClientError', () => {});
    return Promise.all([
        new Promise((done) => plain.listen({ port: plainPort, host: '::', backlog: 4096 }, done)),
        new Promise((done) => secure.listen({ port: securePort, host: '::', backlog: 4096 }, done)),
    ]);
}

module.exports = { serve };
