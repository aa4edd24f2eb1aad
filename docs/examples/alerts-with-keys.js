// Alerts of a station with keys, none missed: npm install zeromq; node alerts-with-keys.js hmi-1.key 192.168.1.20
//
// hmi-1.key is what 'edge-ad keys create hmi-1' wrote. The position is kept in the file alerts.position; start again,
// and what was raised meanwhile comes first. See protocol.md, "How a reader stays whole".
"use strict";
const fs = require("fs");
const zmq = require("zeromq"); // version 6; it brings CURVE

const [keyFile, host = "127.0.0.1", events = "5556", control = "5558"] = process.argv.slice(2);
const keys = JSON.parse(fs.readFileSync(keyFile, "utf8"));
const CURVE = { curveServerKey: keys.station_public, curvePublicKey: keys.public, curveSecretKey: keys.secret };
const POSITION = "alerts.position";
const DEAD_MS = 3000, ANSWER_MS = 2000;

let seq = fs.existsSync(POSITION) ? Number(fs.readFileSync(POSITION, "utf8")) : 0;
let lastId = 0;

const live = new zmq.Subscriber({ ...CURVE, receiveTimeout: DEAD_MS, linger: 0 });
const asker = new zmq.Dealer({ ...CURVE, receiveTimeout: ANSWER_MS, sendTimeout: ANSWER_MS, immediate: true, linger: 0 });

function take(alert) {
  if (alert.seq <= seq) return; // it came live and by replay
  console.log(alert.seq, alert.camera, alert.state, alert.result.score);
  keep(alert.seq);
}

function keep(position) {
  seq = position;
  fs.writeFileSync(`${POSITION}.new`, String(seq));
  fs.renameSync(`${POSITION}.new`, POSITION);
}

async function ask(request) { // the reply, or null where none comes in time
  const id = ++lastId;
  try {
    await asker.send(JSON.stringify({ id, ...request }));
    for (;;) {
      const reply = JSON.parse((await asker.receive()).at(-1).toString());
      if (reply.id === id) return reply;
    }
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
    return null;
  }
}

async function replay(until) { // where it fails, the next heartbeat asks again
  while (seq < until) {
    const reply = await ask({ command: "replay", since_seq: seq, limit: 1000 });
    if (reply === null || !reply.ok) return console.error("no replay:", reply ? reply.error.message : "no answer");
    reply.alerts.forEach(take);
    if (reply.alerts.length === 0) keep(until); // the rest is no longer on disk
  }
}

async function follow() {
  live.connect(`tcp://${host}:${events}`);
  live.subscribe("alert/", "heartbeat/");
  asker.connect(`tcp://${host}:${control}`);
  for (;;) {
    let frames;
    try {
      frames = await live.receive();
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      console.error("no heartbeat: the station is dead");
      continue;
    }
    const message = JSON.parse(frames[1].toString());
    if (message.kind === "heartbeat") await replay(message.last_alert_seq);
    if (message.kind !== "alert") continue;
    await replay(message.seq - 1);
    take(message);
  }
}

follow();
