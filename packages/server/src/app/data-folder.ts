import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AuditFlowError } from "@auditflow/contracts";

/** A data folder that this process holds; nobody else can until `release` or the end of the process. */
export interface DataFolder {
  /** The bearer token that opens everything; in the file `token`, readable by its owner only, made when it is asked for. */
  readonly token: string;
  release(): void;
}

/**
 * Takes the folder, making it when absent. The lock is the operating system's, through SQLite's exclusive mode, so
 * that it ends with the process however that ends.
 * @throws AuditFlowError data_folder_locked, or invalid_config when the folder cannot be written.
 */
export function takeDataFolder(path: string): DataFolder {
  const lock = lockDataFolder(path);
  return {
    get token() {
      return ensureToken(path);
    },
    release: () => lock.close(),
  };
}

/**
 * Takes the folder's lock alone, making folder and lock when absent; it is held until it is closed.
 * @throws AuditFlowError data_folder_locked, or invalid_config when the folder cannot be written.
 */
export function lockDataFolder(path: string): Pick<DatabaseSync, "close"> {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(path, "lock.db"));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;");
    return lock;
  } catch (error) {
    lock?.close();
    const { message } = error as Error;
    if (/locked|busy/i.test(message)) {
      throw new AuditFlowError(
        "data_folder_locked",
        `Another AuditFlow process holds the data folder ${path}: stop it, or choose another folder with --data`,
        {
          cause: error,
        },
      );
    }
    throw new AuditFlowError("invalid_config", `The data folder ${path} cannot be used: ${message}`, {
      cause: error,
    });
  }
}

/** Where the token of a data folder is. */
export function tokenFile(path: string): string {
  return join(path, "token");
}

function ensureToken(path: string): string {
  const file = tokenFile(path);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return readFileSync(file, "utf8").trim();
}
