import type { Command } from "commander";
import { serviceName } from "../app/app.ts";
import { processEnvironment, readConfig } from "../app/config.ts";
import { diagnose, diagnoseSettings } from "../app/doctor/doctor.ts";
import type { Finding } from "../app/doctor/finding.ts";
import { roleNames } from "../app/role-table.ts";
import { printable } from "./printable.ts";
import { writeOut } from "./write-out.ts";

interface DoctorOptions {
  readonly config?: string;
  readonly data?: string;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow doctor                                 everything that \`auditflow serve\` needs here
  $ auditflow doctor notification-service            the same for one service, with the settings of its environment
  $ auditflow doctor --config /etc/auditflow/auditflow.yml
  $ auditflow doctor --json | jq '.findings[] | select(.status != "ok")'

Run it on the machine of the service, as its user, before it is started or while it runs. It changes nothing. Ends with
0 when nothing fails, with 1 when something does.`;

/** \`auditflow doctor [service...]\`: looks at all that a service needs, and says how to repair what is wrong. */
export function doctorCommand(program: Command, done: (code: number) => void): void {
  program
    .command("doctor")
    .description("look at all that a service needs on this machine, and say how to repair what is wrong")
    .argument("[service...]", `${roleNames.join(", ")}, or all`)
    .option("--config <file>", "YAML file of settings [AUDITFLOW_CONFIG]")
    .option("--data <folder>", "folder that holds everything when no server is used [AUDITFLOW_DATA]")
    .option("--json", "print the findings as JSON", false)
    .addHelpText("after", examples)
    .action(async (services: string[], options: DoctorOptions) => {
      const findings = await findingsOf(services, options);
      const status = findings.some((finding) => finding.status === "fail") ? "fail" : "ok";
      await writeOut(options.json ? `${JSON.stringify({ status, findings })}\n` : textOf(findings));
      done(status === "fail" ? 1 : 0);
    });
}

async function findingsOf(services: readonly string[], options: DoctorOptions): Promise<Finding[]> {
  const env = processEnvironment();
  const file = options.config ?? env["AUDITFLOW_CONFIG"];
  try {
    const config = readConfig({ roles: services, flags: { data: options.data }, env, file });
    return await diagnose(config, serviceName(config));
  } catch (error) {
    return diagnoseSettings(error);
  }
}

/** One line for each finding, below it what to do, and at the end how many there are of each kind. */
function textOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ area }) => area.length));
  const lines = findings.flatMap(({ area, status, what, fix }) => [
    printable(`${status.padEnd(4)}  ${area.padEnd(width)}  ${what}`),
    ...(fix === undefined ? [] : [printable(`${" ".repeat(width + 8)}-> ${fix}`)]),
  ]);
  const count = (wanted: Finding["status"]): number =>
    findings.filter(({ status }) => status === wanted).length;
  return `${lines.join("\n")}\n\n${count("ok")} ok, ${count("warn")} warn, ${count("fail")} fail\n`;
}
