import {
  AuditFlowError,
  forMilliseconds,
  type LogLevel,
  type LogLevelChange,
  type ProcessLogLevel,
} from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "./clock.ts";
import { everyLine } from "./every-line.ts";
import { applyLevels, type Logger } from "./log.ts";
import type { LevelSet } from "./log-modules.ts";

/** What the levels of a process are kept with. */
export interface LogLevelsOptions {
  readonly clock: Clock;
  /** Calls back after so many milliseconds unless the function it returns is called; by default a timer that keeps no process alive. */
  readonly after?: (milliseconds: number, call: () => void) => () => void;
}

/** The levels of a process as it tells them. */
export type LevelState = Pick<ProcessLogLevel, "level" | "modules" | "reverts_at">;

interface Temporary {
  readonly level: LogLevel;
  readonly until: number;
  readonly cancel: () => void;
}

const everything = "";

/**
 * The levels of a process's logger, changed while it runs. A level with an end lies over the one that holds, and what is
 * under it shows again when it ends: the settings file's as it is then, or what was set for good. Each change is one line.
 */
export class LogLevels {
  readonly #log: Logger;
  readonly #teller: Logger;
  readonly #clock: Clock;
  readonly #after: NonNullable<LogLevelsOptions["after"]>;
  readonly #temporary = new Map<string, Temporary>();
  #lasting: LevelSet;

  /** @param log the process's own logger, whose level holds to begin with. */
  constructor(log: Logger, { clock, after = unrefTimer }: LogLevelsOptions) {
    this.#log = log;
    // A level of its own, so that a change is told even by a process that is told to be silent.
    this.#teller = log.child({}, { level: "trace" });
    this.#clock = clock;
    this.#after = after;
    this.#lasting = { level: log.level as LogLevel, modules: {} };
  }

  /**
   * Changes one level: for a time when `for` is given, after which the level from before the first such change holds again;
   * for good otherwise. Set for good to the level of everything, a module follows it again.
   * @throws AuditFlowError invalid_request when `for` is no time or longer than 24 h.
   */
  set(change: LogLevelChange): void {
    const { level, module = everything, for: time } = change;
    const milliseconds = time === undefined ? undefined : holdMilliseconds(time);
    const before = this.#effective();
    this.#temporary.get(module)?.cancel();
    this.#temporary.delete(module);
    if (milliseconds === undefined) this.#lasting = withLevel(this.#lasting, module, level);
    else {
      const cancel = this.#after(milliseconds, () => this.#revert(module));
      this.#temporary.set(module, { level, until: this.#clock.now() + milliseconds, cancel });
    }
    this.#apply(before, milliseconds === undefined ? "set" : "set for a time");
  }

  /** What the settings say, in place of what they said before and of what was set for good; a level with an end goes on to its end. */
  setBase(level: LogLevel, modules: Readonly<Record<string, LogLevel>> = {}): void {
    const before = this.#effective();
    this.#lasting = { level, modules: { ...modules } };
    this.#apply(before, "settings");
  }

  /** What is logged now. */
  state(): LevelState {
    const { level, modules } = this.#effective();
    const ends = [...this.#temporary.values()].map(({ until }) => until);
    return {
      ...{ level, modules: { ...modules } },
      ...(ends.length === 0 ? {} : { reverts_at: formatTimestamp(Math.min(...ends)) }),
    };
  }

  /** Forgets what was to end; levels stay as they are. */
  stop(): void {
    for (const { cancel } of this.#temporary.values()) cancel();
    this.#temporary.clear();
  }

  #revert(module: string): void {
    const before = this.#effective();
    this.#temporary.delete(module);
    this.#apply(before, "reverted");
  }

  #effective(): LevelSet {
    const modules = { ...this.#lasting.modules };
    for (const [module, { level }] of this.#temporary) if (module !== everything) modules[module] = level;
    return { level: this.#temporary.get(everything)?.level ?? this.#lasting.level, modules };
  }

  #apply(before: LevelSet, reason: string): void {
    const { level, modules, reverts_at } = this.state();
    applyLevels(this.#log, { level, modules });
    const isSame = reason === "settings" && sameLevels(before, { level, modules });
    if (isSame) return;
    const previous = { level: before.level, modules: before.modules };
    this.#teller.info(
      {
        ...{ "event.name": "log.level_changed", module: "app", reason, level, modules, previous },
        ...(reverts_at === undefined ? {} : { reverts_at }),
        [everyLine]: true,
      },
      "the log level changed",
    );
  }
}

/**
 * The milliseconds of `90s`, `10m` or `2h`.
 * @throws AuditFlowError invalid_request when it is none of these or more than 24 h.
 */
function holdMilliseconds(time: string): number {
  const milliseconds = forMilliseconds(time);
  if (milliseconds !== undefined) return milliseconds;
  const detail = "must be a time such as 90s, 10m or 2h, and at most 24h";
  throw new AuditFlowError("invalid_request", `for ${detail}; it is ${JSON.stringify(time)}`, {
    faults: [{ pointer: "/for", detail }],
  });
}

function withLevel({ level, modules }: LevelSet, module: string, changed: LogLevel): LevelSet {
  if (module === everything) return { level: changed, modules };
  const { [module]: _before, ...others } = modules;
  return { level, modules: changed === level ? others : { ...others, [module]: changed } };
}

function sameLevels(one: LevelSet, other: LevelSet): boolean {
  const text = ({ level, modules }: LevelSet): string =>
    JSON.stringify([level, Object.entries(modules).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return text(one) === text(other);
}

function unrefTimer(milliseconds: number, call: () => void): () => void {
  const timer = setTimeout(call, milliseconds).unref();
  return () => clearTimeout(timer);
}
