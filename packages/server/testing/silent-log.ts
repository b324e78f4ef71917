import { createLog, type Logger } from "../src/telemetry/log.ts";
import { lineFault } from "./log-lines.ts";

/**
 * A logger for tests that look at something else: it writes every line and keeps none. A line that does not fit its schema
 * fails the run, whoever catches what the log call throws.
 */
export const silentLog: Logger = createLog({
  clock: { now: () => 0 },
  level: "trace",
  service: "test",
  version: "0",
  instance: "test",
  destination: { write: (line) => check(line.slice(0, -1)) },
});

function check(line: string): void {
  const fault = lineFault(line);
  if (fault === undefined) return;
  queueMicrotask(() => {
    throw new Error(fault);
  });
}
