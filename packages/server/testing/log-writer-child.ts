import { everyLine } from "../src/telemetry/every-line.ts";
import { createLog, observeDropped } from "../src/telemetry/log.ts";
import { standardOutput } from "../src/telemetry/log-output.ts";

/*
 * A process that writes lines as fast as the event loop lets it, 10,000 of half a kilobyte in all, and tells on standard error how
 * it went: `{ written, lost, longestPauseMs }` after the last; then, on a line of standard input, it ends by `exit`.
 */
const log = createLog({
  clock: { now: () => Date.now() },
  ...{ level: "debug", service: "writer", version: "0", instance: "child" },
  destination: standardOutput(),
});
let lost = 0;
observeDropped(log, (lines) => {
  lost += lines;
});
const total = 10_000;
let written = 0;
let longestPauseMs = 0;
let lookedAt = Date.now();

const timer = setInterval(() => {
  longestPauseMs = Math.max(longestPauseMs, Date.now() - lookedAt);
  lookedAt = Date.now();
  for (let n = 0; n < 500 && written < total; n++) {
    log.debug(
      { "event.name": "writer.wrote", n: written, text: "x".repeat(400), [everyLine]: true },
      "a line",
    );
    written += 1;
  }
  if (written < total) return;
  clearInterval(timer);
  process.stderr.write(`${JSON.stringify({ written, lost, longestPauseMs })}\n`);
}, 5);

process.stdin.once("data", () => {
  log.info({ "event.name": "writer.ended", lost }, "ended");
  process.exit(0);
});
