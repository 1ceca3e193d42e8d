// SPDX-License-Identifier: GPL-2.0-or-later
//
// breaking-proxy.js PORT-FILE ENDING: an HTTP proxy that answers 500 to what ends so, and to
// everything for an empty ending; the rest it gets. Prints each path.
const fs = require('fs');
const http = require('http');

const [, , portFile, ending] = process.argv;

const server = http.createServer((request, response) => {
    const url = new URL(request.url);
    console.log(url.pathname);
    if (url.pathname.endsWith(ending)) {
        response.writeHead(500).end('broken');
        return;
    }
    const onward = http.request(url, { method: request.method, headers: request.headers },
        (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
});
server.listen(0, '0.0.0.0', () => {
    fs.writeFileSync(`${portFile}.new`, String(server.address().port));
    fs.renameSync(`${portFile}.new`, portFile);
});
