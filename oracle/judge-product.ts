import type { RuleSet } from "@auditflow/sigma";
import { correlationSettings } from "../packages/server/src/detect/correlation-settings.ts";
import { loadSources } from "../packages/server/src/detect/load-sources.ts";
import { type AlertFacts, compare, type Difference, expectedFacts, publishedFacts } from "./compare.ts";
import type { Judge, Judgement } from "./judge/judge.ts";
import type { OracleOptions } from "./options.ts";
import { plants } from "./plants.ts";
import { choiceFrom } from "./random-choice.ts";
import { replay } from "./replay.ts";
import type { OracleType, RuleSpec } from "./rule-spec.ts";
import { ruleText } from "./rule-text.ts";
import { rulesFrom } from "./rules-from.ts";
import { type Stream, streamFrom } from "./stream.ts";
import type { Adapter, WindowAdapters } from "./window-adapters.ts";

/** One stream, one type of rules, one adapter and one number of replicas. */
export interface Comparison {
  readonly seed: number;
  readonly type: OracleType;
  readonly adapter: Adapter;
  readonly replicas: number;
  readonly events: number;
  /** What came too late for its group. */
  readonly late: number;
  readonly firings: number;
  /** So many there should be. */
  readonly alerts: number;
  readonly differences: readonly Difference[];
  /** Why the product gave no answer at all; undefined: it did. */
  readonly failure: string | undefined;
}

/** What judging needs beside the options. */
export interface Court {
  readonly judge: Judge;
  readonly adapters: WindowAdapters;
  /** Told of a run when it has ended. */
  readonly onRun: (comparisons: readonly Comparison[], seconds: number) => void;
  readonly signal: AbortSignal;
}

/** A stream with its rules, and what PostgreSQL says of it. */
interface Trial {
  readonly seed: number;
  readonly specs: readonly RuleSpec[];
  readonly stream: Stream;
  readonly rules: RuleSet;
  readonly judgement: Judgement;
  readonly expected: readonly AlertFacts[];
}

/**
 * Runs the stream of each seed through each adapter with each number of replicas, and judges what comes out. PostgreSQL is
 * at the next seed, and stores are waited for, while the engine runs.
 */
export async function judgeProduct(options: OracleOptions, court: Court): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const trials = ahead(options.seeds.map((seed) => () => trialOf(seed, options, court.judge)));
  for await (const trial of trials) {
    for (const replicas of options.replicas) {
      if (court.signal.aborted) return comparisons;
      const runs = options.adapters.map(async (adapter) => {
        const begun = performance.now();
        const run = await runOf(trial, { adapter, replicas, plant: options.plant }, court.adapters);
        court.onRun(run, (performance.now() - begun) / 1000);
        return run;
      });
      comparisons.push(...(await Promise.all(runs)).flat());
    }
  }
  return comparisons;
}

/** What each gives, in order; the next one is under way while the caller works on one. */
async function* ahead<T>(makers: readonly (() => Promise<T>)[]): AsyncGenerator<T> {
  let next = makers[0]?.();
  try {
    for (const [n] of makers.entries()) {
      const made = await next!;
      next = makers[n + 1]?.();
      // Until it is asked for nobody else listens.
      next?.catch(() => undefined);
      yield made;
    }
  } finally {
    await next?.catch(() => undefined);
  }
}

async function trialOf(seed: number, { types, events }: OracleOptions, judge: Judge): Promise<Trial> {
  const specs = rulesFrom(choiceFrom(`rules ${seed}`), types);
  const rules = await loadSources([{ file: `seed-${seed}.yml`, text: ruleText(specs) }]);
  const { problems } = rules;
  if (problems.length > 0) {
    const told = problems.map(({ file, line, field, message }) => `${file}:${line} ${field}: ${message}`);
    throw new Error(`The rules of seed ${seed} have faults.\n${told.join("\n")}`);
  }
  const stream = streamFrom(`${seed}`, events, specs);
  const judgement = await judge.judge(stream.events, specs);
  return { seed, specs, stream, rules, judgement, expected: expectedFacts(judgement.alerts, rules.rules) };
}

interface RunPlan {
  readonly adapter: Adapter;
  readonly replicas: number;
  readonly plant: string | undefined;
}

async function runOf(
  trial: Trial,
  { adapter, replicas, plant }: RunPlan,
  stores: WindowAdapters,
): Promise<Comparison[]> {
  const { seed, specs, stream, rules } = trial;
  const planted = plant === undefined ? undefined : plants[plant];
  let got: readonly AlertFacts[] = [];
  let failure: string | undefined;
  try {
    const published = await replay({
      ...{ stream, replicas },
      rules: planted?.rules(rules) ?? rules,
      connect: async (clock) => {
        const windows = await stores.connect(adapter, clock);
        return planted?.windows(windows) ?? windows;
      },
      choice: choiceFrom(`replay ${seed} ${replicas}`),
      latenesses: latenessesOf(rules),
    });
    got = publishedFacts(published);
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const types = [...new Set(specs.map(({ comparedAs }) => comparedAs))];
  return types.map((type) => ({
    ...{ seed, type, adapter, replicas, failure },
    ...verdictOn(type, trial, got),
  }));
}

/** As the loader leaves them: what counts rules that are decided about later waits for those on top of its own. */
function latenessesOf({ rules }: RuleSet): number[] {
  return rules.flatMap((rule) => {
    const settings = rule.kind === "correlation" ? correlationSettings(rule) : "";
    return typeof settings === "string" ? [] : [settings.lateness];
  });
}

type Verdict = Pick<Comparison, "events" | "late" | "firings" | "alerts" | "differences">;

function verdictOn(
  type: OracleType,
  { specs, stream, judgement, expected }: Trial,
  got: readonly AlertFacts[],
): Verdict {
  const names = new Set(specs.flatMap((spec) => (spec.comparedAs === type ? [spec.name] : [])));
  const counts = [...judgement.counts].flatMap(([rule, count]) => (names.has(rule) ? [count] : []));
  const asked = expected.filter(({ rule }) => names.has(rule));
  return {
    events: stream.events.length,
    late: counts.reduce((sum, { late }) => sum + late, 0),
    firings: counts.reduce((sum, { firings }) => sum + firings, 0),
    alerts: asked.length,
    differences: compare(
      asked,
      got.filter(({ rule }) => names.has(rule)),
    ),
  };
}
