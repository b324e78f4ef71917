import {
  AuditFlowError,
  forMilliseconds,
  type LogLevel,
  type LogLevelChange,
  type LogLevels,
  type LogModule,
  logLevels,
  logModules,
  type ProcessLogLevel,
  type SilentProcess,
  services,
} from "@auditflow/contracts";
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { addServerOptions, connectServer, type ServerOptions } from "./connect-server.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface LogLevelOptions extends ServerOptions {
  readonly module?: LogModule;
  readonly for?: string;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow log-level                                     what every process logs now
  $ auditflow log-level notification-service                one service, every replica of it
  $ auditflow log-level all debug --for 10m                 and back by itself after ten minutes
  $ auditflow log-level audit-log-analysis trace --module transport
  $ auditflow log-level all info                            until it is changed again, or the process ends
  $ auditflow log-level all debug --url http://127.0.0.1:5001   asks that process, also while the broker is down

Exit code 1 when a known process did not answer; it is named.`;

/** \`auditflow log-level [service] [level]\`: shows or changes what running processes log, without a restart. */
export function logLevelCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("log-level")
    .description("show or change what is logged, in every process of a service")
    .addArgument(new Argument("[service]", "whose level").choices([...services, "all"]).default("all"))
    .addArgument(new Argument("[level]", "left out: show the levels").choices(logLevels))
    .addOption(new Option("--module <module>", "only this part of the program").choices(logModules))
    .option("--for <time>", "take it back after this time: 90s, 10m, 2h, at most 24h", readFor)
    .option("--json", "print the answer of the API as JSON", false);
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (service: string, level: LogLevel | undefined, options: LogLevelOptions) => {
    const change = changeOf(level, options);
    const server = connectServer(options);
    const path = `/api/v1/services/${service}/log-level`;
    const answer = await server.ask<LogLevels>(path, change && { method: "PUT", body: change });
    await writeOut(options.json ? `${JSON.stringify(answer)}\n` : told(answer, change));
    done(answer.silent.length === 0 ? 0 : 1);
  });
}

function readFor(text: string): string {
  if (forMilliseconds(text) !== undefined) return text;
  throw new InvalidArgumentError(`"${text}" is no time from 1s to 24h, such as 90s, 10m or 2h`);
}

function changeOf(level: LogLevel | undefined, options: LogLevelOptions): LogLevelChange | undefined {
  const { module, for: time } = options;
  if (level !== undefined) return { level, ...(module && { module }), ...(time && { for: time }) };
  if (module === undefined && time === undefined) return undefined;
  throw new AuditFlowError("invalid_config", "--module and --for need a level, such as: log-level all debug");
}

function told({ processes, silent }: LogLevels, change: LogLevelChange | undefined): string {
  return headLine(processes, change) + tableOf(processes) + silent.map(lineOf).join("");
}

function headLine(processes: readonly ProcessLogLevel[], change: LogLevelChange | undefined): string {
  if (change === undefined) return "";
  const { level, module, for: time } = change;
  const what = `${module === undefined ? "" : `${module} at `}${level}${time === undefined ? "" : ` for ${time}`}`;
  const count = processes.length === 1 ? "1 process" : `${processes.length} processes`;
  return `${what}: applied by ${count}\n`;
}

function tableOf(processes: readonly ProcessLogLevel[]): string {
  if (processes.length === 0) return "";
  return formatTable(["PROCESS", "SERVICE", "LEVEL", "MODULES", "REVERTS"], processes.map(rowOf));
}

function rowOf({ instance, services: names, level, modules, reverts_at }: ProcessLogLevel): string[] {
  const own = Object.entries(modules).map(([name, at]) => `${name}=${at}`);
  // One process of all services would make the table too wide for a terminal.
  const who = names.length > 2 ? `${names.length} services` : names.join(",");
  return [instance, who, level, own.join(",") || "-", reverts_at ?? "-"];
}

function lineOf({ instance, services: names, reason }: SilentProcess): string {
  return `No answer from ${instance === undefined ? "" : `${instance}, `}${names.join(", ")}: ${reason}\n`;
}
