import { type LogLevel, severityNumbers } from "@auditflow/contracts";
import { type ChildLoggerOptions, type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import type { Clock } from "./clock.ts";
import { formatTimestamp } from "./clock.ts";
import { everyLine } from "./every-line.ts";
import { moduleKey, RepeatGuard } from "./log-call.ts";
import { type Fields, safeFields } from "./log-fields.ts";
import { masker } from "./log-mask.ts";
import { type LevelSet, ModuleLoggers } from "./log-modules.ts";
import { escapeUnsafe, fitLine } from "./log-text.ts";

/**
 * Writes one JSON object a line, in the shape of LogLine. The text is constant and says what happened; what varies goes
 * into fields, of which `event.name` is the machine's word for the line. Never payloads, never secrets. A part of the
 * program has `log.child({ module })`, which follows that module's level, also when it changes later.
 */
export type Logger = PinoLogger;

/** Where lines go. It takes each at once and never throws. */
export interface LogDestination extends DestinationStream {
  /** Called with the number of lines lost, whenever it loses some. */
  onDrop?: (lost: number) => void;
  /** Called with the number of all lines lost since it was called last, when lines flow again. */
  onFlow?: (lost: number) => void;
}

/** What a process's logger is made with. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** `service.name` of every line. */
  readonly service: string;
  readonly version: string;
  /** Tells the processes apart. */
  readonly instance: string;
  readonly destination: LogDestination;
  /** Words that are blanked out wherever they turn up. */
  readonly secrets?: readonly string[];
  /** The trace that the line belongs to, if any. */
  readonly trace?: () => { readonly trace_id: string; readonly span_id: string } | undefined;
}

interface Parts {
  readonly modules: ModuleLoggers;
  readonly destination: LogDestination;
  readonly repeats: RepeatGuard;
}

const partsKey: unique symbol = Symbol("parts");

function partsOf(log: Logger): Parts {
  return (log as unknown as { readonly [partsKey]: Parts })[partsKey];
}

/** Makes the process's logger. */
export function createLog(options: LogOptions): Logger {
  const { clock, destination, trace, level } = options;
  const mask = masker(options.secrets ?? []);
  const repeats = new RepeatGuard(clock, mask);
  const log = pino(
    {
      level,
      messageKey: "body",
      base: {
        "service.name": options.service,
        "service.version": options.version,
        "service.instance.id": options.instance,
      },
      timestamp: () => `,"timestamp":"${formatTimestamp(clock.now())}"`,
      // An error is one field by the time pino sees it, which its own serializer would take for an error again.
      serializers: { err: (error: unknown) => error },
      formatters: { level: severityOf },
      ...(trace === undefined ? {} : { mixin: () => ({ ...trace() }) }),
      hooks: {
        logMethod(args, method, number) {
          repeats.take(this, args, { method, number });
        },
        streamWrite: (line) => fitLine(escapeUnsafe(mask(line))),
      },
    },
    destination,
  );
  const modules = new ModuleLoggers({ level, modules: {} });
  Object.assign(log, { [partsKey]: { modules, destination, repeats } satisfies Parts });
  log.child = childMaker(log.child, modules, mask) as unknown as Logger["child"];
  destination.onFlow = (lost) => {
    log.warn({ "event.name": "log.dropped", module: "app", dropped: lost, [everyLine]: true }, droppedText);
  };
  return log;
}

const droppedText = "log lines were lost: standard output did not take them in time";

const severityOf = (label: string): Record<string, unknown> => ({
  severity_text: label.toUpperCase(),
  severity_number: severityNumbers[label as LogLevel] ?? 0,
});

type BasicChild = (this: Logger, bindings: Fields, options?: ChildLoggerOptions) => Logger;

/** Children keep their module beside their bindings, for the level and for what a line is counted by. */
function childMaker(make: unknown, modules: ModuleLoggers, mask: (text: string) => string): BasicChild {
  return function child(this: Logger, { module, ...bindings }, options) {
    const made = (make as BasicChild).call(this, safeFields(bindings, mask), options);
    if (typeof module !== "string") return made;
    Object.assign(made, { [moduleKey]: module });
    modules.add(module, made);
    return made;
  };
}

/** Gives the logger and all that descend from it their levels, those made later too. */
export function applyLevels(log: Logger, levels: LevelSet): void {
  partsOf(log).modules.apply(log, levels);
}

/** Has the lines counted that are lost from now on because standard output does not take them. */
export function observeDropped(log: Logger, count: (lines: number) => void): void {
  partsOf(log).destination.onDrop = count;
}

/** Writes what is held back as repeats; for the end of the process. */
export function tellRepeats(log: Logger): void {
  partsOf(log).repeats.tell();
}
