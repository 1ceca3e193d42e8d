// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: oauth.js old           a login of Codex's that has to be refreshed, on stdout
//        oauth.js serve PORT    the server that refreshes it: "refresh-1" becomes "refresh-2"
'use strict';
const http = require('http');

const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
const token = (seconds) =>
  `${part({ alg: 'none' })}.${part({
    exp: Math.floor(Date.now() / 1000) + seconds,
    email: 'me@example.org',
    'https://api.openai.com/auth': { chatgpt_plan_type: 'plus', chatgpt_account_id: 'account-1' },
  })}.c2ln`;

if (process.argv[2] === 'old') {
  const tokens = { id_token: token(-100), access_token: token(-100), refresh_token: 'refresh-1' };
  console.log(JSON.stringify({
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: { ...tokens, account_id: 'account-1' },
    last_refresh: '2025-01-01T00:00:00Z',
  }));
} else {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => { body += bytes; });
    request.on('end', () => {
      if (request.url !== '/oauth/token') {
        response.writeHead(404).end();
        return;
      }
      const number = Number(/refresh-(\d+)/.exec(body)[1]) + 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({
        id_token: token(3600), access_token: token(3600), refresh_token: `refresh-${number}`,
      }));
    });
  });
  server.listen(Number(process.argv[3]), '127.0.0.1', () => console.log('up'));
}
