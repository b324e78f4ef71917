import { type AlertList, type AlertSeverity, type AlertSummary, alertSeverities } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { alertActionCommands } from "./alert-actions.ts";
import { AlertLines } from "./alert-lines.ts";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { exportCommand } from "./export.ts";
import { addFilterOption } from "./filter-option.ts";
import { followAlerts } from "./follow-alerts.ts";
import { listCommands } from "./list-alerts.ts";
import { writeOut } from "./write-out.ts";

interface TailOptions extends ServerOptions {
  readonly filter?: string;
  readonly severity: readonly AlertSeverity[];
  readonly last: number;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow alerts tail                            the last ten, then each as it comes; Ctrl-C ends it
  $ auditflow alerts tail --filter 'severity:>=high host:web-*'
  $ auditflow alerts tail --last 0 --json | jq .alert_name
  $ AUDITFLOW_TOKEN=... auditflow alerts tail --url https://auditflow.example`;

/** `auditflow alerts`: shows alerts, and what people decide about them. */
export function alertsCommand(program: Command, done: (code: number) => void): void {
  const alerts = program.command("alerts").description("show alerts, and decide about them");
  listCommands(alerts, done);
  tailCommand(alerts, done);
  exportCommand(alerts, done);
  alertActionCommands(alerts, done);
}

function tailCommand(alerts: Command, done: (code: number) => void): void {
  const command = addFilterOption(alerts.command("tail"))
    .description("show the last alerts and then each as it comes, until Ctrl-C")
    .option(
      "--severity <list>",
      `only these, separated by commas: ${alertSeverities.join(", ")}`,
      parseList,
      [],
    )
    .option("--last <number>", "how many of those that are there already, at most 1,000", parseLast, 10)
    .option("--json", "one JSON object a line, for each change of an alert", false);
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (options: TailOptions) => {
    await tail(connectServer(options), options);
    done(0);
  });
}

function parseList(text: string): AlertSeverity[] {
  return text.split(",").map((part) => {
    const severity = alertSeverities.find((known) => known === part.trim().toUpperCase());
    if (severity !== undefined) return severity;
    throw new InvalidArgumentError(`"${part.trim()}" is none of ${alertSeverities.join(", ")}`);
  });
}

function parseLast(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isInteger(number) && number >= 0 && number <= 1000) return number;
  throw new InvalidArgumentError(`"${text}" is no whole number from 0 to 1,000`);
}

async function tail(server: Server, options: TailOptions): Promise<void> {
  const signal = untilSignal();
  const lines = new AlertLines();
  const show = async (alert: AlertSummary): Promise<void> => {
    if (!lines.isNews(alert)) return;
    const line = lines.line(alert);
    await writeOut(options.json ? `${JSON.stringify(alert)}\n` : line, signal);
  };
  try {
    const { alerts, position } = await lastAlerts(server, options, signal);
    for (const alert of alerts.slice(0, options.last).reverse()) await show(alert);
    const onState = (sentence: string) => void process.stderr.write(`auditflow: ${sentence}\n`);
    const live = { after: position, query: tailQuery(options), signal, onState };
    for await (const alert of followAlerts(server, live)) await show(alert);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Aborted at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function untilSignal(): AbortSignal {
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  return ended.signal;
}

function tailQuery({ filter, severity }: TailOptions): URLSearchParams {
  const query = new URLSearchParams(severity.map((one): [string, string] => ["severity", one]));
  if (filter !== undefined) query.set("filter", filter);
  return query;
}

async function lastAlerts(server: Server, options: TailOptions, ended: AbortSignal): Promise<AlertList> {
  const query = tailQuery(options);
  query.set("limit", String(Math.max(1, options.last)));
  const signal = AbortSignal.any([ended, AbortSignal.timeout(15_000)]);
  return await server.ask<AlertList>(`/api/v1/alerts?${query.toString()}`, { signal });
}
