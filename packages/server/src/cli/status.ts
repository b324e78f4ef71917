import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError, type Health, type HealthStatus, type ServiceHealth } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { systemClock } from "../app/system-clock.ts";
import {
  addServerOptions,
  connectServer,
  type Server,
  type ServerOptions,
  unreachable,
} from "./connect-server.ts";
import { statusText } from "./status-text.ts";
import { writeOut } from "./write-out.ts";

interface StatusOptions extends ServerOptions {
  readonly json: boolean;
  readonly strict: boolean;
  /** Seconds between two looks; undefined: one look. */
  readonly watch?: number | true;
}

const examples = `
Examples:
  $ auditflow status                                 every service and what it depends on
  $ auditflow status --watch                         the same, anew every two seconds, until Ctrl-C
  $ auditflow status --url http://127.0.0.1:8000     one process alone, here notification-service
  $ auditflow status --strict || page-somebody       for scripts: fails also when something works in part
  $ auditflow status --json | jq '.services[] | select(.status != "pass")'

Ends with 0 when everything works or works in part, with 1 when nothing works or nobody answers; with --strict only
when everything works.`;

/** \`auditflow status\`: how the services are, since when, and what does not work because of it. */
export function statusCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("status")
    .description("show how the services and what they depend on are")
    .option("--watch [seconds]", "show it again and again, by default every 2 seconds", secondsFrom)
    .option("--strict", "end with 1 also when something works in part only", false)
    .option("--json", "print the health report as JSON; with --watch one a line", false);
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (options: StatusOptions) => {
    const server = connectServer(options);
    done(options.watch === undefined ? await look(server, options) : await watch(server, options));
  });
}

function secondsFrom(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0.5 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError(`"${text}" is no number of seconds from 0.5 to 86400`);
}

async function look(server: Server, { json, strict }: StatusOptions): Promise<number> {
  const health = await askHealth(server);
  await writeOut(json ? `${JSON.stringify(health)}\n` : textOf(server, health));
  return exitCode(health.status, strict);
}

function exitCode(status: HealthStatus, strict: boolean): number {
  return status === "fail" || (strict && status === "warn") ? 1 : 0;
}

/** Never ends by itself: nobody answering is a state like another, and worth watching. */
async function watch(server: Server, { json, watch: every }: StatusOptions): Promise<never> {
  const seconds = typeof every === "number" ? every : 2;
  for (;;) {
    const health = await askHealth(server).catch((error: unknown) => absentHealth(server, error));
    const text = json ? `${JSON.stringify(health)}\n` : textOf(server, health);
    const clear = process.stdout.isTTY && !json ? "\u001b[H\u001b[2J" : "";
    await writeOut(`${clear}${text}${json || clear !== "" ? "" : "\n"}`);
    await delay(seconds * 1000);
  }
}

function textOf(server: Server, health: Health): string {
  return statusText(health, { url: server.url, now: systemClock.now() });
}

/** A report of a server that does not answer, so that it is shown as any other. */
function absentHealth(server: Server, error: unknown): Health {
  const last_error = error instanceof Error ? error.message : String(error);
  const service: ServiceHealth = { service: server.url, status: "fail", last_error, checks: {} };
  return { status: "fail", service: "auditflow", version: "", checks: {}, services: [service] };
}

const deadlineMs = 5_000;

async function askHealth(server: Server): Promise<Health> {
  const signal = AbortSignal.timeout(deadlineMs);
  const response = await server.fetch("/healthz", { signal }).catch((error: unknown) => {
    throw unreachable(server.url, error);
  });
  const answer = (await response.json().catch(() => undefined)) as Partial<Health> | undefined;
  if (answer?.status !== undefined && answer.checks !== undefined) return answer as Health;
  const said = `${server.url} answered ${response.status}, which is no health report of AuditFlow; check --url`;
  throw new AuditFlowError("invalid_request", said);
}
