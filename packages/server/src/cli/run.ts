import { AuditFlowError } from "@auditflow/contracts";
import { Command, CommanderError } from "commander";
import { version } from "../app/version.ts";

type AddCommand = (program: Command, done: (code: number) => void) => void;

/** Each command's file; only the one that is called is loaded, all of them for the help. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import("./serve.ts")).serveCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  send: async () => (await import("./send.ts")).sendCommand,
  scan: async () => (await import("./scan.ts")).scanCommand,
  rules: async () => (await import("./rules.ts")).rulesCommand,
  alerts: async () => (await import("./alerts.ts")).alertsCommand,
  incidents: async () => (await import("./incidents.ts")).incidentsCommand,
  channel: async () => (await import("./channel.ts")).channelCommand,
  deliveries: async () => (await import("./deliveries.ts")).deliveriesCommand,
  "import-legacy": async () => (await import("./import-legacy.ts")).importLegacyCommand,
  token: async () => (await import("./token.ts")).tokenCommand,
  backup: async () => (await import("./backup.ts")).backupCommand,
  restore: async () => (await import("./restore.ts")).restoreCommand,
  rate: async () => (await import("./rate.ts")).rateCommand,
  "log-level": async () => (await import("./log-level.ts")).logLevelCommand,
  scenario: async () => (await import("./scenario.ts")).scenarioCommand,
};

/** What the process answers: 0 done, 1 failed, 2 wrong use, 3 alerts at or above `--fail-on`. */
const exitCodes = { done: 0, failed: 1, usage: 2, alerts: 3 } as const;

/** Runs the command line and resolves to the exit code; errors go to standard error, never a stack. */
export async function run(args: readonly string[]): Promise<number> {
  process.stdout.on("error", endWithReader);
  const program = new Command("auditflow")
    .description("Watches audit logs, tells people about what matters, and can prove it afterwards.")
    .version(version)
    .showHelpAfterError("(run with --help for examples)")
    .showSuggestionAfterError()
    .exitOverride();
  let code: number = exitCodes.done;
  const wanted = commands[args[0] ?? ""];
  for (const load of wanted === undefined ? Object.values(commands) : [wanted]) {
    (await load())(program, (result) => {
      code = result;
    });
  }
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args as string[], { from: "user" });
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** Whoever reads the output, such as `head`, may stop reading: that is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.failed);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof AuditFlowError) {
    process.stderr.write(`auditflow: ${error.message}\n`);
    return error.code === "invalid_config" ? exitCodes.usage : exitCodes.failed;
  }
  process.stderr.write(
    `auditflow: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.failed;
}
