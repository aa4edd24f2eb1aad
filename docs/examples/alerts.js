// Alerts of a station in plain JavaScript: node alerts.js 127.0.0.1 5556
//
// An example without any package: it speaks just enough of ZMTP 3.0 (https://rfc.zeromq.org/spec/23/) to subscribe to a
// station without keys. For production use the package zeromq, which also has CURVE, and replay what was missed: see
// protocol.md, "How a reader stays whole".
"use strict";
const net = require("net");

const [host = "127.0.0.1", port = "5556"] = process.argv.slice(2);
const TOPICS = ["alert/", "heartbeat/"];
const DEAD_MS = 3000;
const MORE = 1, LONG = 2, COMMAND = 4;

function frame(flags, body) {
  if (body.length < 256) return Buffer.concat([Buffer.from([flags, body.length]), body]);
  const head = Buffer.alloc(9);
  head[0] = flags | LONG;
  head.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([head, body]);
}

function greeting() { // version 3.0, mechanism NULL
  const bytes = Buffer.alloc(64);
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]).copy(bytes);
  bytes.write("NULL", 12);
  return bytes;
}

const READY = Buffer.concat([Buffer.from("\x05READY\x0bSocket-Type"), Buffer.from([0, 0, 0, 3]), Buffer.from("SUB")]);

// The next whole frame of what came so far, and what follows it; null while there is none.
function split(bytes) {
  const long = bytes.length > 0 && (bytes[0] & LONG) !== 0;
  const start = long ? 9 : 2;
  if (bytes.length < start) return null;
  const end = start + (long ? Number(bytes.readBigUInt64BE(1)) : bytes[1]);
  if (bytes.length < end) return null;
  return { flags: bytes[0], body: bytes.subarray(start, end), rest: bytes.subarray(end) };
}

function follow() {
  const socket = net.connect(Number(port), host);
  let bytes = Buffer.alloc(0), greeted = false, parts = [];

  function command(body) {
    const name = body.subarray(1, 1 + body[0]).toString();
    if (name === "READY") for (const topic of TOPICS) socket.write(frame(0, Buffer.from("\x01" + topic)));
    if (name === "PING") socket.write(frame(COMMAND, Buffer.concat([Buffer.from("\x04PONG"), body.subarray(7)])));
  }

  socket.on("connect", () => socket.write(greeting()));
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!greeted) {
      if (bytes.length < 64) return;
      greeted = true;
      bytes = bytes.subarray(64);
      socket.write(frame(COMMAND, READY));
    }
    for (let next; (next = split(bytes)) !== null;) {
      bytes = next.rest;
      if (next.flags & COMMAND) { command(next.body); continue; }
      parts.push(next.body);
      if (next.flags & MORE) continue;
      show(JSON.parse(parts[1].toString("utf8")));
      parts = [];
    }
  });
  socket.setTimeout(DEAD_MS, () => { console.error("no heartbeat: the station is dead"); socket.destroy(); });
  socket.on("error", (error) => console.error(error.message));
  socket.on("close", () => setTimeout(follow, 500));
}

function show(message) {
  if (message.kind === "alert") console.log(message.seq, message.camera, message.state, message.result.score);
}

follow();
