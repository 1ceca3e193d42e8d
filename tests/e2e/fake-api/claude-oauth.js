// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: claude-oauth.js FOLDER LOG
//
// The hosts at which Claude Code refreshes its login, on port 443: "refresh-1" becomes
// "refresh-2", once. FOLDER has server.key and server.pem. A line a request into LOG; whatever
// else is asked for is not there.
'use strict';
const fs = require('fs');
const https = require('https');

const [folder, log] = process.argv.slice(2);
const read = (name) => fs.readFileSync(`${folder}/${name}`);

const server = https.createServer({ key: read('server.key'), cert: read('server.pem') }, (request, response) => {
  let body = '';
  request.on('data', (bytes) => { body += bytes; });
  request.on('end', () => {
    const refresh = request.url === '/v1/oauth/token' && /refresh-1/.test(body);
    fs.appendFileSync(log, `${request.headers.host} ${request.method} ${request.url}\n`);
    response.setHeader('content-type', 'application/json');
    if (!refresh) {
      response.writeHead(404).end('{}');
      return;
    }
    response.end(JSON.stringify({
      token_type: 'Bearer', access_token: 'access-2', refresh_token: 'refresh-2', expires_in: 28800,
      scope: 'user:inference user:profile',
    }));
  });
});
server.listen(443, '0.0.0.0', () => fs.writeFileSync(`${log}.up`, ''));
