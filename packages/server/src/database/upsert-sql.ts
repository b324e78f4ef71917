import { columnNames } from "./columns.ts";
import type { UpsertPlan } from "./database.ts";
import type { Schema } from "./schema.ts";

/** How a name is written in SQL so that it means itself. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What happens to a row whose key is there; the same words in both engines, where the stored row is `stored`. */
export function conflictAction<T extends keyof Schema>({ table, key, newer, keeps }: UpsertPlan<T>): string {
  if (newer === undefined) return "do nothing";
  const kept = new Set<string>([key, ...(keeps ?? [])]);
  const others = columnNames(table).filter((name) => !kept.has(name));
  const set = others.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(", ");
  return `do update set ${set} where excluded.${quoted(newer)} > stored.${quoted(newer)}`;
}
