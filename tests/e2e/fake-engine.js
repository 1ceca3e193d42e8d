// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: fake-engine.js SOCKET ROUTES
//
// An engine that answers what a test needs on a unix socket. ROUTES is a JSON file:
//
//     { "GET /_ping": { "status": 200, "headers": { "Api-Version": "1.40" }, "body": "OK" },
//       "GET /containers/json": { "json": [] },
//       "GET /containers/x/archive": { "headers": { … }, "file": "/world/hostile.tar" } }
//
// Version prefix and query are left out of the comparison; what is not listed is a 404.

'use strict';

const fs = require('fs');
const http = require('http');

const [socket, routesFile] = process.argv.slice(2);
const routes = JSON.parse(fs.readFileSync(routesFile, 'utf8'));

function bodyOf(route) {
    if (route.file) {
        return fs.readFileSync(route.file);
    }
    return route.json === undefined ? route.body || '' : JSON.stringify(route.json);
}

const server = http.createServer((request, response) => {
    const path = request.url.split('?')[0].replace(/^\/v[0-9.]+(?=\/)/, '');
    const missing = { status: 404, json: { message: `page not found: ${path}` } };
    const route = routes[`${request.method} ${path}`] || missing;
    const type = route.file ? 'application/x-tar' : 'application/json';
    request.resume();
    response.writeHead(route.status || 200, { 'Content-Type': type, ...route.headers });
    response.end(request.method === 'HEAD' ? '' : bodyOf(route));
});
server.listen(socket);
process.on('SIGTERM', () => process.exit(0));
