import type { Command } from "commander";
import { type Restored, restore as restoreFolder } from "../app/backup/restore.ts";
import { processEnvironment } from "../app/config.ts";
import { systemClock } from "../app/system-clock.ts";
import { interruptible } from "./interruptible.ts";
import { startProgress } from "./progress.ts";

interface RestoreOptions {
  readonly data: string;
  readonly force: boolean;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow restore /var/backups/auditflow-2026-11-23 --data /var/lib/auditflow
  $ auditflow restore /var/backups/auditflow-2026-11-23 --data /var/lib/auditflow --force`;

/** \`auditflow restore BACKUP\`: makes a data folder of a backup, whole or not at all. */
export function restoreCommand(program: Command, done: (code: number) => void): void {
  program
    .command("restore")
    .description("make a data folder of a backup")
    .argument("<backup>", "a folder that `auditflow backup` made")
    .option("--data <folder>", "data folder to make", processEnvironment()["AUDITFLOW_DATA"] ?? "./data")
    .option("--force", "move what is in the data folder aside; it is never deleted", false)
    .option("--json", "print what was done as JSON", false)
    .addHelpText("after", examples)
    .action(async (backup: string, options: RestoreOptions) => {
      await interruptible((signal) => restore(backup, options, signal));
      done(0);
    });
}

async function restore(backup: string, options: RestoreOptions, signal: AbortSignal): Promise<void> {
  const progress = startProgress();
  const { data, force } = options;
  const onProgress = (what: string): void => progress.update(what);
  const restored = await restoreFolder({
    backup,
    data,
    force,
    clock: systemClock,
    onProgress,
    signal,
  }).finally(() => progress.done());
  const { manifest, movedAside } = restored;
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ data: restored.data, moved_aside: movedAside ?? null, ...manifest })}\n`,
    );
  else process.stdout.write(words(restored));
}

function words({ data, manifest, movedAside }: Restored): string {
  const aside = movedAside === undefined ? "" : `What was in it is in ${movedAside} now.\n`;
  return `Restored ${data} as of ${manifest.created_at}.
${aside}Start it with: auditflow serve --data ${data}
Events that waited then are detected now, without doubling an alert. What was acknowledged later is not in it: send it
again, events keep their ids. Channels may be told once more what they were told after the backup.
`;
}
