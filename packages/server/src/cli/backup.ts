import type { Command } from "commander";
import { backUp } from "../app/backup/backup.ts";
import { processEnvironment } from "../app/config.ts";
import { systemClock } from "../app/system-clock.ts";
import { inWords } from "../telemetry/disk-level.ts";
import { interruptible } from "./interruptible.ts";
import { startProgress } from "./progress.ts";

interface BackupOptions {
  readonly data: string;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow backup /var/backups/auditflow-2026-11-23 --data /var/lib/auditflow
  $ auditflow backup "/var/backups/auditflow-$(date +%F)" --json | jq .created_at

The folder holds the API token and the secrets of channels: keep it as safe as the data folder.`;

/** \`auditflow backup TARGET\`: copies a data folder as it is at one moment, while it is used. */
export function backupCommand(program: Command, done: (code: number) => void): void {
  program
    .command("backup")
    .description("copy a data folder while it is used")
    .argument("<target>", "a folder that does not exist yet; it is there only when the backup is whole")
    .option("--data <folder>", "data folder to back up", processEnvironment()["AUDITFLOW_DATA"] ?? "./data")
    .option("--json", "print the manifest instead of a sentence", false)
    .addHelpText("after", examples)
    .action(async (target: string, options: BackupOptions) => {
      await interruptible((signal) => backup(target, options, signal));
      done(0);
    });
}

async function backup(target: string, { data, json }: BackupOptions, signal: AbortSignal): Promise<void> {
  const progress = startProgress();
  const onProgress = (file: string, share: number): void =>
    progress.update(`${file}: ${Math.floor(share * 100)} %`);
  const manifest = await backUp({ data, target, clock: systemClock, onProgress, signal }).finally(() =>
    progress.done(),
  );
  if (json) process.stdout.write(`${JSON.stringify({ target, ...manifest })}\n`);
  else {
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const what = `${manifest.files.length} files, ${inWords(bytes)}, as of ${manifest.created_at}`;
    process.stdout.write(`Backed up ${data} to ${target} (${what})\n`);
  }
}
