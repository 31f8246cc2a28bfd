#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// helloworld.Greeter by @grpc/grpc-js, its messages as plain bytes.
//
//	greeter.js version
//	greeter.js client|server ADDRESS [KEY=VALUE...]
'use strict';

const OLDEST = [1, 8];
const MESSAGES = 3;
const DEADLINE_MS = 8000; // below that of a trial
const SERVICE = '/helloworld.Greeter/';
const REQUEST = Buffer.from('\n\x05world');
const ANSWER = Buffer.from('\n\x0bHello world');

let grpc;
try {
	grpc = require('@grpc/grpc-js');
} catch (error) {
	fail(`Node ${process.version} does not find @grpc/grpc-js`);
}

function fail(why) {
	console.error(why);
	process.exit(1);
}

const { version: found } = require('@grpc/grpc-js/package.json');

function isOlder([major, minor]) {
	const [ours, ourMinor] = found.split('.').map(Number);
	return ours < major || (ours === major && ourMinor < minor);
}

function version() {
	if (isOlder(OLDEST))
		fail(`@grpc/grpc-js ${found} is too old, ${OLDEST.join('.')} is needed`);
	console.log(`@grpc/grpc-js ${found}, Node ${process.version}`);
}

function options(given) {
	const all = { 'grpc.enable_http_proxy': 0 };
	const ms = Math.ceil(Number(given.keepalive) / 1e6);
	if (ms > 0) {
		all['grpc.keepalive_time_ms'] = ms;
		all['grpc.keepalive_permit_without_calls'] = 1;
	}
	return all;
}

function greet(request) {
	const text = Buffer.concat([Buffer.from('\n?Hello '),
		request.subarray(2)]);
	text[1] = text.length - 2;
	return text;
}

// --- server ------------------------------------------------------------------

function method(name, requestStream, responseStream) {
	const same = (bytes) => bytes;
	return {
		path: SERVICE + name, requestStream, responseStream,
		requestSerialize: same, requestDeserialize: same,
		responseSerialize: same, responseDeserialize: same,
	};
}

const methods = {
	SayHello: method('SayHello', false, false),
	SayHelloStreamReply: method('SayHelloStreamReply', false, true),
	SayHelloBidiStream: method('SayHelloBidiStream', true, true),
};

const handlers = {
	SayHello(call, done) {
		done(null, greet(call.request));
	},
	SayHelloStreamReply(call) {
		for (let i = 0; i < MESSAGES; i++)
			call.write(greet(call.request));
		call.end();
	},
	SayHelloBidiStream(call) {
		call.on('data', (request) => call.write(greet(request)));
		call.on('end', () => call.end());
	},
};

function serverCredentials(given) {
	if (given.tls !== 'on')
		return grpc.ServerCredentials.createInsecure();
	return grpc.ServerCredentials.createSsl(null, [{
		private_key: Buffer.from(process.env.RSTLAB_TLS_KEY),
		cert_chain: Buffer.from(process.env.RSTLAB_TLS_CERT),
	}]);
}

function serve(address, given) {
	const server = new grpc.Server(options(given));
	server.addService(methods, handlers);
	server.bindAsync(address, serverCredentials(given), (error) => {
		if (error)
			fail(error.message);
		// Until 1.9 a server had to be told; since 1.10 it warns when it is.
		if (isOlder([1, 10]))
			server.start();
	});
}

// --- client ------------------------------------------------------------------

function openClient(address, given) {
	const all = options(given);
	if (given.tls !== 'on')
		return new grpc.Client(address, grpc.credentials.createInsecure(),
			all);
	all['grpc.ssl_target_name_override'] = 'greeter.rstlab';
	return new grpc.Client(address, grpc.credentials.createSsl(
		Buffer.from(process.env.RSTLAB_TLS_CERT)), all);
}

function failed(error) {
	fail(`grpc-status ${error.code}: ${error.details}`);
}

function ask(client, args, done) {
	client.makeUnaryRequest(...args('SayHello'), REQUEST, new grpc.Metadata(),
		{ deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
			if (error)
				failed(error);
			done([answer]);
		});
}

function listen(call, done) {
	const answers = [];
	call.on('data', (answer) => answers.push(answer));
	call.on('error', failed);
	call.on('end', () => done(answers));
}

function askForStream(client, args, done) {
	listen(client.makeServerStreamRequest(...args('SayHelloStreamReply'),
		REQUEST, new grpc.Metadata(), { deadline: Date.now() + DEADLINE_MS }), done);
}

function converse(client, args, done) {
	const call = client.makeBidiStreamRequest(...args('SayHelloBidiStream'),
		new grpc.Metadata(), { deadline: Date.now() + DEADLINE_MS });
	let asked = 1;
	call.on('data', () => {
		if (asked++ < MESSAGES)
			call.write(REQUEST);
		else
			call.end();
	});
	listen(call, done);
	call.write(REQUEST);
}

const calls = {
	'unary': { ask, wanted: 1 },
	'server-stream': { ask: askForStream, wanted: MESSAGES },
	'bidi': { ask: converse, wanted: MESSAGES },
};

function talk(address, given, done) {
	const client = openClient(address, given);
	const { ask: begin, wanted } = calls[given.call];
	const same = (bytes) => bytes;
	const close = (answers) => {
		client.close();
		if (answers.length !== wanted ||
		    !answers.every((bytes) => ANSWER.equals(bytes)))
			fail(`${answers.length} answers, not all of them right`);
		if (done)
			done();
	};
	begin(client, (name) => [SERVICE + name, same, same], (answers) => {
		const ms = Number(given.think) / 1e6;
		if (ms > 0)
			setTimeout(close, ms, answers);
		else
			close(answers);
	});
}

// Many trials: a line begins each, and one ends it.
function stay(address, given) {
	require('readline').createInterface({ input: process.stdin }).on('line',
		() => talk(address, given, () => console.log('ok')));
}

function main([role, address, ...settings]) {
	const given = { call: 'unary', think: '0', keepalive: '0', tls: 'off',
		'client-lifetime': 'trial' };
	for (const word of settings) {
		const i = word.indexOf('=');
		given[word.slice(0, i)] = word.slice(i + 1);
	}
	if (role === 'version')
		version();
	else if (role === 'server')
		serve(address, given);
	else
		(given['client-lifetime'] === 'lab' ? stay : talk)(address, given);
}

process.on('uncaughtException', (error) => fail(error.message));
main(process.argv.slice(2));
