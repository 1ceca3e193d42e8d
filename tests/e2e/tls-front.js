// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: tls-front.js FOLDER SOCKET
//
// Passes TLS connections on to a unix socket, for clients with a certificate of FOLDER/ca.pem.
// FOLDER has server.pem and server.key too, and gets the file `port`.

'use strict';

const fs = require('fs');
const net = require('net');
const tls = require('tls');

const [folder, socket] = process.argv.slice(2);
const read = (name) => fs.readFileSync(`${folder}/${name}`);

const server = tls.createServer(
    {
        ca: read('ca.pem'),
        cert: read('server.pem'),
        key: read('server.key'),
        requestCert: true,
        rejectUnauthorized: true,
        allowHalfOpen: true,
    },
    (client) => {
        const engine = net.connect({ path: socket, allowHalfOpen: true });
        client.pipe(engine).pipe(client);
        client.on('error', () => engine.destroy());
        engine.on('error', () => client.destroy());
    },
);
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => {
    fs.writeFileSync(`${folder}/port`, String(server.address().port));
});
process.on('SIGTERM', () => process.exit(0));
