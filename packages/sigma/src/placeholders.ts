import type { RuleDocument } from "./parse-rule.ts";
import { isMap } from "./written-item.ts";

/** What placeholders stand for: name -> values, never none, each as it would be written in a rule. */
export type Placeholders = ReadonlyMap<string, readonly string[]>;

const name = /^[\p{L}\p{N}_.-]+$/u;

/** Whether a document is a table of placeholders and nothing else. */
export function isTable({ body }: RuleDocument): boolean {
  return (
    Object.hasOwn(body, "placeholders") && !["detection", "correlation", "filter"].some((key) => key in body)
  );
}

/**
 * Reads all tables as one. An entry with a fault is left out, and the others hold; of one name that stands in two tables
 * the first is kept.
 */
export function readTables(tables: readonly RuleDocument[]): Placeholders {
  const placeholders = new Map<string, readonly string[]>();
  const owners = new Map<string, RuleDocument>();
  for (const table of tables) {
    for (const [key, written] of Object.entries(entriesOf(table))) {
      const path = ["placeholders", key];
      const owner = owners.get(key);
      if (owner !== undefined) {
        table.report(
          path,
          `the table at ${owner.file}:${owner.line} fills "${key}" already; put its values there`,
        );
        continue;
      }
      const values = readValues(key, written, table);
      if (values === undefined) continue;
      owners.set(key, table);
      placeholders.set(key, values);
    }
  }
  return placeholders;
}

function entriesOf({ body, report }: RuleDocument): Readonly<Record<string, unknown>> {
  const { placeholders } = body;
  if (isMap(placeholders)) return placeholders;
  report(
    ["placeholders"],
    "placeholders must be a map of names, each with its values, such as Admins: [root, toor]",
  );
  return {};
}

function readValues(key: string, written: unknown, { report }: RuleDocument): readonly string[] | undefined {
  const path = ["placeholders", key];
  const list: unknown[] = Array.isArray(written) ? written : [written];
  const faults = list.flatMap((value, index) => {
    const fault = faultOf(value);
    return fault === undefined ? [] : [{ at: Array.isArray(written) ? [...path, index] : path, fault }];
  });
  if (list.length === 0)
    faults.push({ at: path, fault: "the list is empty; give it a value, or drop the name" });
  if (!name.test(key)) {
    faults.push({
      at: path,
      fault: `no value can ask for "${key}"; a name has letters, digits, _, . and - only`,
    });
  }
  for (const { at, fault } of faults) report(at, fault);
  return faults.length > 0 ? undefined : [...new Set(list.map(String))];
}

function faultOf(value: unknown): string | undefined {
  if (value === null || typeof value === "object")
    return "must be a text, a number, true or false, or a list of them";
  if (typeof value !== "number" || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return undefined;
  return "the number can not be kept exactly; put it in quotes";
}
