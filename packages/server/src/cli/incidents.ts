import {
  type AlertStatus,
  AuditFlowError,
  alertStatuses,
  type History,
  type Incident,
  type IncidentList,
} from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { addServerOptions, connectServer, type ServerOptions } from "./connect-server.ts";
import {
  actionCommands,
  addDecisionOptions,
  type DecisionOptions,
  decisionOf,
  historyRows,
  historyTitles,
  write,
} from "./decide.ts";
import { checkFilter } from "./filter-option.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ListOptions extends ServerOptions {
  readonly status: readonly AlertStatus[];
  readonly filter?: string;
  readonly limit: number;
  readonly json: boolean;
}

interface ShowOptions extends ServerOptions {
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow incidents                                the newest
  $ auditflow incidents --status open,acknowledged
  $ auditflow incidents --filter 'severity:>=high host:web-*' --json | jq -r .incident_id
  $ auditflow incidents show 0190a000-0000-7000-8000-000000000001
  $ auditflow incidents close 0190a000-0000-7000-8000-000000000001 --reason handled`;

/** \`auditflow incidents [show|ack|resolve|close|reopen|assign|note]\`: alerts that belong together, and what is done about them. */
export function incidentsCommand(program: Command, done: (code: number) => void): void {
  const incidents = program
    .command("incidents")
    .description("show and settle incidents: alerts that belong together")
    .option(
      "--status <list>",
      `only these, separated by commas: ${alertStatuses.join(", ")}`,
      parseStatuses,
      [],
    )
    .option("--filter <filter>", "only those with an alert that matches", checkFilter)
    .option("--limit <number>", "how many, at most 200", parseLimit, 50);
  addServerOptions(incidents)
    .option("--json", "one JSON object a line", false)
    .addHelpText("after", examples)
    .action(async (options: ListOptions) => {
      await list(options);
      done(0);
    });
  addShow(incidents, done);
  for (const action of actionCommands) addAction(incidents, action, done);
}

function parseStatuses(text: string): AlertStatus[] {
  return text.split(",").map((part) => {
    const status = alertStatuses.find((known) => known === part.trim().toLowerCase());
    if (status !== undefined) return status;
    throw new InvalidArgumentError(`"${part.trim()}" is none of ${alertStatuses.join(", ")}`);
  });
}

function parseLimit(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isInteger(number) && number >= 1 && number <= 200) return number;
  throw new InvalidArgumentError(`"${text}" is no whole number from 1 to 200`);
}

async function list({ status, filter, limit, json, ...options }: ListOptions): Promise<void> {
  const query = new URLSearchParams(status.map((one): [string, string] => ["status", one]));
  query.set("limit", String(limit));
  if (filter !== undefined) query.set("filter", filter);
  const { incidents, next } = await connectServer(options).ask<IncidentList>(
    `/api/v1/incidents?${query.toString()}`,
  );
  if (json) return await writeOut(incidents.map((incident) => `${JSON.stringify(incident)}\n`).join(""));
  if (incidents.length === 0) {
    process.stderr.write("auditflow: no incident matches\n");
    return;
  }
  const rows = incidents.map((incident) => [
    ...[incident.incident_id, incident.status, incident.severity, String(incident.alert_count)],
    ...[incident.last_seen, printable(about(incident))],
  ]);
  await writeOut(formatTable(["INCIDENT", "STATUS", "SEVERITY", "ALERTS", "LAST SEEN", "WHAT"], rows));
  if (next !== null)
    process.stderr.write(`auditflow: these are the newest ${incidents.length}; see --limit\n`);
}

function about({ title, opened_by }: Incident): string {
  const { actor_id } = opened_by.triggered_by;
  return `${title}  ${actor_id === "" ? "-" : actor_id}  ${opened_by.impacted_resource.server_hostname}`;
}

function addShow(incidents: Command, done: (code: number) => void): void {
  const command = incidents
    .command("show")
    .description("show an incident and what was done about it")
    .argument("<id>", "the incident's id");
  command.action(async (id: string, _own: unknown, { parent }: Command) => {
    const options = optionsOf<ShowOptions>(command, parent);
    const server = connectServer(options);
    const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
    const [incident, { history }] = [
      await server.ask<Incident>(path),
      await server.ask<History>(`${path}/history`),
    ];
    await writeOut(options.json ? `${JSON.stringify({ ...incident, history })}\n` : inWords(incident));
    if (!options.json) await writeOut(`\n${formatTable(historyTitles, historyRows(history))}`);
    done(0);
  });
}

/** The options that `auditflow incidents` declares hold for its sub-commands too. */
function optionsOf<T>(command: Command, parent: Command | null): T {
  return { ...parent?.opts(), ...command.opts() } as T;
}

function inWords(incident: Incident): string {
  const { incident_id, status, severity, rule_name, alert_count, first_seen, last_seen, opened_at } =
    incident;
  return formatTable(
    ["INCIDENT", incident_id],
    [
      ["what", printable(about(incident))],
      ["status", status],
      ["severity", severity],
      ["rule", printable(rule_name)],
      ["alerts", `${alert_count}, from ${first_seen} to ${last_seen}`],
      ["opened", opened_at],
      ["new alerts", incident.takes_alerts ? "join it" : "open another incident"],
      ["see them", `auditflow alerts list --filter incident:${incident_id}`],
    ],
  );
}

function addAction(
  incidents: Command,
  { name, action, does }: (typeof actionCommands)[number],
  done: (code: number) => void,
): void {
  const command = incidents.command(name).description(`${does}, for all its alerts`);
  addDecisionOptions(command.argument("<id>", "the incident's id"), action);
  command.action(async (id: string, _own: unknown, { parent }: Command) => {
    const options = optionsOf<DecisionOptions>(command, parent);
    const path = `/api/v1/incidents/${encodeURIComponent(id)}/actions`;
    const { answer, operationId } = await write<Incident>(
      connectServer(options),
      path,
      decisionOf(action, options),
    );
    if (operationId === undefined) throw new AuditFlowError("internal", "The answer names no operation");
    const words = `Incident ${answer.incident_id} is ${answer.status}, ${answer.alert_count} alerts\n`;
    const undo = `Undo: auditflow alerts undo ${operationId}\n`;
    await writeOut(options.json ? `${JSON.stringify(answer)}\n` : words + undo);
    done(0);
  });
}
