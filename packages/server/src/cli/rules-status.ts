import type { ListedRule, RuleFault, RuleList, RuleReplica, SilentProcess } from "@auditflow/contracts";
import type { Command } from "commander";
import { addServerOptions, connectServer, type ServerOptions } from "./connect-server.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface StatusOptions extends ServerOptions {
  readonly json: boolean;
}

/** \`auditflow rules status\`: which rules every replica of a running AuditFlow works with. */
export function statusCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("status")
    .description(
      "which rules every replica of a running AuditFlow has in force, and what is wrong with its files",
    )
    .option("--json", "print the answer of the API as JSON, with every rule and its counters", false);
  const exit = `
Exit code 1 when files were refused, replicas have different rules, or a known one did not answer.`;
  addServerOptions(command).addHelpText("after", exit);
  command.action(async (options: StatusOptions) => {
    const list = await connectServer(options).ask<RuleList>("/api/v1/rules");
    await writeOut(options.json ? `${JSON.stringify(list)}\n` : told(list));
    const { replicas, silent } = list;
    const isOne = new Set(replicas.map(({ version }) => version)).size === 1;
    done(isOne && silent.length === 0 && replicas.every(({ refused }) => !refused) ? 0 : 1);
  });
}

function told({ replicas, rules, silent }: RuleList): string {
  const rows = replicas.map((replica) => [...replicaCells(replica), replica.since]);
  const table = formatTable([...replicaHeads, "SINCE"], rows);
  return table + faultLines(replicas) + silentLines(silent) + suspendedLines(rules) + differences(replicas);
}

/** Names what every table of replicas begins with. */
export const replicaHeads: readonly string[] = ["REPLICA", "RULES", "VERSION", "PROBLEMS", "SUSPENDED"];

/** What every table of replicas begins with. */
export function replicaCells(replica: RuleReplica): string[] {
  const { instance, rules, version, problem_count, refused, suspended } = replica;
  const problems = refused ? `${problem_count}, refused` : String(problem_count);
  return [instance, String(rules), version, problems, String(suspended.length)];
}

/** Each fault once, with its place; and what became of the set. */
export function faultLines(replicas: readonly RuleReplica[]): string {
  const faults = new Set(replicas.flatMap(({ problems }) => problems.map(faultLine)));
  const more = Math.max(0, ...replicas.map(({ problems, problem_count }) => problem_count - problems.length));
  return [
    ...faults,
    ...(more === 0 ? [] : [`... and ${more} more, which the log names\n`]),
    ...(replicas.some(({ refused }) => refused) ? [refusedLine] : []),
  ].join("");
}

const refusedLine =
  "The files were refused whole: the rules from before stay in force until the files are mended.\n";

function faultLine({ file, line, column, field, message }: RuleFault): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${field === "" ? "" : `${field}: `}${message}\n`;
}

/** A sentence for each replica that should have answered. */
export function silentLines(silent: readonly SilentProcess[]): string {
  return silent
    .map(({ instance, services, reason }) => `No answer from ${instance ?? services.join(", ")}: ${reason}\n`)
    .join("");
}

function suspendedLines(rules: readonly ListedRule[]): string {
  return rules
    .filter(({ suspended }) => suspended)
    .map(({ title, file, line }) => `Suspended for taking too much time: ${title} (${file}:${line})\n`)
    .join("");
}

function differences(replicas: readonly RuleReplica[]): string {
  const versions = new Set(replicas.map(({ version }) => version)).size;
  return versions < 2 ? "" : `The replicas have ${versions} different sets of rules.\n`;
}
