import type { DetectionRule, RuleSet, SigmaEvent } from "@auditflow/sigma";

/** What rules are timed by; both in milliseconds from any beginning, never going back. */
export interface RuleTiming {
  readonly now: () => number;
  /** What this thread has used of a processor: it stands still while the process waits. */
  readonly processorTime: () => number;
}

/** A rule that used up its budget. */
export interface Suspension {
  readonly rule: DetectionRule;
  /** Processor time in milliseconds that was charged to it since its budget was last whole. */
  readonly spentMs: number;
}

/** What a budget is made with. */
export interface RuleBudgetOptions extends RuleTiming {
  /** Told of each suspension once, during the evaluation that was too much. */
  readonly onSuspended: (suspension: Suspension) => void;
  /** Told of the processor time in milliseconds of each evaluation that was slow. */
  readonly onSlow?: (ms: number) => void;
}

/** Evaluates rules and suspends those that take too long, so that they cannot hold up the others. */
export interface RuleBudget {
  /** What `rule.matches` says, timed; false for a suspended rule, which is not evaluated. */
  matches(rule: DetectionRule, event: SigmaEvent): boolean;
  isSuspended(rule: DetectionRule): boolean;
  /** Those of the set in force, in the order of their suspension. */
  suspended(): readonly Suspension[];
  /**
   * From now on this set is in force: a rule of it that has the id and version of one before goes on with its account,
   * suspended or not; any other begins with a whole budget.
   */
  keep(rules: RuleSet): void;
}

/** An evaluation that takes longer, in milliseconds, is looked at: nearly all take less than a hundredth of that. */
const slow = 1;

/** What a rule may use up at once, in milliseconds of processor time. */
const capacity = 250;

/** What it gets back in each millisecond: 50 ms a second, a twentieth of a core. */
const refill = 0.05;

/** Makes the budgets of all rules of a process, each whole. */
export function createRuleBudget(options: RuleBudgetOptions): RuleBudget {
  const { now, processorTime, onSuspended, onSlow } = options;
  const { charge, stopped, suspended, keep } = openAccounts(onSuspended);
  // One look at the clock for each evaluation: two would cost more than most evaluations do. The time before an event's
  // first one is taken for a part of it, which at worst leads to a second look at a rule that is not slow.
  let ended = now();

  /**
   * A process that is stopped, collects garbage or gets no processor makes any rule look slow. What the same evaluation
   * costs once more is the rule's own: lowered texts and compiled patterns, which others use too, are there by now.
   */
  const confirm = (rule: DetectionRule, event: SigmaEvent): void => {
    const began = processorTime();
    rule.matches(event);
    const ms = processorTime() - began;
    if (ms > 0) charge(rule, ms, now());
    if (ms > slow) onSlow?.(ms);
  };

  return {
    matches: (rule, event) => {
      if (stopped.size > 0 && stopped.has(rule)) return false;
      const isMatch = rule.matches(event);
      const at = now();
      const took = at - ended;
      ended = at;
      if (took > slow) {
        confirm(rule, event);
        ended = now();
      }
      return isMatch;
    },
    isSuspended: (rule) => stopped.has(rule),
    suspended,
    keep,
  };
}

interface Account {
  left: number;
  spentMs: number;
  /** When `left` was right. */
  at: number;
  suspension: Suspension | undefined;
}

interface Accounts extends Pick<RuleBudget, "suspended" | "keep"> {
  readonly stopped: ReadonlySet<DetectionRule>;
  charge(rule: DetectionRule, ms: number, at: number): void;
}

function openAccounts(onSuspended: RuleBudgetOptions["onSuspended"]): Accounts {
  let accounts = new Map<string, Account>();
  const stopped = new Set<DetectionRule>();
  return {
    stopped,
    charge: (rule, ms, at) => {
      const account = refilled(accounts.get(keyOf(rule)), at);
      accounts.set(keyOf(rule), account);
      account.left -= ms;
      account.spentMs += ms;
      if (account.left > 0) return;
      stopped.add(rule);
      if (account.suspension !== undefined) return;
      account.suspension = { rule, spentMs: account.spentMs };
      onSuspended(account.suspension);
    },
    suspended: () => [...accounts.values()].flatMap(({ suspension }) => suspension ?? []),
    keep: ({ rules }) => {
      const before = accounts;
      accounts = new Map();
      stopped.clear();
      for (const rule of rules) {
        if (rule.kind !== "detection") continue;
        const account = before.get(keyOf(rule));
        if (account === undefined) continue;
        accounts.set(keyOf(rule), account);
        if (account.suspension !== undefined) stopped.add(rule);
      }
    },
  };
}

function refilled(account: Account | undefined, at: number): Account {
  if (account === undefined) return { left: capacity, spentMs: 0, at, suspension: undefined };
  account.left = Math.min(capacity, account.left + (at - account.at) * refill);
  account.at = at;
  if (account.left === capacity) account.spentMs = 0;
  return account;
}

function keyOf({ id, version }: DetectionRule): string {
  return `${id} ${version}`;
}
