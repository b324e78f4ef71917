import type { Alert } from "@auditflow/contracts";
import { type Chain, type Level, levelsOf, outerHits } from "./chain.ts";
import { groupsOf, type SkipReason, type Work, worksOf } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import type { Settlement } from "./settle.ts";
import { turns } from "./turns.ts";

/** What taking hits needs. */
export interface TakerOptions {
  readonly settle: (works: readonly Work[]) => Promise<Settlement>;
  readonly skip: (reason: SkipReason, hit: Hit) => void;
  /** Told of every hit, also of a firing that is one of another rule. */
  readonly heard: (hit: Hit) => void;
}

/** Takes hits of rules that count each other as the chain says. */
export type Take = (hits: readonly Hit[], chain: Chain) => Promise<Took>;

/** What a call has come to. */
export interface Took {
  readonly alerts: readonly Alert[];
  /** Keys of groups that are to be decided about now. */
  readonly ripe: ReadonlySet<string>;
}

/** What it has come to up to a level. */
interface Taken extends Took {
  /** Hits for the levels above. */
  readonly firings: readonly Hit[];
}

/**
 * Makes the function that takes hits through the levels of their rules, the innermost first: where a rule fires is a hit
 * of those that count it. Calls may overlap, with other chains too; on each level they take a group's hits in the order of
 * the calls.
 */
export function taker(options: TakerOptions): Take {
  const { skip, heard } = options;
  const inTurn = turns();
  return async (hits, chain) => {
    for (const hit of hits) heard(hit);
    let below: Promise<Taken> = Promise.resolve({ alerts: [], ripe: new Set(), firings: [] });
    // A call takes its places on all levels at once, so that it never waits for a later one, and leaves each level when
    // it is done there.
    for (const [number, level] of levelsOf(groupsOf(hits, { skip }), chain).entries()) {
      const lower = below;
      below = inTurn([...level.keys], async () =>
        takeLevel({ number, level, chain, lower: await lower }, options),
      );
      // While this call still waits for its turn above, nobody else listens.
      below.catch(() => {});
    }
    return below;
  };
}

interface TakenLevel {
  readonly number: number;
  readonly level: Level;
  readonly chain: Chain;
  readonly lower: Taken;
}

/** Settles one level; firings of lower ones are hits beside its own. */
async function takeLevel(
  { number, level, chain, lower }: TakenLevel,
  { settle, skip, heard }: TakerOptions,
): Promise<Taken> {
  const here = ({ rule }: Hit): boolean => chain.levelOf(rule) === number;
  const alerts = [...lower.alerts];
  const ripe = new Set(lower.ripe);
  const firings = lower.firings.filter((hit) => !here(hit));
  const groups = groupsOf(lower.firings.filter(here), { skip, into: level.groups });
  const queues = worksOf(groups, chain.isSilent);
  // A group's works follow each other: what one fires is committed before the next moves the group's time.
  for (let turn = 0; queues.some((works) => turn < works.length); turn += 1) {
    const settled = await settle(queues.flatMap((works) => works[turn] ?? []));
    alerts.push(...settled.alerts);
    for (const key of settled.ripe) ripe.add(key);
    for (const hit of settled.fired.flatMap((fired) => outerHits(fired, chain))) {
      heard(hit);
      firings.push(hit);
    }
  }
  return { alerts, ripe, firings };
}
