import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";

/** One package of package-lock.json, as far as it matters here. */
interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The part of a package-lock.json (version 3) that lists packages by their place in node_modules. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/**
 * The entries that a lock file lacks: optional packages for other platforms, which npm leaves out when a registry
 * does not have them, and without which `npm ci` refuses the lock file on every machine.
 */
export function missingEntries(lock: LockFile): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {};
  for (const [place, owner] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
      if (isLocked(lock, place, name)) continue;
      // Platform packages are asked for by exact version; of a range, its lowest version satisfies it as well.
      missing[`node_modules/${name}`] = platformEntry(name, range.replace(/^[^\d]+/, ""), owner);
    }
  }
  return missing;
}

// A package finds another in its own node_modules or in those of the folders around it.
function isLocked({ packages }: LockFile, place: string, name: string): boolean {
  if (packages[`${place === "" ? "" : `${place}/`}node_modules/${name}`] !== undefined) return true;
  if (place === "") return false;
  const cut = place.lastIndexOf("node_modules/");
  return isLocked({ packages }, cut <= 0 ? "" : place.slice(0, cut - 1), name);
}

const systems = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

function platformEntry(name: string, version: string, owner: LockedPackage): LockedPackage {
  const words = name.split(/[/-]/);
  const pick = (known: readonly string[]): string[] => known.filter((one) => words.includes(one));
  const os = pick(systems);
  const cpu = pick(processors);
  const libc = words.flatMap((word) =>
    word.includes("musl") ? ["musl"] : word.startsWith("gnu") ? ["glibc"] : [],
  );
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(owner.dev === true ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

/** The places in a lock file that name a server: whoever installs by it would be bound to that registry. */
export function boundToServer(lock: LockFile): string[] {
  return Object.entries(lock.packages)
    .filter(([, { resolved }]) => resolved?.includes("://") === true)
    .map(([place]) => place);
}

/** Reads the lock file of a folder. */
export function readLock(folder: string): LockFile {
  return JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as LockFile;
}

/** Adds the missing entries to the lock file of `folder` and gives their places back. */
function completeLock(folder: string): string[] {
  const lock = readLock(folder);
  const missing = missingEntries(lock);
  const places = Object.keys(missing);
  if (places.length > 0) {
    const packages = Object.entries({ ...lock.packages, ...missing }).sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    const text = JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2);
    writeFileSync(join(folder, "package-lock.json"), `${text}\n`);
  }
  return places;
}

if (import.meta.main) {
  const places = completeLock(root);
  process.stdout.write(places.length === 0 ? "nothing was missing\n" : `added\n  ${places.join("\n  ")}\n`);
}
