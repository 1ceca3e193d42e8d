#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fake internet, all of it in one process.
//
//     internet.js FOLDER [dns] [web] [echo]
//
// Serves what is named (all, if nothing is) on every address of its network namespace or
// container, on the real ports. FOLDER has server.key and server.pem (./certificates makes
// them); a line for everything that arrives goes to FOLDER/log, and "ready" is the first:
//
//     dns udp|tcp TYPE NAME                    a query, the name as it was spelt
//     tcp PORT ADDRESS                         a connection, and to which of our addresses
//     sni NAME                                 what a ClientHello said
//     tls NAME ALPN                            a handshake was completed ("-": without)
//     http|https HOST METHOD PATH VERSION      a request
//     http-websocket|https-websocket HOST METHOD PATH, …-frame TEXT
//     http-malformed CODE                      what no server would take
//     udp PORT LENGTH, received PORT LENGTH, broken PORT CODE
//
// Every word of a line is free of blanks. zone.js has the names, web.js the sites, echo.js the
// other ports.

'use strict';

const fs = require('fs');
const path = require('path');

const [folder, ...wanted] = process.argv.slice(2);
const services = {
    dns: () => require('./dns.js').serve(log),
    web: () => require('./web.js').serve(log, folder),
    echo: () => require('./echo.js').serve(log),
};
const out = fs.openSync(path.join(folder, 'log'), 'a');

function log(...words) {
    // eslint-disable-next-line no-control-regex
    const plain = words.map((word) => String(word).replace(/[\x00-\x20\x7f-\uffff]/g, '?'));
    fs.writeSync(out, `${plain.join(' ')}\n`);
}

process.on('SIGTERM', () => process.exit(0));
Promise.all((wanted.length ? wanted : Object.keys(services)).map((name) => services[name]()))
    .then(() => log('ready'));
