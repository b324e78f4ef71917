import { Writable } from "node:stream";
import { createLog, type Logger } from "../src/telemetry/log.ts";

/** A logger for tests that look at something else: it formats every line and keeps none. */
export const silentLog: Logger = createLog({
  clock: { now: () => 0 },
  level: "trace",
  service: "test",
  version: "0",
  instance: "test",
  destination: new Writable({ write: (_chunk, _encoding, done) => done() }),
});
