import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import type { Clock } from "./clock.ts";
import { formatTimestamp } from "./clock.ts";

/**
 * Writes one JSON object a line. The text is constant and says what happened; what varies goes into fields, of which
 * `event.name` is the machine's word for the line. Never payloads, never secrets.
 */
export type Logger = PinoLogger;

/** Every level, from the most talkative to the most silent. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** OpenTelemetry's severity numbers for pino's levels (logs data model, "Severity fields"). */
const severityNumbers: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** What a process's logger is made with. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** `service.name` of every line. */
  readonly service: string;
  readonly version: string;
  /** Tells the replicas of one service apart. */
  readonly instance: string;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

/** Makes the process's logger; its children follow when `level` is set later. */
export function createLog(options: LogOptions): Logger {
  const settings = {
    level: options.level,
    messageKey: "body",
    errorKey: "error",
    base: {
      "service.name": options.service,
      "service.version": options.version,
      "service.instance.id": options.instance,
    },
    timestamp: () => `,"timestamp":"${formatTimestamp(options.clock.now())}"`,
    formatters: {
      level: (label: string) => ({
        severity_text: label.toUpperCase(),
        severity_number: severityNumbers[label] ?? 0,
      }),
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
