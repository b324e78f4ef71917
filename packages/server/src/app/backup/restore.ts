import { existsSync, realpathSync, type Stats, statSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../../telemetry/clock.ts";
import { lockDataFolder } from "../data-folder.ts";
import { version } from "../version.ts";
import { knowsSchema, makeReady } from "./backup-database.ts";
import { copyFile, sync } from "./durable-files.ts";
import { databaseFiles, type Manifest, readManifest, unusable } from "./manifest.ts";

/** What is restored, and where to. */
export interface RestoreOptions {
  readonly backup: string;
  /** Absent or empty, unless `force`. */
  readonly data: string;
  /** Moves what is in the folder aside. */
  readonly force: boolean;
  readonly clock: Clock;
  /** Told which file is being copied or checked. */
  readonly onProgress: (what: string) => void;
  /** Ends it early, with nothing changed. */
  readonly signal: AbortSignal;
}

/** What was restored. */
export interface Restored {
  readonly manifest: Manifest;
  readonly data: string;
  /** Where what was in the folder is now; undefined: there was nothing. */
  readonly movedAside: string | undefined;
}

/**
 * Makes a data folder of a backup. Everything is copied, compared with the manifest and checked beside the folder,
 * which then takes its place at once: it is either as it was or restored whole.
 * @throws AuditFlowError backup_unusable naming the file at fault; data_folder_locked; invalid_config for a folder
 * that is not empty. The folder is as it was.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { backup, force } = options;
  const manifest = readManifest(backup, version);
  const strange = manifest.files.find(({ name, schema }) => !knowsSchema(name, schema));
  if (strange !== undefined)
    throw unusable(
      `${strange.name} in ${backup} has tables of a later version (${strange.schema}) than this AuditFlow, ${version}, knows`,
    );
  const data = existsSync(options.data) ? realpathSync(options.data) : resolve(options.data);
  const before = existsSync(data) ? statSync(data) : undefined;
  await mkdir(dirname(data), { recursive: true });
  refuseMount(data, before);
  const isEmpty = before === undefined || (await readdir(data)).length === 0;
  if (!isEmpty && !force)
    throw refused(`${data} is not empty: name another folder, or move what is in it aside with --force`);
  // Held until the folder has been replaced; a process that uses it is told of.
  const lock = isEmpty ? undefined : lockDataFolder(data);
  try {
    const movedAside = await replace(data, before, { ...options, manifest, isEmpty });
    return { manifest, data, movedAside };
  } finally {
    lock?.close();
  }
}

interface Replacing extends RestoreOptions {
  readonly manifest: Manifest;
  readonly isEmpty: boolean;
}

async function replace(
  data: string,
  before: Stats | undefined,
  options: Replacing,
): Promise<string | undefined> {
  const { manifest, clock, signal, isEmpty } = options;
  const part = await mkdtemp(join(dirname(data), `.${basename(data)}.restoring-`));
  try {
    for (const { name } of manifest.files) await takeFile(part, name, options);
    if (before !== undefined && process.getuid?.() === 0) await giveTo(part, before);
    for (const { name } of manifest.files) await sync(join(part, name));
    await sync(part);
    signal.throwIfAborted();
    const aside = isEmpty
      ? undefined
      : `${data}.before-${formatTimestamp(clock.now()).replace(/[:.]/g, "-")}`;
    if (aside !== undefined) await rename(data, aside);
    await rename(part, data);
    await sync(dirname(data));
    return aside;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

async function takeFile(
  part: string,
  name: string,
  { backup, manifest, onProgress, signal }: Replacing,
): Promise<void> {
  const wanted = manifest.files.find((file) => file.name === name)!;
  const [from, to] = [join(backup, name), join(part, name)];
  onProgress(`copying ${name}`);
  signal.throwIfAborted();
  const { bytes, sha256 } = await copyFile(from, to).catch((cause) => {
    const isNoSpace = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw isNoSpace
      ? refused(`There is no room for ${to}`, cause)
      : unusable(`${from} cannot be read: ${(cause as Error).message}`, cause);
  });
  if (bytes !== wanted.bytes)
    throw unusable(`${from} has ${bytes} bytes where the manifest says ${wanted.bytes}`);
  if (sha256 !== wanted.sha256)
    throw unusable(`${from} is not what was backed up: its SHA-256 differs from the manifest's`);
  if (!(databaseFiles as readonly string[]).includes(name)) return;
  onProgress(`checking ${name}`);
  makeReady(to, name);
}

/** A service that runs as another user must be able to use what root restores. */
async function giveTo(part: string, { uid, gid }: Stats): Promise<void> {
  for (const name of await readdir(part)) await chown(join(part, name), uid, gid);
  await chown(part, uid, gid);
}

function refuseMount(data: string, before: Stats | undefined): void {
  if (before === undefined || before.dev === statSync(dirname(data)).dev) return;
  throw refused(
    `${data} is where a file system is mounted and cannot be replaced: restore into a folder inside it`,
  );
}

function refused(message: string, cause?: unknown): AuditFlowError {
  return new AuditFlowError("invalid_config", message, { cause });
}
