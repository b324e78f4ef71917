import type { LogFn, Logger } from "pino";
import type { Clock } from "./clock.ts";
import { everyLine } from "./every-line.ts";
import { errorMessage } from "./log-error.ts";
import { type Fields, safeFields } from "./log-fields.ts";
import { type Held, Repeats, repeatLimits } from "./log-repeats.ts";

/** Where a logger, or the one it descends from, has its module. */
export const moduleKey: unique symbol = Symbol("module");

/** How pino writes a line, and at which of its levels. */
interface Writing {
  readonly method: LogFn;
  readonly number: number;
}

/** One call of a logger, read. */
interface Call extends Writing {
  readonly logger: Logger;
  readonly fields: Fields;
  readonly body: string;
  readonly params: readonly unknown[];
}

/** Turns calls into lines of one shape, and holds back those that repeat; what is held is told when its window ends. */
export class RepeatGuard {
  readonly #clock: Clock;
  readonly #mask: (text: string) => string;
  readonly #repeats = new Repeats<Call>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, mask: (text: string) => string) {
    this.#clock = clock;
    this.#mask = mask;
  }

  /** Writes the line of a call, or counts it. */
  take(logger: Logger, args: readonly unknown[], writing: Writing): void {
    const call = { logger, ...writing, ...readCall(args) };
    const isKept = (call.fields as { [everyLine]?: boolean })[everyLine] === true;
    const how = { now: this.#clock.now(), tell: this.#told };
    const repeated = isKept ? 0 : this.#repeats.take(kindOf(call), call, how);
    if (repeated === undefined) this.#await();
    else this.#write(call, repeated);
  }

  /** Writes what is held back now. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#repeats.endBy(Number.POSITIVE_INFINITY, this.#told);
  }

  readonly #told = ({ line, repeated }: Held<Call>): void => {
    // The level may have changed since.
    const { logger, number } = line;
    if (logger.levelVal <= number) this.#write(line, repeated);
  };

  #await(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#repeats.endBy(this.#clock.now(), this.#told);
      if (this.#repeats.endsAt !== undefined) this.#await();
    }, repeatLimits.windowMs / 10).unref();
  }

  #write({ logger, method, fields, body, params }: Call, repeated: number): void {
    const module = fields["module"] ?? moduleOf(logger);
    const line = {
      "event.name": `${typeof module === "string" ? module : "app"}.internal`,
      module,
      ...safeFields(fields, this.#mask),
      ...(repeated > 0 ? { repeated } : {}),
    };
    method.call(logger, line, body, ...(params as never[]));
  }
}

function moduleOf(logger: Logger): string | undefined {
  return (logger as { readonly [moduleKey]?: string })[moduleKey];
}

function readCall(args: readonly unknown[]): Pick<Call, "fields" | "body" | "params"> {
  const [first, second] = args;
  if (typeof first !== "object" || first === null) {
    return { fields: {}, body: textOf(first), params: args.slice(1) };
  }
  const fields = first instanceof Error ? { error: first } : (first as Fields);
  return { fields, body: textOf(second), params: args.slice(2) };
}

/** A library may log an error or fields alone. */
function textOf(text: unknown): string {
  return typeof text === "string" && text !== "" ? text : "no text";
}

/** Lines of one kind say the same, whatever else is in their fields. */
function kindOf({ logger, number, fields, body }: Call): string {
  const error = fields["error"] ?? fields["err"];
  const message = error === undefined ? "" : errorMessage(error);
  return `${number}\n${moduleOf(logger)}\n${String(fields["event.name"])}\n${body}\n${message}`;
}
