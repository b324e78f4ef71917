import type { Length } from "../run.ts";

/** One way to fill a window store, and how much of it is measured. */
export interface WindowRow {
  readonly store: "memory" | "redis" | "sqlite";
  /** `count`: at least 10 events; `marks`: at least 5 different ones of 100 values. */
  readonly kind: "count" | "marks";
  readonly groups: number;
  /** Members that a window holds on average; a group keeps two and a half times as many. */
  readonly perWindow: number;
  /** Of a hundred events, so many come up to half the lateness too late; calls that overtake each other add to that. */
  readonly percentLate: number;
  /** Calls under way at a time. */
  readonly inFlight: number;
  /** Additions that are measured, once every group has what it keeps. */
  readonly additions: number;
  /** Commits that are measured after that. */
  readonly commits: number;
}

const plain: WindowRow = {
  ...{ store: "memory", kind: "count", groups: 10_000, perWindow: 10, percentLate: 0 },
  ...{ inFlight: 16, additions: 200_000, commits: 0 },
};

/** Window sizes with as many groups as make a hundred thousand members a window. */
const sizes = [10, 1000, 100_000].map((perWindow) => ({ perWindow, groups: 100_000 / perWindow }));

/** A group of a marked kind holds 10,000 members at most, so that this is a flood. */
const floods = [10, 1000, 10_000].map((perWindow) => ({ perWindow, groups: 100_000 / perWindow }));

/** Ten members a group, four of them in a window. */
const manyGroups = [1000, 10_000, 100_000, 1_000_000].map((groups) => ({ groups, perWindow: 4 }));

const late = { percentLate: 10 };

function flood(store: WindowRow["store"], kind: WindowRow["kind"]): WindowRow {
  return { ...plain, store, kind, groups: 10, perWindow: 10_000, additions: 50_000 };
}

/** The rows that the goals are about. */
export const goalRows = {
  fewGroups: { ...plain, ...manyGroups[1]!, additions: 500_000 },
  millionGroups: { ...plain, ...manyGroups[3]!, additions: 500_000 },
  redis: { ...plain, store: "redis", commits: 10_000 },
  floods: {
    memory: { count: flood("memory", "count"), marks: flood("memory", "marks") },
    redis: { count: flood("redis", "count"), marks: flood("redis", "marks") },
  },
} as const;

/** Rows that are measured in turns, so that what else the machine does falls on all of them. */
export type RowsInTurns = readonly WindowRow[];

const quick: readonly RowsInTurns[] = [
  [{ ...plain, commits: 10_000 }],
  [goalRows.fewGroups, goalRows.millionGroups],
  Object.values(goalRows.floods.memory),
  [goalRows.redis],
  Object.values(goalRows.floods.redis),
  [{ ...plain, store: "sqlite", groups: 1000, additions: 30_000, commits: 3000 }],
];

function fullRows(store: WindowRow["store"]): readonly WindowRow[] {
  const one: WindowRow = { ...plain, store };
  return [
    ...sizes.flatMap((size) => [
      { ...one, ...size },
      { ...one, ...size, ...late },
    ]),
    ...floods.flatMap((size) => [
      { ...one, ...size, kind: "marks" as const },
      { ...one, ...size, ...late, kind: "marks" as const },
    ]),
    ...manyGroups.map((size) => ({ ...one, ...size })),
    { ...one, inFlight: 1 },
  ];
}

/** Each by itself, but those that are measured already. */
function alone(rows: readonly WindowRow[]): readonly RowsInTurns[] {
  const known = new Set(quick.flat().map(rowName));
  return rows.filter((row) => !known.has(rowName(row))).map((row) => [row]);
}

/** What is measured at each length; the rows of the goals are among them. */
export const windowRows: Readonly<Record<Length, readonly RowsInTurns[]>> = {
  quick,
  full: [
    ...quick,
    ...alone([
      ...fullRows("memory"),
      ...fullRows("redis"),
      { ...plain, store: "sqlite", ...sizes[0]! },
      { ...plain, store: "sqlite", ...floods[1]!, kind: "marks", additions: 50_000 },
    ]),
  ],
};

/** A row in words. */
export function rowName({ store, kind, groups, perWindow, percentLate, inFlight }: WindowRow): string {
  const number = (n: number): string => n.toLocaleString("en");
  return [
    `${store}, ${kind}, ${number(groups)} groups, window ${number(perWindow)}`,
    percentLate === 0 ? "in order" : `${percentLate} % late`,
    ...(inFlight === 1 ? ["one call at a time"] : []),
  ].join(", ");
}
