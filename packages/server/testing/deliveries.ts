import fc from "fast-check";
import { vi } from "vitest";
import { type Correlator, correlator, type Hit } from "../src/detect/correlate.ts";
import type { Windows } from "../src/windows/windows.ts";
import { deaths, dying } from "./altered-windows.ts";
import type { World } from "./correlation.ts";

/** How a batch fares: its size, who takes it in the end, what goes wrong first, and how long until the next. */
export interface Delivery {
  readonly size: number;
  readonly replica: number;
  readonly fault:
    | "none"
    | "after step"
    | "before commit"
    | "after commit"
    | "before publish"
    | "before confirm";
  readonly pause: number;
}

/** Plans for batches, used over and over. */
export const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 15 }),
    replica: fc.nat(2),
    fault: fc.constantFrom(
      "none",
      "after step",
      "before commit",
      "after commit",
      "before publish",
      "before confirm",
    ),
    pause: fc.constantFrom(0, 10, 400, 1500, 30_000),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Cuts hits into batches by the plan. */
export function batches(
  hits: readonly Hit[],
  plan: readonly Delivery[],
): { batch: Hit[]; delivery: Delivery }[] {
  const found: { batch: Hit[]; delivery: Delivery }[] = [];
  for (let from = 0; from < hits.length; from += found.at(-1)!.delivery.size) {
    const delivery = plan[found.length % plan.length]!;
    found.push({ batch: hits.slice(from, from + delivery.size), delivery });
  }
  return found;
}

/** Delivers a batch, first to one that dies of it if so planned, then to a replica, and sweeps. */
export async function deliver(
  at: World,
  batch: readonly Hit[],
  { replica, fault, pause }: Delivery,
): Promise<void> {
  if (fault !== "none") {
    const dying = correlator({ windows: failing(at.windows, fault), clock: at.clock, rules: at.rules });
    const alerts = await dying.take(batch).catch(() => []);
    if (fault === "before confirm") at.publish(alerts);
  }
  const alive = at.replicas[replica]!;
  publish(at, alive, await alive.take(batch));
  at.clock.advance(pause);
  publish(at, alive, await alive.sweep());
}

function publish(at: World, by: Correlator, alerts: Awaited<ReturnType<Correlator["sweep"]>>): void {
  at.publish(alerts);
  by.confirm(alerts);
}

/** Sweeps until nothing is left to tell, nor to decide about: then every group is idle. */
export async function drain(at: World): Promise<void> {
  for (const pause of [25_000, 25 * 3_600_000]) {
    at.clock.advance(pause);
    for (let quiet = 0; quiet < 5; ) {
      const alerts = await at.replicas[1].sweep();
      publish(at, at.replicas[1], alerts);
      quiet = alerts.length === 0 ? quiet + 1 : 0;
      at.clock.advance(25_000);
    }
  }
}

/** The store as a process sees it that dies in one of its calls, if that is how the batch fares. */
function failing(windows: Windows, fault: Delivery["fault"]): Windows {
  const death = deaths.find((place) => place === fault);
  return death === undefined ? windows : dying(windows, death);
}

/** Waits for the store of a world. */
export async function ready(at: World): Promise<World> {
  await vi.waitUntil(() => at.windows.health().status === "pass", { timeout: 10_000, interval: 1 });
  return at;
}
