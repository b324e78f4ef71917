import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { interleaved } from "../../testing/altered-windows.ts";
import {
  expectedAlerts,
  livingAlerts,
  loginHit,
  loginRule,
  start,
  world,
} from "../../testing/correlation.ts";
import { batches, deliver, deliveries, drain, ready } from "../../testing/deliveries.ts";
import { windowStores } from "../../testing/window-stores.ts";
import type { Hit } from "./correlate.ts";

describe.each(windowStores())(
  "on $name the alerts equal those of a brute-force oracle",
  ({ connect, runs, remove }) => {
    afterAll(remove);

    it("for one replica, any order within a short lateness, dying anywhere and taking the batch again", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const at = await ready(world((clock) => interleaved(connect(clock))));
          // An event that arrives 2 s late at most is behind its group's newest by 2 s at most.
          const hits = timeline(list, { threshold: k, lateness: "2s" });
          for (const { batch, delivery } of batches(hits, plan))
            await deliver(at, batch, { ...delivery, replica: 0 });
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedAlerts(hits, k));
          // A redelivered event of long ago is told as late: whether it was counted then, nobody knows any more.
          if (plan.every(({ fault }) => fault === "none")) expect(at.skipped).toEqual([]);
        }),
        { numRuns: runs },
      );
    }, 60_000);

    it("for three replicas at once, any order, duplicates, crashes and redelivery", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const at = await ready(world((clock) => interleaved(connect(clock))));
          const hits = timeline(list, { threshold: k, lateness: "1d" });
          const queue = batches([...hits, ...hits.filter((_, n) => n % 3 === 0)], plan);
          const replica = async (first: number): Promise<void> => {
            for (let n = first; n < queue.length; n += 3)
              await deliver(at, queue[n]!.batch, queue[n]!.delivery);
          };
          await Promise.all([replica(0), replica(1), replica(2)]);
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedAlerts(hits, k));
        }),
        { numRuns: runs },
      );
    }, 60_000);
  },
);

const threshold = fc.integer({ min: 1, max: 5 });

/** Milliseconds since the event before, how much later it arrives, and whose it is. */
const arrivals = fc.array(
  fc.record({
    wait: fc.nat(15).map((n) => n ** 3),
    delay: fc.integer({ min: 0, max: 2000 }),
    user: fc.constantFrom("mallory", "trudy"),
  }),
  { maxLength: 80 },
);

/** Hits in order of arrival. */
function timeline(
  list: readonly { wait: number; delay: number; user: string }[],
  settings: { threshold: number; lateness: string },
): Hit[] {
  const rule = loginRule(settings);
  let at = start;
  const hits = list.map(({ wait, delay, user }, n) => {
    at += wait;
    return { ...loginHit(rule, n, at, user), receivedAt: at + delay };
  });
  return hits.sort((a, b) => a.receivedAt - b.receivedAt);
}
