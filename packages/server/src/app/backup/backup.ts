import { constants, existsSync } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../../telemetry/clock.ts";
import { inWords } from "../../telemetry/disk-level.ts";
import { tokenFile } from "../data-folder.ts";
import { version } from "../version.ts";
import { type Snapshot, takeSnapshots } from "./backup-database.ts";
import { copyFile, digestOf, sync } from "./durable-files.ts";
import {
  type BackupFile,
  databaseFiles,
  type Manifest,
  manifestFile,
  newManifest,
  tokenName,
} from "./manifest.ts";

/** What is backed up, and where to. */
export interface BackupOptions {
  /** The data folder; a process may be using it. */
  readonly data: string;
  /** A folder that does not exist yet; it is there only when the backup is whole. */
  readonly target: string;
  readonly clock: Clock;
  /** Told which file is being copied, and the share of it that is done. */
  readonly onProgress: (file: string, share: number) => void;
  /** Ends it early, with nothing left behind. */
  readonly signal: AbortSignal;
}

/**
 * Copies a data folder as it is at one moment, while it is used. Nothing that was acknowledged before the call is
 * missing in it. On disk when it resolves.
 * @throws AuditFlowError invalid_config when folder or target do not fit, backup_unusable when a database is damaged.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { data, clock } = options;
  const target = resolve(options.target);
  if (existsSync(target)) throw refused(`${target} exists already: name a folder that does not`);
  await access(data, constants.R_OK).catch((cause) => {
    throw refused(`The data folder ${data} cannot be read: ${(cause as Error).message}`, cause);
  });
  const snapshots = takeSnapshots(data);
  try {
    const createdAt = formatTimestamp(clock.now());
    if (snapshots.length === 0)
      throw refused(`${data} holds none of ${databaseFiles.join(", ")}: name a data folder with --data`);
    await mkdir(dirname(target), { recursive: true });
    await checkRoom(dirname(target), snapshots);
    return await write(target, { ...options, snapshots, createdAt });
  } finally {
    for (const snapshot of snapshots) snapshot.close();
  }
}

interface Writing extends BackupOptions {
  readonly snapshots: readonly Snapshot[];
  readonly createdAt: string;
}

async function write(target: string, options: Writing): Promise<Manifest> {
  const part = await mkdtemp(`${target}.part-`);
  try {
    const files = await copyAll(part, options);
    const manifest = newManifest(version, options.createdAt, files);
    await writeFile(manifestFile(part), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    for (const { name } of files) await sync(join(part, name));
    for (const path of [manifestFile(part), part]) await sync(path);
    options.signal.throwIfAborted();
    await rename(part, target);
    await sync(dirname(target));
    return manifest;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

async function copyAll(
  part: string,
  { data, snapshots, onProgress, signal }: Writing,
): Promise<BackupFile[]> {
  const files: BackupFile[] = [];
  for (const snapshot of snapshots) {
    const { name, schema } = snapshot;
    const path = join(part, name);
    // Made first, for its owner's eyes only, whatever the umask.
    await writeFile(path, "", { mode: 0o600 });
    await snapshot.copyTo(path, (share) => {
      signal.throwIfAborted();
      onProgress(name, share);
    });
    files.push({ name, ...(await digestOf(path)), ...(schema === undefined ? {} : { schema }) });
  }
  if (existsSync(tokenFile(data)))
    files.push({ name: tokenName, ...(await copyFile(tokenFile(data), join(part, tokenName))) });
  return files;
}

async function checkRoom(folder: string, snapshots: readonly Snapshot[]): Promise<void> {
  const needed = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > needed) return;
  throw refused(`${folder} has room for ${inWords(bavail * bsize)}, and the backup takes ${inWords(needed)}`);
}

function refused(message: string, cause?: unknown): AuditFlowError {
  return new AuditFlowError("invalid_config", message, { cause });
}
