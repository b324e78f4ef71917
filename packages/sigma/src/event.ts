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
  /** What keywords search, with all that is in it; by default the scopes. Asked for at most once. */
  readonly searched?: () => readonly unknown[];
  /** Name in rules -> path in the scopes; a mapped name is looked up by its path only. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** The record as rules see it. Cheap: it does no work before a rule asks for a field. Never throws. */
export function createEvent(input: EventInput): SigmaEvent {
  return new ScopedEvent(input);
}

const none: readonly never[] = [];

/** What a field holds, in the forms in which rules ask for it, each made when it is first asked for. */
class FieldValues {
  readonly name: string;
  readonly value: unknown;
  /** The field that was read before. */
  readonly next: FieldValues | undefined;
  #values: readonly unknown[] | undefined;
  #texts: readonly string[] | undefined;
  #folded: readonly string[] | undefined;

  constructor(name: string, value: unknown, next: FieldValues | undefined) {
    this.name = name;
    this.value = value;
    this.next = next;
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
    if (this.#folded !== undefined) return this.#folded;
    if (typeof this.value === "string") this.#folded = [fold(this.value)];
    else this.#folded = this.value === undefined ? none : this.texts.map(fold);
    return this.#folded;
  }
}

class ScopedEvent implements SigmaEvent {
  readonly #input: EventInput;
  /** Few fields are read of one event: to walk along them is faster than to make a map. */
  #last: FieldValues | undefined;
  #whole: readonly string[] | undefined;
  #wholeFolded: readonly string[] | undefined;

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
    return name === null ? everyValue(this.#input) : this.#read(name).values;
  }

  texts(name: string | null): readonly string[] {
    if (name !== null) return this.#read(name).texts;
    this.#whole ??= allTexts(this.#input);
    return this.#whole;
  }

  foldedTexts(name: string | null): readonly string[] {
    if (name !== null) return this.#read(name).folded;
    this.#wholeFolded ??= this.texts(null).map(fold);
    return this.#wholeFolded;
  }

  #read(name: string): FieldValues {
    for (let known = this.#last; known !== undefined; known = known.next)
      if (known.name === name) return known;
    this.#last = new FieldValues(name, this.#find(name), this.#last);
    return this.#last;
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

/** Every distinct scalar of what keywords search, and the raw line. */
function everyValue({ raw, ...input }: EventInput): unknown[] {
  const values = new Set<unknown>();
  if (raw !== undefined) values.add(raw);
  eachScalar(rootsOf(input), (value) => values.add(value));
  return [...values];
}

function rootsOf({ scopes, searched }: EventInput): readonly unknown[] {
  return searched?.() ?? scopes;
}

/** Every scalar, however the values hold each other, once for each container that has it. */
function eachScalar(roots: readonly unknown[], take: (scalar: unknown) => void): void {
  // One scope is often a part of another, and keeping what was seen also ends cycles.
  const seen = new Set<object>();
  const pending: unknown[] = [...roots];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) take(next);
    else if (!seen.has(next)) {
      seen.add(next);
      for (const value of Object.values(next)) pending.push(value);
    }
  }
}

/** The texts of every scalar of the record, and the raw line; what is there twice may come twice. */
function allTexts(input: EventInput): readonly string[] {
  const texts: string[] = input.raw === undefined ? [] : [input.raw];
  for (const root of rootsOf(input)) if (!gatherTexts(root, texts, 0)) return textsOf(everyValue(input));
  return texts;
}

/** No record that was read from JSON is deeper, or longer, than this. */
const deepest = 100;
const mostTexts = 50_000;

/** The quick way for records as they are; false when this one is not so, or holds itself. */
function gatherTexts(value: unknown, texts: string[], depth: number): boolean {
  if (typeof value === "string") {
    texts.push(value);
  } else if (typeof value === "object" && value !== null) {
    if (depth > deepest || texts.length > mostTexts) return false;
    // An array's keys are not enumerated: that is many times slower.
    if (Array.isArray(value)) return value.every((member) => gatherTexts(member, texts, depth + 1));
    for (const key in value)
      if (!gatherTexts((value as Record<string, unknown>)[key], texts, depth + 1)) return false;
  } else if (value !== null && value !== undefined) {
    const text = textOf(value);
    if (text !== undefined) texts.push(text);
  }
  return true;
}
