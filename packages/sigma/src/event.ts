import { fold, textOf } from "./fold.ts";
import { lookUp } from "./look-up.ts";
import type { Logsource, SigmaEvent } from "./rule.ts";

/** What an event is made of. Nothing is copied: do not change the scopes while rules look at the event. */
export interface EventInput {
  /** Where fields are looked up, in this order; the first scope that has the field decides, also with null. */
  readonly scopes: readonly object[];
  readonly logsource: Logsource;
  /** The original text of the record, searched by keywords besides the values. */
  readonly raw?: string;
  /** Name in rules -> path in the scopes; a mapped name is looked up by its path only. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The record as rules see it. Cheap: it does no work before a rule asks for a field. Never throws. */
export function createEvent(input: EventInput): SigmaEvent {
  return new ScopedEvent(input);
}

const none: readonly never[] = [];

class FieldValues {
  readonly value: unknown;
  #values: readonly unknown[] | undefined;
  #texts: readonly string[] | undefined;
  #folded: readonly string[] | undefined;

  constructor(value: unknown) {
    this.value = value;
  }

  get values(): readonly unknown[] {
    this.#values ??= takeApart(this.value);
    return this.#values;
  }

  get texts(): readonly string[] {
    this.#texts ??= typeof this.value === "string" ? [this.value] : textsOf(this.values);
    return this.#texts;
  }

  get folded(): readonly string[] {
    this.#folded ??= typeof this.value === "string" ? [fold(this.value)] : this.texts.map(fold);
    return this.#folded;
  }
}

class ScopedEvent implements SigmaEvent {
  readonly #input: EventInput;
  #fields: Map<string, FieldValues> | undefined;
  #whole: FieldValues | undefined;

  constructor(input: EventInput) {
    this.#input = input;
  }

  get logsource(): Logsource {
    return this.#input.logsource;
  }

  field(name: string): unknown {
    return this.#read(name).value;
  }

  values(name: string | null): readonly unknown[] {
    return this.#read(name).values;
  }

  texts(name: string | null): readonly string[] {
    return this.#read(name).texts;
  }

  foldedTexts(name: string | null): readonly string[] {
    return this.#read(name).folded;
  }

  #read(name: string | null): FieldValues {
    if (name === null) {
      this.#whole ??= new FieldValues(everyValue(this.#input));
      return this.#whole;
    }
    this.#fields ??= new Map();
    let found = this.#fields.get(name);
    if (found === undefined) {
      found = new FieldValues(this.#find(name));
      this.#fields.set(name, found);
    }
    return found;
  }

  #find(name: string): unknown {
    const { scopes, fields } = this.#input;
    const path = fields !== undefined && Object.hasOwn(fields, name) ? fields[name]! : name;
    for (const scope of scopes) {
      const value = lookUp(scope, path);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function takeApart(value: unknown): readonly unknown[] {
  if (value === undefined) return none;
  return Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
}

function textsOf(values: readonly unknown[]): readonly string[] {
  if (values.length === 0) return none;
  return values.map(textOf).filter((text) => text !== undefined);
}

/** Every distinct scalar of the scopes and the raw line. */
function everyValue({ scopes, raw }: EventInput): unknown[] {
  const values = new Set<unknown>();
  if (raw !== undefined) values.add(raw);
  // One scope is often a part of another, and keeping what was seen also ends cycles.
  const seen = new Set<object>();
  const pending: unknown[] = [...scopes];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) {
      values.add(next);
    } else if (!seen.has(next)) {
      seen.add(next);
      for (const value of Object.values(next)) pending.push(value);
    }
  }
  return [...values];
}
