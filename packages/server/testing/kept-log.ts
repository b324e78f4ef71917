import { createLog, type Logger, type LogOptions } from "../src/telemetry/log.ts";
import { lineFault } from "./log-lines.ts";

/** A logger whose lines a test looks at, each checked against its schema. */
export interface KeptLog {
  readonly log: Logger;
  /** The lines as they were written, without their ends. */
  readonly texts: readonly string[];
  /** What they say. */
  lines(): Record<string, unknown>[];
}

/** Makes a logger that keeps its lines; at debug, and with a clock that stands unless the test hands in another. */
export function keptLog(options: Partial<LogOptions> = {}): KeptLog {
  const texts: string[] = [];
  const log = createLog({
    ...{ clock: { now: () => 0 }, level: "debug", service: "test", version: "0", instance: "test" },
    ...options,
    destination: {
      write: (line) => {
        const fault = lineFault(line.slice(0, -1));
        if (fault !== undefined || !line.endsWith("\n")) throw new Error(fault ?? `no end of line: ${line}`);
        texts.push(line.slice(0, -1));
      },
    },
  });
  return { log, texts, lines: () => texts.map((text) => JSON.parse(text) as Record<string, unknown>) };
}
