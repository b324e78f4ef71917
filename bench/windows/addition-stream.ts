import { memberId } from "../../packages/server/src/detect/member-id.ts";
import { seededRandom } from "../../packages/server/src/generate/random.ts";
import type { GroupStep, Judging, Member } from "../../packages/server/src/windows/windows.ts";
import { madeTexts } from "./made-texts.ts";
import type { WindowRow } from "./window-rows.ts";

/** Times of every row's rule, milliseconds: ten minutes, five late, and an episode ends ten minutes after. */
export const span: number = 600_000;
const lateness = 300_000;
/** What a group keeps, as the correlator asks for it. */
const keep = lateness + span + span;

const values = 100;

/** The first groups get one of so many events more, so that there are firings where groups are many. */
const busy = 100;
const busyEvery = 500;

/** Events of a batch, each a hit, as detection hands them to the correlator. */
export const batchEvents: number = 500;

/** The most members of a step, as the correlator sends them. */
const stepMembers = 100;

const judgings: Readonly<Record<WindowRow["kind"], Judging>> = {
  count: { kind: "count", reach: 10 },
  marks: { kind: "marks", least: 5, enough: 5 },
};

/** The steps of one batch of events: calls that follow each other, in each of which a group stands once at most. */
export type Batch = readonly (readonly GroupStep[])[];

/** Makes what is added to the groups of a row. */
export interface AdditionStream {
  /** Gives every group what it keeps, several members a step, so that it does not take all day. */
  fill(): Generator<Batch>;
  /** After that, batch after batch: groups are drawn by chance, and time goes on so that a window holds what the row says. */
  next(): Batch;
}

const begin = Date.UTC(2026, 0, 1);

/** The stream of a row, the same in every run. */
export function additionStream(row: WindowRow): AdditionStream {
  const { next, below } = seededRandom(9);
  const texts = madeTexts();
  const memberAt = (at: number): Member =>
    memberOf({ at, id: texts.uuid(next), value: below(values), kind: row.kind });
  const perAddition = span / (row.perWindow * row.groups);
  let made = 0;
  return {
    *fill() {
      yield* fillOf(row, (group, times) => stepOf(texts.copy(keyOf(group)), times.map(memberAt), row));
    },
    next() {
      const members = new Map<number, Member[]>();
      for (let n = 0; n < batchEvents; n += 1) {
        const group = below(busyEvery) === 0 ? below(Math.min(busy, row.groups)) : below(row.groups);
        const isLate = row.percentLate > 0 && below(100) < row.percentLate;
        const at = begin + keep + Math.floor(made++ * perAddition) - (isLate ? below(lateness / 2) : 0);
        const member = memberAt(at);
        if (members.get(group)?.push(member) === undefined) members.set(group, [member]);
      }
      return batchOf(members, (group, part) => stepOf(texts.copy(keyOf(group)), part, row));
    },
  };

  function* fillOf(
    { groups, perWindow }: WindowRow,
    step: (group: number, times: readonly number[]) => GroupStep,
  ): Generator<Batch> {
    const held = Math.round((perWindow * keep) / span);
    const perStep = held <= stepMembers ? 4 : stepMembers;
    const passes = Math.ceil(held / perStep);
    const stretch = keep / passes;
    let call: GroupStep[] = [];
    // One to three passes more than a group keeps: each has let go of another number of members, as in a store that has run for long.
    for (let pass = -3; pass < passes; pass += 1) {
      const from = begin + pass * stretch;
      const amount = Math.round((held * (pass + 1)) / passes) - Math.round((held * pass) / passes);
      for (let n = 0; n < groups; n += 1) {
        const group = (n * scatter + passes + pass) % groups;
        if (-pass > 1 + (group % 3)) continue;
        const times = Array.from({ length: amount }, () => Math.floor(from + next() * stretch));
        times.sort((a, b) => a - b);
        call.push(step(group, times));
        if (call.length * perStep < batchEvents) continue;
        yield [call];
        call = [];
      }
      if (call.length > 0) yield [call];
      call = [];
    }
  }
}

/** A prime, so that groups are met in an order in which no two neighbours are near each other in memory. */
const scatter = 7_368_787;

/** What an event with a value is to a store. */
export function memberOf({
  at,
  id,
  value,
  kind,
}: { readonly at: number; readonly id: string; readonly value: number } & Pick<WindowRow, "kind">): Member {
  // As long as the hash that stands for a value.
  const mark = `${String(value).padStart(3, "0")}-in-place-of-a-hash`;
  return { id: kind === "count" ? id : memberId(id, mark), at, advances: true };
}

/** A rule's id and version and the value of a group-by field. */
export function keyOf(group: number): string {
  return JSON.stringify(["d0a3f3a2-31f4-4d3c-9a0e-6f2a1c5b7e90", "99e5ffd2", `person-${group}`]);
}

/** The group that a key was made for. */
export function groupOf(key: string): number {
  return Number(key.slice(key.lastIndexOf("-") + 1, -2));
}

function batchOf(
  groups: ReadonlyMap<number, Member[]>,
  step: (group: number, members: readonly Member[]) => GroupStep,
): Batch {
  const calls: GroupStep[][] = [];
  for (const [group, members] of groups) {
    members.sort((a, b) => a.at - b.at);
    for (let from = 0, turn = 0; from < members.length; from += stepMembers, turn += 1) {
      const call = calls[turn] ?? [];
      calls[turn] = call;
      call.push(step(group, members.slice(from, from + stepMembers)));
    }
  }
  return calls;
}

/** The step that adds members to a group of the row. */
export function stepOf(
  key: string,
  members: readonly Member[],
  { kind }: Pick<WindowRow, "kind">,
): GroupStep {
  const expiresAt = Date.now() + 24 * 3_600_000 + keep;
  return { key, members, judging: judgings[kind], span, lateness, keep, expiresAt, ranges: [] };
}
