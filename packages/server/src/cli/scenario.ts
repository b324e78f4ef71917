import { AuditFlowError, type Scenario, type ScenarioList, type ScenarioRun } from "@auditflow/contracts";
import type { Command } from "commander";
import { closest, distance } from "fastest-levenshtein";
import { askGenerator } from "./ask-generator.ts";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ScenarioOptions extends ServerOptions {
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow scenario                               which attacks there are, and which rules they must fire
  $ auditflow scenario brute-force                   plays one, about another user and address each time
  $ auditflow alerts tail & auditflow scenario account-takeover`;

/** \`auditflow scenario [NAME]\`: lists the attacks that the generator can play, or plays one. */
export function scenarioCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("scenario")
    .description("list the attacks that can be played, or play one")
    .argument("[name]", "which one; left out: list them")
    .option("--json", "print what the API answers", false);
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (name: string | undefined, options: ScenarioOptions) => {
    const server = connectServer(options);
    await (name === undefined ? list(server, options) : play(server, name, options));
    done(0);
  });
}

async function list(server: Server, { json }: ScenarioOptions): Promise<void> {
  const answer = await askGenerator<ScenarioList>(server, "scenarios");
  if (json) return await writeOut(`${JSON.stringify(answer)}\n`);
  const rows = answer.scenarios.map(({ name, events, title, rules }) => [
    name,
    String(events),
    title,
    rules.join(", "),
  ]);
  await writeOut(formatTable(["SCENARIO", "EVENTS", "WHAT IT IS", "RULES THAT MUST FIRE"], rows));
}

async function play(server: Server, name: string, { json }: ScenarioOptions): Promise<void> {
  const { scenarios } = await askGenerator<ScenarioList>(server, "scenarios");
  if (!scenarios.some((scenario) => scenario.name === name)) throw unknown(name, scenarios);
  const path = `scenarios/${encodeURIComponent(name)}`;
  const run = await askGenerator<ScenarioRun>(server, path, { method: "POST" });
  if (json) return await writeOut(`${JSON.stringify(run)}\n`);
  await writeOut(
    `${run.scenario}: ${run.events} events sent, about ${run.user_id} from ${run.client_ip}\n` +
      `Rules that must fire: ${run.rules.join(", ")}\n`,
  );
}

function unknown(name: string, scenarios: readonly Scenario[]): AuditFlowError {
  const names = scenarios.map((scenario) => scenario.name);
  const near = names.length === 0 ? "" : closest(name, names);
  const isNear = near !== "" && distance(name, near) <= Math.max(2, near.length / 3);
  const next = isNear ? `Did you mean ${near}?` : `There are ${names.join(", ")}`;
  return new AuditFlowError("not_found", `There is no scenario "${name}". ${next}`);
}
