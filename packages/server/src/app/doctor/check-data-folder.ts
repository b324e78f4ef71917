import { randomUUID } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, open, stat, statfs, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { lockDataFolder, tokenFile } from "../data-folder.ts";
import { type Check, type Found, fail, ok, warn } from "./finding.ts";

/** Whether the data folder can be used, is ours alone, and has a disk with room that keeps what it is told. */
export function checkDataFolder(path: string): readonly Check[] {
  const folder = resolve(path);
  return [
    { area: "data", fix: `See \`ls -ld ${folder}\`.`, run: () => permissions(folder) },
    {
      area: "disk",
      fix: `See \`df -h ${folder}\` and the kernel's log (\`dmesg\`).`,
      run: () => disk(folder),
    },
  ];
}

async function permissions(folder: string): Promise<Found[]> {
  if (!existsSync(folder)) return [await mayBeMade(folder)];
  const { mode, uid } = await stat(folder);
  const us = process.getuid?.() ?? uid;
  const found = [await writable(folder, us)];
  if (uid !== us) {
    const fix = `Run the service as that user, or give the folder to it: \`chown -R ${us} ${folder}\`.`;
    found.push(warn(`${folder} belongs to the user ${uid}, and this is run as ${us}`, fix));
  }
  if ((mode & 0o077) !== 0) {
    const fix = `Close it: \`chmod 700 ${folder}\`.`;
    found.push(warn(`${folder} is open to other users (mode ${octal(mode)})`, fix));
  }
  return [...found, ...(await token(folder)), ...lock(folder, found)];
}

async function mayBeMade(folder: string): Promise<Found> {
  const parent = nearest(folder);
  const isWritable = await mayWrite(parent);
  if (isWritable) return ok(`${folder} is made at the first start`);
  return fail(
    `${folder} is not there, and ${parent} cannot be written`,
    `Make it: \`install -d -m 700 ${folder}\`.`,
  );
}

/** The folder itself or the first above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearest(dirname(folder));
}

async function writable(folder: string, us: number): Promise<Found> {
  if (await mayWrite(folder)) return ok(`${folder} can be read and written`);
  const fix = `Give it to the user of the service: \`chown -R ${us} ${folder} && chmod -R u+rwX ${folder}\`; see \`mount\` when its file system is read-only.`;
  return fail(`${folder} cannot be written`, fix);
}

function mayWrite(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function token(folder: string): Promise<Found[]> {
  const file = tokenFile(folder);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return [];
  if ((found.mode & 0o077) === 0) return [ok("the token can be read by its owner only")];
  return [
    fail(
      `${file} can be read by other users (mode ${octal(found.mode)})`,
      `Close it: \`chmod 600 ${file}\`.`,
    ),
  ];
}

/** Whether a process of AuditFlow has the folder now. */
function lock(folder: string, before: readonly Found[]): Found[] {
  const isUsable = before.every(({ status }) => status !== "fail");
  if (!isUsable || !existsSync(join(folder, "lock.db"))) return [];
  try {
    lockDataFolder(folder).close();
    return [ok("no process uses it now")];
  } catch (error) {
    if (error instanceof AuditFlowError && error.code === "data_folder_locked") {
      return [ok("a running AuditFlow uses it: another one with the same folder would not start")];
    }
    throw error;
  }
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}

const leastFree = { fail: 100_000_000, warn: 2_000_000_000, share: 0.05, inodes: 1000 };

async function disk(folder: string): Promise<Found[]> {
  const there = nearest(folder);
  return [...(await room(there)), await syncs(there)];
}

async function room(folder: string): Promise<Found[]> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(folder);
  const free = bavail * bsize;
  const words = `${gigabytes(free)} of ${gigabytes(blocks * bsize)} are free`;
  const fix = `Free the disk or move the folder; \`du -xh --max-depth=1 ${folder} | sort -h\` shows what takes the room, AUDITFLOW_RETENTION_DAYS how long alerts stay.`;
  const found: Found[] = [];
  if (free < leastFree.fail) found.push(fail(words, fix));
  else if (free < leastFree.warn || free < leastFree.share * blocks * bsize) found.push(warn(words, fix));
  else found.push(ok(words));
  // Some file systems make inodes as they go, and tell of none.
  if (files > 0 && ffree < leastFree.inodes) {
    found.push(fail(`${ffree} inodes are free`, `Remove small files; \`df -i ${folder}\` shows the count.`));
  }
  return found;
}

function gigabytes(bytes: number): string {
  return bytes < 1_000_000_000 ? `${Math.round(bytes / 1_000_000)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

const slowMs = 100;

/** Writes a few bytes with fsync, five times: everything that is acknowledged waits for this. */
async function syncs(folder: string): Promise<Found> {
  const path = join(folder, `.auditflow-doctor-${randomUUID()}`);
  try {
    const file = await open(path, "wx", 0o600);
    const began = performance.now();
    try {
      for (let n = 0; n < 5; n += 1) {
        await file.write("auditflow doctor\n");
        await file.sync();
      }
    } finally {
      await file.close();
    }
    const each = (performance.now() - began) / 5;
    if (each < slowMs) return ok(`a write is on the disk after ${each.toFixed(1)} ms`);
    const fix = "Use a faster disk: every batch of events waits for one such write.";
    return warn(`a write is on the disk after ${Math.round(each)} ms`, fix);
  } catch (error) {
    const fix = `See \`ls -ld ${folder}\`, \`df -h ${folder}\` and the kernel's log (\`dmesg\`).`;
    return fail(`a file cannot be written and synced: ${(error as Error).message}`, fix);
  } finally {
    await unlink(path).catch(() => undefined);
  }
}
