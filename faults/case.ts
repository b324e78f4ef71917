import type { FaultProxy } from "../packages/server/testing/fault-proxy.ts";
import type { Load } from "./load/load.ts";
import type { OracleClient } from "./oracle/oracle-client.ts";
import type { RunServers } from "./system/run-servers.ts";
import type { FaultSystem, PartEnvironment } from "./system/system.ts";

/** One fault, and what must hold while it lasts besides that nothing is lost or doubled. */
export interface FaultCase {
  readonly title: string;
  /** `distributed` (one process per service on servers) unless told. */
  readonly shape?: "distributed" | "embedded";
  /** Settings per part, such as a failpoint; of the system as it is started, before the fault. */
  readonly env?: PartEnvironment;
  /** Events a second; 800 unless told. */
  readonly rate?: number;
  /** What makes the run worth a verdict: acknowledged events in all (5,000) and while the fault lasted (200). */
  readonly least?: { readonly acked?: number; readonly inFault?: number };
  /**
   * Event ids (of the load) that must end in quarantine instead of being evaluated; asked once for every event that was
   * claimed. None unless told.
   */
  readonly refuses?: (eventId: string) => boolean;
  /**
   * Breaks something while events flow, and puts right what the frame cannot know of; the frame heals servers, links and parts
   * afterwards. Resolves to what shows that the fault happened, in words; throws, or says `problem`, when it did not.
   */
  run(bench: Bench): Promise<string>;
  /** Looked at after everything was drained, beside the judge: says `problem` for what is wrong. */
  afterwards?(bench: Bench): Promise<void>;
}

/** Everything a case can touch. */
export interface Bench {
  readonly system: FaultSystem;
  readonly servers: RunServers;
  readonly load: Load;
  readonly oracle: OracleClient;
  /** From 0 to below 1, the same sequence for the same seed. */
  readonly random: () => number;
  /** Progress for people, on standard error. */
  say(text: string): void;
  /** A number or text of the case itself, for its line. */
  measured(name: string, value: unknown): void;
  /** Something that must not be: the case fails, and goes on. */
  problem(text: string): void;
  /** Waits until the condition holds and answers what it gave; throws with the sentence after `ms` (15,000). */
  until<T>(condition: () => T | Promise<T>, sentence: string, ms?: number): Promise<NonNullable<T>>;
  /** For how long a fault lasts; never to wait for something. */
  lasts(ms: number): Promise<void>;
}

/** The dependencies, by the name that health gives them. */
export type Dependency = "rabbitmq" | "redis" | "postgres";

/** Every dependency. */
export const dependencies: readonly Dependency[] = ["rabbitmq", "redis", "postgres"];

/** The proxy before each dependency of a part. */
export type Links = Readonly<Partial<Record<Dependency, FaultProxy>>>;
