import { type FiringSettings, firingsIn } from "../../packages/server/src/detect/firing.ts";
import { eventIn } from "../../packages/server/src/detect/member-id.ts";
import type { GroupStep, Run, StoredMember } from "../../packages/server/src/windows/windows.ts";
import { groupOf, span } from "./addition-stream.ts";
import type { WindowRow } from "./window-rows.ts";

/** So many groups are watched from the first addition on, and so many of their events are judged by the slow count. */
const sampled = 100;
const judgedEvents = 2000;

/** Watches some groups: what was added to them, and where their runs say that they fire. */
export class SampledGroups {
  readonly #kind: WindowRow["kind"];
  readonly #settings: FiringSettings;
  readonly #members = new Map<string, StoredMember[]>();
  readonly #fired = new Map<string, Set<string>>();

  constructor({ kind }: Pick<WindowRow, "kind">) {
    this.#kind = kind;
    const condition =
      kind === "count"
        ? ({ of: "events", bounds: { gte: 10 } } as const)
        : ({ of: "values", bounds: { gte: 5 } } as const);
    this.#settings = { condition, span };
  }

  /** Whether the group of a step is among them. */
  has({ key }: GroupStep): boolean {
    return groupOf(key) < sampled;
  }

  /** Takes note of a step and of the runs that it gave. */
  note({ key, members }: GroupStep, runs: readonly Run[]): void {
    const added = this.#members.get(key) ?? [];
    this.#members.set(key, added);
    added.push(...members);
    const fired = this.#fired.get(key) ?? new Set();
    this.#fired.set(key, fired);
    for (const run of runs) for (const { id } of firingsIn(run, this.#settings)) fired.add(id);
  }

  /**
   * Judges events evenly drawn from all groups by looking at every member of their group, and tells how many they are and
   * how many of them fire. Throws when the runs said otherwise.
   */
  check(): { readonly judged: number; readonly firing: number } {
    const all = [...this.#members.values()].reduce((sum, { length }) => sum + length, 0);
    const every = Math.max(1, Math.floor(all / judgedEvents));
    let judged = 0;
    let firing = 0;
    for (const [key, members] of this.#members) {
      for (let n = judged % every; n < members.length; n += every) {
        const { id, at } = members[n]!;
        const fires = this.#holdsOver(members.filter((other) => other.at >= at - span && other.at <= at));
        const event = this.#kind === "marks" ? eventIn(id) : id;
        if (fires !== this.#fired.get(key)!.has(event)) {
          throw new Error(
            `group ${key}: event ${event} ${fires ? "fires and no run says so" : "does not fire"}`,
          );
        }
        judged += 1;
        if (fires) firing += 1;
      }
    }
    if (firing === 0) throw new Error(`none of ${judged} events fires: nothing was compared`);
    return { judged, firing };
  }

  #holdsOver(window: readonly StoredMember[]): boolean {
    if (this.#kind === "count") return window.length >= 10;
    return new Set(window.map(({ id }) => id.slice(id.indexOf(" ") + 1))).size >= 5;
  }
}
