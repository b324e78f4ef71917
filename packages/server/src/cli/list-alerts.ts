import type { AlertDetail, AlertList, AlertSummary } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { addSelectionOptions, type SelectionOptions, selectionQuery } from "./filter-option.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ListOptions extends ServerOptions, SelectionOptions {
  readonly limit: number;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow alerts list                            the newest fifty
  $ auditflow alerts list --filter 'severity:>=high -status:closed host:web-*'
  $ auditflow alerts list --filter 'user:alice time:>=now-24h' --limit 1000 --json | jq .alert_id
  $ auditflow alerts show 0190a000-0000-5000-8000-000000000001`;

/** `auditflow alerts list` and `auditflow alerts show ID`. */
export function listCommands(alerts: Command, done: (code: number) => void): void {
  const list = alerts.command("list").description("list alerts, newest first");
  addSelectionOptions(list)
    .option("--limit <number>", "most alerts, 1 to 100,000", parseLimit, 50)
    .option("--json", "one JSON object a line", false);
  addServerOptions(list).addHelpText("after", examples);
  list.action(async (options: ListOptions) => {
    await listAll(connectServer(options), options);
    done(0);
  });
  const show = alerts.command("show").description("show one alert whole").argument("<id>", "the alert's id");
  addServerOptions(show).option("--json", "as JSON in one line", false);
  show.action(async (id: string, options: ListOptions) => {
    const path = `/api/v1/alerts/${encodeURIComponent(id)}`;
    const alert = await connectServer(options).ask<AlertDetail>(path);
    await writeOut(options.json ? `${JSON.stringify(alert)}\n` : stringify(alert, { lineWidth: 0 }));
    done(0);
  });
}

function parseLimit(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isInteger(number) && number >= 1 && number <= 100_000) return number;
  throw new InvalidArgumentError(`"${text}" is no whole number from 1 to 100,000; export has no limit`);
}

const mostOnPage = 1000;

async function listAll(server: Server, options: ListOptions): Promise<void> {
  const query = selectionQuery(options);
  const rows: AlertSummary[] = [];
  let left = options.limit;
  while (true) {
    query.set("limit", String(Math.min(left, mostOnPage)));
    const { alerts, next } = await server.ask<AlertList>(`/api/v1/alerts?${query.toString()}`);
    left -= alerts.length;
    if (options.json) await writeOut(alerts.map((alert) => `${JSON.stringify(alert)}\n`).join(""));
    else rows.push(...alerts);
    if (next === null || left <= 0) {
      if (!options.json) await writeOut(formatTable(titles, rows.map(cells)));
      if (next !== null) process.stderr.write("auditflow: there are more; see --limit, or export\n");
      return;
    }
    query.set("cursor", next);
  }
}

const titles = ["TIME", "SEVERITY", "STATUS", "COUNT", "WHO", "HOST", "ALERT", "ID"] as const;

function cells(alert: AlertSummary): string[] {
  const { triggered_by: by, impacted_resource: on } = alert;
  return [
    alert.timestamp,
    alert.severity,
    alert.status,
    String(alert.count),
    printable(by.actor_id || "-"),
    printable(on.server_hostname || "-"),
    printable(alert.alert_name) + (alert.synthetic === true ? " (synthetic)" : ""),
    alert.alert_id,
  ];
}
