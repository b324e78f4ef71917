import { randomInt } from "node:crypto";
import { AuditFlowError } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Transport } from "../transport/transport.ts";
import { distinctRuns } from "./casting.ts";
import { GeneratorEngine } from "./generator-engine.ts";
import type { GeneratorObserver } from "./generator-observer.ts";
import { generatorRoutes } from "./generator-routes.ts";
import { maxSeed } from "./random.ts";
import { findScenario, perform } from "./run-scenario.ts";

/** What the generator is started with. */
export interface GeneratorOptions {
  /** Not listening yet: routes are added to it. */
  readonly http: FastifyInstance;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Milliseconds that only grow; by default those of the process. */
  readonly elapsed?: () => number;
  /** From 0 to 1, for the first seed and the first cast of a scenario; by default the system's. */
  readonly random?: () => number;
  readonly log: Logger;
  readonly observe: GeneratorObserver;
  /** Start at five events per second, and play a brute force once as soon as the transport is there. */
  readonly demo: boolean;
}

/** The rate of a demo: lively, and still readable. */
const demoRate = 5;

/**
 * Starts the generator: silent, unless it is a demo. Every event it makes says `synthetic: true`. `stop` makes no more
 * and waits at most two seconds until the transport owns what was made; stopping twice is the same as once.
 */
export function startGenerator(options: GeneratorOptions): { stop(): Promise<void> } {
  const { http, transport, clock, log, observe, demo } = options;
  const { elapsed = () => performance.now(), random = systemRandom } = options;
  const seed = Math.floor(random() * maxSeed);
  const engine = new GeneratorEngine({ transport, clock, elapsed, seed, log, observe });
  let isDraining = false;
  let run = Math.floor(random() * distinctRuns);
  const nextRun = (): number => run++;

  const refuseWhileDraining = (): void => {
    if (isDraining)
      throw new AuditFlowError("draining", "The generator is stopping and makes no more events");
  };
  const publish = async (events: readonly object[]): Promise<void> => {
    refuseWhileDraining();
    await engine.publish(events);
  };
  generatorRoutes(http, { engine, clock, nextRun, publish, refuseWhileDraining });
  const show = demo ? startDemo(engine, { transport, clock, nextRun }) : undefined;
  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      isDraining = true;
      show?.stop();
      stopped ??= engine.stop();
      return stopped;
    },
  };
}

function systemRandom(): number {
  return randomInt(maxSeed) / maxSeed;
}

interface Stage {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly nextRun: () => number;
}

const lookEvery = 250;

function startDemo(engine: GeneratorEngine, { transport, clock, nextRun }: Stage): { stop(): void } {
  const script = findScenario("brute-force")!;
  const playWhenUp = (): void => {
    if (transport.health().status === "fail") return;
    clearInterval(timer);
    engine.enqueue(perform(script, { run: nextRun(), now: clock.now() }).events);
  };
  const timer = setInterval(playWhenUp, lookEvery);
  engine.change({ events_per_second: demoRate });
  playWhenUp();
  return { stop: () => clearInterval(timer) };
}
