#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
//
// As much of the Anthropic Messages API as Claude Code needs to run given commands by its Bash
// tool (docs.anthropic.com/en/api/messages and …/messages-streaming).
//
// usage: anthropic.js --scenario FILE --record FILE [--host ADDRESS] [--port PORT]

'use strict';

const { serve, turnAfter, sendEvents, sendJson } = require('./common.js');

const TOOL = 'Bash';
const USAGE = { input_tokens: 1, output_tokens: 1 };

// A message's content is a string or a list of blocks.
function blocks(content) {
    return typeof content === 'string' ? [{ type: 'text', text: content }] : content || [];
}

function textOf(content) {
    return blocks(content)
        .filter((block) => block.type === 'text')
        .map((block) => block.text)
        .join('');
}

function results(body) {
    return (body.messages || [])
        .flatMap((message) => blocks(message.content))
        .filter((block) => block.type === 'tool_result')
        .map((block) => textOf(block.content));
}

function contentFor(body, scenario) {
    // Claude Code also asks for titles and the like, without tools.
    const hasTool = (body.tools || []).some((tool) => tool.name === TOOL);
    const turn = hasTool ? turnAfter(scenario, results(body).length) : null;
    if (turn === null) {
        return [{ type: 'text', text: scenario.text }];
    }
    const first = results(body).length;
    return turn.map((command, index) => ({
        type: 'tool_use',
        id: `toolu_${first + index}`,
        name: TOOL,
        input: { command, description: 'scripted' },
    }));
}

function events(message) {
    const { content, stop_reason, ...head } = message;
    const list = [
        { type: 'message_start', message: { ...head, content: [], stop_reason: null } },
    ];
    content.forEach((block, index) => {
        const isText = block.type === 'text';
        list.push(
            {
                type: 'content_block_start',
                index,
                content_block: isText ? { ...block, text: '' } : { ...block, input: {} },
            },
            {
                type: 'content_block_delta',
                index,
                delta: isText
                    ? { type: 'text_delta', text: block.text }
                    : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
            },
            { type: 'content_block_stop', index },
        );
    });
    list.push(
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: USAGE },
        { type: 'message_stop' },
    );
    return list;
}

function answer(request, body, scenario, response) {
    const path = request.url.split('?')[0];
    if (request.method === 'POST' && path === '/v1/messages/count_tokens') {
        sendJson(response, 200, { input_tokens: 1 });
    } else if (request.method === 'POST' && path === '/v1/messages') {
        const content = contentFor(body, scenario);
        const message = {
            id: 'msg_fake',
            type: 'message',
            role: 'assistant',
            model: body.model,
            content,
            stop_reason: content[0].type === 'tool_use' ? 'tool_use' : 'end_turn',
            stop_sequence: null,
            usage: USAGE,
        };
        if (body.stream) {
            sendEvents(response, events(message));
        } else {
            sendJson(response, 200, message);
        }
    } else {
        sendJson(response, 404, {
            type: 'error',
            error: { type: 'not_found_error', message: `no ${path} here` },
        });
    }
}

serve({ name: 'fake-anthropic', results, answer });
