import { hostname } from "node:os";
import { createLog, type Logger, tellRepeats } from "../telemetry/log.ts";
import { LogLevels } from "../telemetry/log-levels.ts";
import { type LogOutput, standardOutput } from "../telemetry/log-output.ts";
import type { Config } from "./config.ts";
import { watchLogLevelFile } from "./log-level-file.ts";
import { systemClock } from "./system-clock.ts";
import { version } from "./version.ts";

/** The log of a process, with what belongs to it. */
export interface ProcessLog {
  readonly log: Logger;
  readonly levels: LogLevels;
  /** Ends it: what waits is written, for as long as its reader takes it and half a second at most. */
  close(): Promise<void>;
}

/** Who writes, and where a line belongs. */
export interface LogIdentity {
  readonly service: string;
  readonly instance: string;
  readonly trace?: (() => { readonly trace_id: string; readonly span_id: string } | undefined) | undefined;
  /** Whether colours are wanted. */
  readonly color: boolean;
}

/** What tells this process apart from every other that runs. */
export function processInstance(): string {
  return `${hostname()}-${process.pid}`;
}

/** At its end a process waits so long for whoever reads its log. */
const closeMilliseconds = 500;

/** Opens the log on standard output, as the configuration says, and follows the file of its level. */
export async function openProcessLog(config: Config, identity: LogIdentity): Promise<ProcessLog> {
  const { service, instance, trace, color } = identity;
  const output = await outputOf(config, color);
  const log = createLog({
    ...{ clock: systemClock, level: config.logLevel, service, version, instance },
    ...{ destination: output, secrets: secretsOf(config) },
    ...(trace === undefined ? {} : { trace }),
  });
  const levels = new LogLevels(log, { clock: systemClock });
  const file = config.logLevelFile;
  const own = log.child({ module: "app" });
  const watch = file === undefined ? undefined : watchLogLevelFile(file, { levels, log: own });
  const unfollow = logNodeWarnings(own);
  const close = async (): Promise<void> => {
    unfollow();
    watch?.stop();
    levels.stop();
    tellRepeats(log);
    await output.close(closeMilliseconds);
  };
  return { log, levels, close };
}

/** Node's own warnings become lines of the log, which collectors understand; left alone they are text on standard error. */
function logNodeWarnings(log: Logger): () => void {
  const usual = process.listeners("warning");
  const warned = (warning: Error): void => {
    log.warn({ "event.name": "process.warning", error: warning }, "Node warns");
  };
  process.removeAllListeners("warning");
  process.on("warning", warned);
  return () => {
    process.off("warning", warned);
    for (const listener of usual) process.on("warning", listener);
  };
}

async function outputOf({ logFormat }: Config, color: boolean): Promise<LogOutput> {
  const output = standardOutput();
  const isPretty = logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
  if (!isPretty) return output;
  const { prettyOutput } = await import("../telemetry/log-pretty.ts");
  return prettyOutput(output, { color: color && process.stdout.isTTY });
}

function secretsOf({ urls, smtpUrl, apiToken }: Config): string[] {
  const passwords = [...Object.values(urls), smtpUrl ?? ""].map((url) => URL.parse(url)?.password ?? "");
  return [...passwords, apiToken ?? ""];
}
