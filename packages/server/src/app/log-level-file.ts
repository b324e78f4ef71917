import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type LogLevel, type LogModule, logLevels, logModules } from "@auditflow/contracts";
import { parseDocument } from "yaml";
import type { Logger } from "../telemetry/log.ts";
import type { LogLevels } from "../telemetry/log-levels.ts";
import { settings } from "./settings.ts";
import { watchFolders } from "./watch-folders.ts";

/** The levels that a file may name, or what is wrong with it. */
export type LevelText =
  | { readonly level: LogLevel; readonly modules: Readonly<Partial<Record<LogModule, LogLevel>>> }
  | { readonly fault: string };

/** Reads one word such as `debug`, or YAML: `level: info` and `modules: { transport: debug }`. */
export function readLevelText(text: string): LevelText {
  const document = parseDocument(text.trim());
  const [error] = document.errors;
  if (error !== undefined) return { fault: error.message.split("\n")[0] ?? "not YAML" };
  const content: unknown = document.toJS();
  if (typeof content === "string")
    return isLevel(content) ? { level: content, modules: {} } : notLevel(content);
  if (typeof content !== "object" || content === null || Array.isArray(content)) return notLevel(content);
  return readMap(content as Record<string, unknown>);
}

function readMap({ level = "info", modules = {}, ...others }: Record<string, unknown>): LevelText {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return { fault: `unknown key ${shown(unknown)}; known: level, modules` };
  if (!isLevel(level)) return notLevel(level);
  if (typeof modules !== "object" || modules === null || Array.isArray(modules))
    return { fault: "modules must be a map, such as { transport: debug }" };
  for (const [module, own] of Object.entries(modules)) {
    if (!(logModules as readonly string[]).includes(module))
      return { fault: `unknown module ${shown(module)}; known: ${logModules.join(", ")}` };
    if (!isLevel(own)) return { fault: `modules.${module}: ${notLevel(own).fault}` };
  }
  return { level, modules: modules as Partial<Record<LogModule, LogLevel>> };
}

function isLevel(value: unknown): value is LogLevel {
  return (logLevels as readonly unknown[]).includes(value);
}

const notLevel = (value: unknown): { fault: string } => ({
  fault: `must be one of ${logLevels.join(", ")}; it is ${shown(value)}`,
});

/** A wrong path may lead to a secret: not more than a word of it is shown. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}

/** Settings as they were given. */
interface GivenSettings {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The file that the level comes from, unless the level is given by a flag or variable, which wins. */
export function levelFile({ flags, env }: GivenSettings): string | undefined {
  const { env: variable } = settings.logLevel;
  return flags["logLevel"] === undefined && !env[variable] ? env[`${variable}_FILE`] || undefined : undefined;
}

/** What the watcher works on. */
export interface LevelFileOptions {
  readonly levels: Pick<LogLevels, "setBase">;
  readonly log: Logger;
  /** Milliseconds between looks when nothing tells of a change. */
  readonly lookEvery?: number;
}

/** Where no change is told of, as on some network file systems, it is seen after this. */
const lookMilliseconds = 10_000;

/** A file that is written in place is looked at when the writing has ended. */
const settleMilliseconds = 50;

/**
 * Keeps the levels as the file says, from now on. The file may be replaced, or be a link whose target is swapped,
 * as a mounted ConfigMap's is. What cannot be used leaves the levels as they are and is one error line.
 */
export function watchLogLevelFile(path: string, options: LevelFileOptions): { stop(): void } {
  const { log, lookEvery = lookMilliseconds } = options;
  const file = new LevelFile(path, options);
  return watchFolders({
    // Not the file: a watch on the file stays with what was replaced.
    folders: () => [{ path: dirname(path) }],
    look: () => file.look(),
    ...{ lookEvery, settle: settleMilliseconds, log },
  });
}

class LevelFile {
  readonly #path: string;
  readonly #options: LevelFileOptions;
  #seen: string | undefined;

  constructor(path: string, options: LevelFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Each content is used, or complained of, once. */
  look(): void {
    const text = this.#read();
    if (text === this.#seen) return;
    this.#seen = text;
    const read = text.startsWith(unreadable) ? { fault: text.slice(unreadable.length) } : readLevelText(text);
    if ("level" in read) this.#options.levels.setBase(read.level, read.modules);
    else this.#refuse(read.fault);
  }

  #refuse(fault: string): void {
    this.#options.log.error(
      { "event.name": "log.file_refused", file: this.#path, fault },
      "the log level file cannot be used; the levels stay as they are",
    );
  }

  #read(): string {
    try {
      return readFileSync(this.#path, "utf8");
    } catch (error) {
      return `${unreadable}cannot be read: ${(error as NodeJS.ErrnoException).code}`;
    }
  }
}

/** No text file begins with it. */
const unreadable = "\0";
