import type { LogLevel } from "@auditflow/contracts";
import type { Logger } from "pino";

/** Level of everything, and of the modules that have one of their own. */
export interface LevelSet {
  readonly level: LogLevel;
  readonly modules: Readonly<Record<string, LogLevel>>;
}

/**
 * Which logger belongs to which module, so that a level reaches them all. A logger without a module follows its parent
 * by itself. Loggers that nobody holds any more are forgotten.
 */
export class ModuleLoggers {
  readonly #members = new Map<string, Set<WeakRef<Logger>>>();
  readonly #forget = new FinalizationRegistry<{ module: string; member: WeakRef<Logger> }>(
    ({ module, member }) => this.#members.get(module)?.delete(member),
  );
  #set: LevelSet;

  constructor(set: LevelSet) {
    this.#set = set;
  }

  /** The logger has its module's level from now on. */
  add(module: string, logger: Logger): void {
    logger.level = this.#levelOf(module);
    const member = new WeakRef(logger);
    const members = this.#members.get(module) ?? new Set();
    this.#members.set(module, members.add(member));
    this.#forget.register(logger, { module, member });
  }

  /** Gives the root and every logger of a module its level. */
  apply(root: Logger, set: LevelSet): void {
    this.#set = set;
    root.level = set.level;
    for (const [module, members] of this.#members) {
      for (const member of members) {
        const logger = member.deref();
        if (logger !== undefined) logger.level = this.#levelOf(module);
      }
    }
  }

  #levelOf(module: string): LogLevel {
    return this.#set.modules[module] ?? this.#set.level;
  }
}
