/** Takes one field out of records and counts those that held it. */
export interface FieldDropper {
  /** The record as it is without the field; the record itself is not changed. */
  drop<Value>(record: Value): Value;
  /** How many records held the field so far. */
  readonly records: number;
}

/**
 * Drops the keys of that very name at any depth and, for a name with dots, also what its path leads to, through arrays.
 * Without a name nothing is dropped.
 */
export function fieldDropper(name: string | undefined): FieldDropper {
  let records = 0;
  return {
    drop(record) {
      if (name === undefined || !holds(record, name)) return record;
      records += 1;
      return without(record, name) as typeof record;
    },
    get records() {
      return records;
    },
  };
}

function holds(value: unknown, name: string): boolean {
  return JSON.stringify(value) !== JSON.stringify(without(value, name));
}

function without(value: unknown, name: string): unknown {
  return mapEntries(value, (key, member) =>
    isNamed(key, name) ? undefined : withoutPath(key, member, name),
  );
}

/** A field whose recorded name has spaces is the field without them ("Field Usage" of the specification). */
function isNamed(key: string, name: string): boolean {
  return key === name || key === name.replaceAll(" ", "");
}

/** What is left of the member `key`; undefined: nothing. A path may start at any depth. */
function withoutPath(key: string, member: unknown, name: string): unknown {
  const rest = without(member, name);
  return name.startsWith(`${key}.`) ? withoutEnd(rest, name.slice(key.length + 1)) : rest;
}

function withoutEnd(value: unknown, path: string): unknown {
  return mapEntries(value, (key, member) => {
    if (key === path) return undefined;
    return path.startsWith(`${key}.`) ? withoutEnd(member, path.slice(key.length + 1)) : member;
  });
}

/** A copy whose entries are what `change` makes of them, members of arrays each for themselves. */
function mapEntries(value: unknown, change: (key: string, member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => mapEntries(member, change));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, change(key, member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
}
