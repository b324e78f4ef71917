import { everyLine } from "../../packages/server/src/telemetry/every-line.ts";
import * as calm from "../../packages/server/src/telemetry/log.ts";

// biome-ignore lint/performance/noBarrelFile: it stands in the place of that whole module
export * from "../../packages/server/src/telemetry/log.ts";

const everyMs = 10;
const linesATime = 20;
const filler = "x".repeat(300);

/** As the product's own, but the logger says two thousand things a second at debug, none of which is a repeat. */
export const createLog: typeof calm.createLog = (options) => {
  const log = calm.createLog(options);
  let n = 0;
  const storm = setInterval(() => {
    for (let line = 0; line < linesATime; line += 1)
      log.debug({ "event.name": "fault.storm", module: "app", n: n++, filler, [everyLine]: true }, "a storm");
  }, everyMs);
  storm.unref();
  return log;
};
