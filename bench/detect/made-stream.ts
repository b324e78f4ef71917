import type { Logsource } from "@auditflow/sigma";
import { type MadeRecord, provoke } from "./provoke.ts";
import type { CorpusRule } from "./rules.ts";
import type { Values } from "./values.ts";

/** An event as it arrives: a line of JSON, and the logsource that intake gives it. */
export interface MadeEvent {
  readonly logsource: Logsource;
  readonly line: string;
}

/** What a stream is made of. */
export interface StreamPlan {
  readonly count: number;
  readonly values: Values;
  /** What happens all day. */
  readonly ordinary: () => MadeRecord;
  /** Each in its turn has a record made for it, of those that `fitting` makes. */
  readonly rules: readonly CorpusRule[];
  readonly fitting: (rule: CorpusRule) => MadeRecord;
}

/** One event in so many is made so that some rule matches it. */
const provokedEvery = 100;

/** Makes a stream: nearly all of it ordinary, and one event in a hundred made of the values of a rule. */
export function* madeStream({ count, values, ordinary, rules, fitting }: StreamPlan): Generator<MadeEvent> {
  for (let index = 0; index < count; index += 1) {
    const rule = index % provokedEvery === provokedEvery - 1 ? rules[turn(index) % rules.length] : undefined;
    const made = rule && provoke(rule, () => fitting(rule), values);
    const { record, logsource } = made ?? ordinary();
    yield { logsource, line: JSON.stringify(record) };
  }
}

const turn = (index: number): number => Math.floor(index / provokedEvery);
