import type { ReloadedReplica, RuleReload } from "@auditflow/contracts";
import type { Command } from "commander";
import { addServerOptions, connectServer, type ServerOptions } from "./connect-server.ts";
import { faultLines, replicaCells, replicaHeads, silentLines } from "./rules-status.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ReloadOptions extends ServerOptions {
  readonly json: boolean;
}

/** \`auditflow rules reload\`: has every replica of a running AuditFlow look at its rule files now. */
export function reloadCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("reload")
    .description("have every replica of a running AuditFlow look at its rule files now")
    .option("--json", "print the answer of the API as JSON", false);
  const exit = `
Exit code 1 when files were refused, or a known replica did not answer.`;
  addServerOptions(command).addHelpText("after", exit);
  command.action(async (options: ReloadOptions) => {
    const answer = await connectServer(options).ask<RuleReload>("/api/v1/rules/reload", { method: "POST" });
    await writeOut(options.json ? `${JSON.stringify(answer)}\n` : told(answer));
    const { replicas, silent } = answer;
    done(silent.length === 0 && replicas.every(({ outcome }) => outcome !== "refused") ? 0 : 1);
  });
}

function told({ replicas, silent }: RuleReload): string {
  const table = formatTable([...replicaHeads, "OUTCOME"], replicas.map(rowOf));
  return table + faultLines(replicas) + silentLines(silent);
}

function rowOf(replica: ReloadedReplica): string[] {
  return [...replicaCells(replica), replica.outcome];
}
