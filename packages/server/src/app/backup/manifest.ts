import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import Type from "typebox";
import Value from "typebox/value";

/**
 * The databases of a data folder, in the order in which a backup looks at them: what one has settled is in one that
 * follows, so that nothing falls between two looks (docs/decisions/0017-backup-order.md).
 */
export const databaseFiles = ["transport.db", "windows.db", "auditflow.db"] as const;

/** The token lies beside the databases. */
export const tokenName = "token";

/** Grows when a backup could no longer be understood by this program. */
const formatVersion = 1;

const BackupFile = Type.Object({
  name: Type.Enum([...databaseFiles, tokenName]),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  schema: Type.Optional(
    Type.String({ description: "What the tables in it are, by the last change to them" }),
  ),
});

/** One file of a backup, as it must be. */
export type BackupFile = Type.Static<typeof BackupFile>;

const Manifest = Type.Object({
  format: Type.Integer({ minimum: 1 }),
  auditflow: Type.String({ description: "Version of the program that made it" }),
  created_at: Type.String({ description: "The moment whose state it holds, RFC 3339" }),
  files: Type.Array(BackupFile),
});

/** What a backup says of itself in `manifest.json`. */
export type Manifest = Type.Static<typeof Manifest>;

/** Where the manifest of a backup is. */
export function manifestFile(backup: string): string {
  return join(backup, "manifest.json");
}

/** The manifest of a backup that is being made. */
export function newManifest(auditflow: string, createdAt: string, files: readonly BackupFile[]): Manifest {
  return { format: formatVersion, auditflow, created_at: createdAt, files: [...files] };
}

/**
 * Reads the manifest of a backup.
 * @throws AuditFlowError backup_unusable when there is none, it is damaged, or a newer version made it.
 */
export function readManifest(backup: string, program: string): Manifest {
  const file = manifestFile(backup);
  const content = parse(file);
  const { format, auditflow } = (content ?? {}) as Partial<Manifest>;
  if (typeof format === "number" && (format > formatVersion || isNewer(String(auditflow), program)))
    throw unusable(
      `${backup} was made by AuditFlow ${auditflow}, and this is ${program}: install that version or a later one to restore it`,
    );
  if (!Value.Check(Manifest, content)) throw unusable(`${file} is no manifest of a backup, or it is damaged`);
  return content;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = isAbsent ? "there is no such file, so this is no whole backup" : (cause as Error).message;
    throw unusable(`${file} cannot be read: ${why}`, cause);
  }
}

/** The error for a backup that cannot be restored; the message says which file and why. */
export function unusable(message: string, cause?: unknown): AuditFlowError {
  return new AuditFlowError("backup_unusable", message, { cause });
}

function isNewer(version: string, than: string): boolean {
  const parts = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [parts(version), parts(than)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}
