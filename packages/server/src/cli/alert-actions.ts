import {
  type ActionRequest,
  type AlertList,
  AuditFlowError,
  type BulkActionRequest,
  type BulkSelection,
  type History,
  type Operation,
} from "@auditflow/contracts";
import { confirm, isCancel } from "@clack/prompts";
import type { Command } from "commander";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import {
  type ActionCommand,
  actionCommands,
  addDecisionOptions,
  type DecisionOptions,
  decisionOf,
  historyRows,
  historyTitles,
  write,
} from "./decide.ts";
import { addSelectionOptions, type SelectionOptions, selectionQuery } from "./filter-option.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ActionOptions extends DecisionOptions, SelectionOptions {
  readonly yes: boolean;
}

interface ShowOptions extends ServerOptions {
  readonly json: boolean;
}

const examples = ({ name, needs }: ActionCommand): string => `
Examples:
  $ auditflow alerts ${name} 0190a000-0000-5000-8000-000000000001${needs}
  $ auditflow alerts ${name} --filter 'rule:"Failed login" host:web-*'${needs}
  $ auditflow alerts ${name} --filter severity:low --from 2026-11-20T00:00:00Z --yes${needs}`;

/** \`auditflow alerts ack|resolve|close|reopen|assign|note|undo|history\`: what people decide about alerts. */
export function alertActionCommands(alerts: Command, done: (code: number) => void): void {
  for (const command of actionCommands) addAction(alerts, command, done);
  addUndo(alerts, done);
  addHistory(alerts, done);
}

function addAction(alerts: Command, action: ActionCommand, done: (code: number) => void): void {
  const command = alerts
    .command(action.name)
    .description(action.does)
    .argument("[ids...]", "the alerts' ids; or --filter")
    .option("--yes", "do not ask before it is done to all that match", false);
  addServerOptions(addDecisionOptions(addSelectionOptions(command), action.action))
    .option("--json", "print the operation as JSON", false)
    .addHelpText("after", examples(action));
  command.action(async (ids: string[], options: ActionOptions) => {
    const decision = decisionOf(action.action, options);
    done(await act(connectServer(options), { ids, decision }, options));
  });
}

interface Asked {
  readonly ids: readonly string[];
  readonly decision: ActionRequest;
}

/** Does it and resolves to the exit code: 1 when an id was not found. */
async function act(server: Server, { ids, decision }: Asked, options: ActionOptions): Promise<number> {
  if (ids.length > 0 === (options.filter !== undefined)) {
    throw new AuditFlowError("invalid_config", "Name alerts by their ids, or by --filter, and not by both");
  }
  const meant = ids.length > 0 ? { alert_ids: [...new Set(ids)] } : await selected(server, options);
  if (meant === undefined) return 0;
  const body: BulkActionRequest = { ...decision, ...meant };
  const { answer } = await write<Operation>(server, "/api/v1/alerts/actions", body);
  await writeOut(options.json ? `${JSON.stringify(answer)}\n` : inWords(answer));
  const missing = (meant.alert_ids?.length ?? 0) - answer.matched;
  if (missing <= 0) return 0;
  const said = `${missing} of the ids are of no alert that stands: not stored, or part of another alert now`;
  process.stderr.write(`auditflow: ${said}\n`);
  return 1;
}

function inWords({ operation_id, action, matched, changed }: Operation): string {
  const others = matched === changed ? "" : "; the others were so already, or are settled further";
  const undo = changed === 0 ? "" : `Undo: auditflow alerts undo ${operation_id}\n`;
  return `${action}: ${changed} of ${matched} alerts changed${others}\n${undo}`;
}

/** What is to be acted on, once a person has agreed to its number; undefined: nothing. */
async function selected(
  server: Server,
  { filter = "", from, to, yes }: ActionOptions,
): Promise<{ selection: BulkSelection; alert_ids?: never } | undefined> {
  const span = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const query = selectionQuery({ filter, ...span });
  query.set("limit", "1");
  query.set("total", "true");
  const { total = 0, as_of } = await server.ask<AlertList>(`/api/v1/alerts?${query.toString()}`);
  const bounds = Object.entries(span).map(([name, time]) => ` ${name} ${time}`);
  process.stderr.write(`auditflow: ${total} alerts match ${JSON.stringify(filter)}${bounds.join("")}\n`);
  if (total === 0 || !(yes || (await isAgreed(total)))) return undefined;
  return { selection: { filter, ...span, as_of, expected_count: total } };
}

async function isAgreed(total: number): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const said = `Nobody is there to ask whether ${total} alerts are meant: say --yes`;
    throw new AuditFlowError("invalid_config", said);
  }
  const agreed = await confirm({
    message: `Do it to all ${total}?`,
    initialValue: false,
    output: process.stderr,
  });
  return !isCancel(agreed) && agreed;
}

function addUndo(alerts: Command, done: (code: number) => void): void {
  const command = alerts
    .command("undo")
    .description("take back what an action did to alerts that nobody acted on since")
    .argument("<operation>", "the operation's id, as the action printed it");
  addServerOptions(command).option("--json", "print the operation as JSON", false);
  command.action(async (operationId: string, options: ShowOptions) => {
    const path = `/api/v1/operations/${encodeURIComponent(operationId)}/undo`;
    const { answer } = await write<Operation>(connectServer(options), path);
    const { changed, matched } = answer;
    const others = changed === matched ? "" : "; on the others somebody acted since";
    const words = `undo: ${changed} of ${matched} alerts are as they were${others}\n`;
    await writeOut(options.json ? `${JSON.stringify(answer)}\n` : words);
    done(0);
  });
}

function addHistory(alerts: Command, done: (code: number) => void): void {
  const command = alerts
    .command("history")
    .description("show what was done to an alert, when and by whom")
    .argument("<id>", "the alert's id");
  addServerOptions(command).option("--json", "one JSON object a line", false);
  command.action(async (id: string, options: ShowOptions) => {
    const path = `/api/v1/alerts/${encodeURIComponent(id)}/history`;
    const { history } = await connectServer(options).ask<History>(path);
    const lines = history.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    await writeOut(options.json ? lines : formatTable(historyTitles, historyRows(history)));
    done(0);
  });
}
