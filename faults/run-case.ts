import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../packages/server/testing/until.ts";
import type { Bench, FaultCase } from "./case.ts";
import { drain } from "./judge/drain.ts";
import { freshTrip } from "./judge/fresh-trip.ts";
import { judge, type Verdict } from "./judge/judge.ts";
import { ask } from "./judge/read-api.ts";
import { Load, type LoadFacts } from "./load/load.ts";
import { OracleClient } from "./oracle/oracle-client.ts";
import { type Random, randomFrom } from "./random-from.ts";
import type { RunServers } from "./system/run-servers.ts";
import { type FaultSystem, startFaultSystem } from "./system/system.ts";

/** What became of a case: the line that is printed of it. */
export interface CaseLine {
  readonly case: string;
  readonly title: string;
  readonly passed: boolean;
  readonly acked: number;
  readonly acked_in_fault: number;
  /** Ids that the product was handed more than once for sure. */
  readonly redelivered: number;
  /** What shows that the fault happened. */
  readonly fault_proof: string;
  readonly lost: number;
  readonly doubled: number;
  readonly unexpected: number;
  readonly corrupted: number;
  readonly seconds: number;
  readonly measured: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

/** What a case is run with. */
export interface CaseOptions {
  readonly id: string;
  readonly servers: RunServers;
  readonly seed: number;
  /** Options of `node` for the product's processes. */
  readonly nodeArguments: readonly string[];
  readonly say: (text: string) => void;
}

const usualRate = 800;
const warmUp = 300;
const stopLimitMs = 10_000;

/** Runs one case from an empty system to its verdict. Never rejects: what went wrong stands in the line. */
export async function runCase(fault: FaultCase, options: CaseOptions): Promise<CaseLine> {
  return new CaseRun(fault, options).play();
}

class CaseRun {
  readonly #fault: FaultCase;
  readonly #options: CaseOptions;
  readonly #problems: string[] = [];
  readonly #measured: Record<string, unknown> = {};
  readonly #random: Random;
  readonly #begun = performance.now();
  #oracle: OracleClient | undefined;
  #system: FaultSystem | undefined;
  #load: Load | undefined;
  #verdict: Verdict | undefined;
  #proof = "";

  constructor(fault: FaultCase, options: CaseOptions) {
    this.#fault = fault;
    this.#options = options;
    this.#random = randomFrom(`${options.seed} ${options.id}`);
  }

