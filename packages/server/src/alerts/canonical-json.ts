const deepest = 100;

/**
 * JSON with the keys of every object sorted, so that equal values have equal text; undefined for a value that is
 * nested more than 100 levels deep, which databases and readers differ about.
 */
export function canonicalJson(value: unknown): string | undefined {
  const sorted = sort(value, 0);
  return sorted === tooDeep ? undefined : JSON.stringify(sorted);
}

const tooDeep = Symbol("too deep");

function sort(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return tooDeep;
  return Array.isArray(value) ? sortArray(value, depth) : sortObject(value as Record<string, unknown>, depth);
}

function sortArray(values: readonly unknown[], depth: number): unknown {
  const sorted = values.map((value) => sort(value, depth + 1));
  return sorted.includes(tooDeep) ? tooDeep : sorted;
}

function sortObject(object: Record<string, unknown>, depth: number): unknown {
  // Without a prototype, for a key may be `__proto__`.
  const sorted: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(object).sort()) {
    const value = sort(object[key], depth + 1);
    if (value === tooDeep) return tooDeep;
    sorted[key] = value;
  }
  return sorted;
}

/** Whether objects and arrays stand within each other more than so many levels deep. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  const inner = Array.isArray(value) ? value : Object.values(value);
  return inner.some((one) => isDeeperThan(one, levels - 1));
}
