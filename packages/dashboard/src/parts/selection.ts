/** Which rows of a list are chosen; `anchor` is where a range goes on from. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly anchor: string | undefined;
}

/** Nothing is chosen. */
export const nothing: Selection = { ids: new Set(), anchor: undefined };

/** Chooses a row, or lets it go. */
export function toggle({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** Makes all rows from the anchor to this one as the anchor is: chosen or not. `rows` are the ids in their order. */
export function extend(selection: Selection, rows: readonly string[], id: string): Selection {
  const { ids, anchor } = selection;
  const ends = [anchor === undefined ? -1 : rows.indexOf(anchor), rows.indexOf(id)] as const;
  if (anchor === undefined || Math.min(...ends) < 0) return toggle(selection, id);
  const range = new Set(rows.slice(Math.min(...ends), Math.max(...ends) + 1));
  return { ids: ids.has(anchor) ? ids.union(range) : ids.difference(range), anchor: id };
}

/** Chooses all rows, or none when all are. */
export function toggleAll({ ids }: Selection, rows: readonly string[]): Selection {
  return rows.every((id) => ids.has(id)) ? nothing : { ids: new Set(rows), anchor: undefined };
}

/** The chosen rows that are there, in their order: what has left the list is not acted on unseen. */
export function chosenOf({ ids }: Selection, rows: readonly string[]): readonly string[] {
  return ids.size === 0 ? [] : rows.filter((id) => ids.has(id));
}