  async play(): Promise<CaseLine> {
    const folder = await mkdtemp(join(tmpdir(), "auditflow-ledger-"));
    try {
      const bench = await this.#begin(folder);
      await this.#break(bench);
      await this.#heal(bench);
      await this.#judge(bench);
      await this.#end(bench);
    } catch (error) {
      this.#problem(error instanceof Error ? error.message : String(error));
    }
    const line = this.#line();
    if (!line.passed) await this.#keepLogs();
    await this.#clean(folder);
    return { ...line, problems: [...this.#problems] };
  }

  /** The system up and well, its channel made, events flowing. */
  async #begin(folder: string): Promise<Bench> {
    const { servers, nodeArguments } = this.#options;
    await servers.heal();
    await servers.fresh();
    const run = Math.floor(this.#random() * 0xffffffff)
      .toString(16)
      .padStart(8, "0");
    const secret = `whsec_${Buffer.from(run.repeat(4)).toString("base64")}`;
    const oracle = await OracleClient.start({ path: join(folder, "record"), run, secret });
    this.#oracle = oracle;
    const { shape = "distributed", env = {}, rate = usualRate } = this.#fault;
    const system = await startFaultSystem({ shape, servers, env, nodeArguments });
    this.#system = system;
    await system.healthy();
    await ask(`${system.api()}/api/v1/channels`, {
      ...{ kind: "webhook", name: "oracle", min_severity: "INFO" },
      settings: { url: oracle.sink, secret },
    });
    const load = new Load({
      ...{ oracle, rate, random: this.#random, intake: () => system.intake() },
      onRejected: (detail) => this.#problem(`intake rejected a healthy event: ${detail}`),
    });
    this.#load = load;
    load.start();
    await until(
      () => load.facts().acked >= warmUp,
      `${warmUp} events were acknowledged before the fault`,
      30_000,
    );
    return {
      ...{ system, servers, load, oracle, random: this.#random, until, lasts: (ms) => pause(ms) },
      say: (text) => this.#say(text),
      measured: (name, value) => {
        this.#measured[name] = value;
      },
      problem: (text) => this.#problem(text),
    };
  }

  async #break(bench: Bench): Promise<void> {
    this.#say("breaking");
    bench.load.mark(true);
    const begun = performance.now();
    try {
      this.#proof = await this.#fault.run(bench);
      if (this.#proof === "") this.#problem("nothing shows that the fault happened");
    } catch (error) {
      this.#problem(`during the fault: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#measured["fault_seconds"] = secondsSince(begun);
    bench.load.mark(false);
  }

  async #heal({ servers, system, load }: Bench): Promise<void> {
    this.#say("healing");
    const begun = performance.now();
    await servers.heal();
    await system.heal();
    await system.healthy();
    this.#measured["healed_seconds"] = secondsSince(begun);
    const { acked = 5000 } = this.#fault.least ?? {};
    await until(() => load.facts().acked >= acked, `${acked} events were acknowledged`, 60_000);
    await load.finish();
  }

  async #judge(bench: Bench): Promise<void> {
    this.#say("draining");
    const begun = performance.now();
    const refuses = this.#fault.refuses ?? (() => false);
    const testimony = await drain(bench, { refuses, isBrokerUsed: this.#fault.shape !== "embedded" });
    this.#measured["drain_seconds"] = secondsSince(begun);
    const verdict = judge(testimony);
    this.#verdict = verdict;
    this.#problems.push(...verdict.problems);
    Object.assign(this.#measured, {
      ...{ alerts: testimony.rows.length, recovered: verdict.recovered },
      delivered_again: verdict.deliveredAgain,
    });
    await this.#fault.afterwards?.(bench);
  }

  /** A fresh event must make the full trip, and every part must end as it is asked to. */
  async #end(bench: Bench): Promise<void> {
    this.#measured["fresh_trip_ms"] = await freshTrip(bench);
    for (const { part, code, ms } of await bench.system.stop()) {
      if (code !== 0) this.#problem(`${part} ended with code ${code} on SIGTERM`);
      if (ms > stopLimitMs) this.#problem(`${part} took ${ms} ms to end on SIGTERM`);
    }
  }

  #line(): CaseLine {
    const facts: LoadFacts | undefined = this.#load?.facts();
    const { acked: leastAcked = 5000, inFault = 200 } = this.#fault.least ?? {};
    const redelivered = (facts?.resent ?? 0) + (facts?.retried ?? 0);
    if ((facts?.acked ?? 0) < leastAcked) this.#problem(`fewer than ${leastAcked} events were acknowledged`);
    if ((facts?.ackedInFault ?? 0) < inFault)
      this.#problem(`fewer than ${inFault} events were acknowledged while the fault lasted`);
    if (redelivered === 0) this.#problem("no event came twice, so nothing was shown of those that do");
    const { lost = 0, doubled = 0, unexpected = 0, corrupted = 0 } = this.#verdict ?? {};
    return {
      ...{ case: this.#options.id, title: this.#fault.title },
      passed: this.#problems.length === 0 && lost + doubled + unexpected + corrupted === 0,
      ...{ acked: facts?.acked ?? 0, acked_in_fault: facts?.ackedInFault ?? 0, redelivered },
      ...{ fault_proof: this.#proof, lost, doubled, unexpected, corrupted },
      ...{ seconds: secondsSince(this.#begun), problems: this.#problems },
      measured: {
        ...this.#measured,
        ...{ resent: facts?.resent, retried: facts?.retried, refused: facts?.refused },
        unanswered: facts?.unanswered,
      },
    };
  }

  /** What the processes of a failed case said, for whoever looks into it. */
  async #keepLogs(): Promise<void> {
    if (this.#system === undefined) return;
    const folder = join(tmpdir(), `auditflow-fault-${this.#options.id}-${this.#options.seed}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const part of this.#system.parts) {
      const lines = this.#system.logLines(part).map((line) => JSON.stringify(line));
      await writeFile(join(folder, `${part}.log`), `${lines.join("\n")}\n`);
    }
    this.#say(`the logs of its processes are in ${folder}`);
  }

  async #clean(folder: string): Promise<void> {
    this.#load?.stop();
    await this.#system?.clean();
    await this.#oracle?.stop();
    await rm(folder, { recursive: true, force: true });
  }

  #problem(text: string): void {
    this.#say(`PROBLEM ${text}`);
    this.#problems.push(text);
  }

  #say(text: string): void {
    this.#options.say(`${this.#options.id} ${secondsSince(this.#begun)} s: ${text}`);
  }
}

const secondsSince = (begun: number): number => Math.round((performance.now() - begun) / 100) / 10;
