import type { RuleFault, RuleList, RuleReload, RuleReloadOutcome, RuleReplica } from "@auditflow/contracts";

/** What the replicas have in force, taken together. */
export type RuleAgreement =
  /** Nobody answered. */
  | { readonly kind: "unknown" }
  /** All have the same; `since` is when the last of them had it, RFC 3339. */
  | {
      readonly kind: "same";
      readonly version: string;
      readonly rules: number;
      readonly since: string;
      readonly replicas: number;
    }
  | { readonly kind: "different"; readonly versions: number; readonly replicas: number };

/** A fault of the rule files, and which of the replicas tell it; `everywhere` when all do. */
export interface ToldFault {
  readonly fault: RuleFault;
  readonly instances: readonly string[];
  readonly everywhere: boolean;
}

/** Whether the replicas agree about the rules. */
export function agreementOf(replicas: readonly RuleReplica[]): RuleAgreement {
  const [first] = replicas;
  if (first === undefined) return { kind: "unknown" };
  const versions = new Set(replicas.map(({ version }) => version)).size;
  if (versions > 1) return { kind: "different", versions, replicas: replicas.length };
  const since = replicas.map((replica) => replica.since).toSorted();
  return {
    ...{ kind: "same", version: first.version, rules: first.rules },
    ...{ since: since.at(-1) ?? first.since, replicas: replicas.length },
  };
}

/** The faults that replicas tell, each once, by file and line. */
export function toldFaults(replicas: readonly RuleReplica[]): ToldFault[] {
  const known = new Map<string, { fault: RuleFault; instances: string[] }>();
  for (const { instance, problems } of replicas) {
    for (const fault of problems) {
      const { file, line, column, field, message } = fault;
      const key = JSON.stringify([file, line, column, field, message]);
      const told = known.get(key) ?? { fault, instances: [] };
      if (!told.instances.includes(instance)) told.instances.push(instance);
      known.set(key, told);
    }
  }
  return [...known.values()]
    .map((told) => ({ ...told, everywhere: told.instances.length === replicas.length }))
    .sort(byPlace);
}

/** How many faults there are; more than are told where a replica has too many to tell. */
export function faultCount(replicas: readonly RuleReplica[]): number {
  return Math.max(toldFaults(replicas).length, ...replicas.map(({ problem_count }) => problem_count), 0);
}

/** What is in force while the files have faults, in a sentence. */
export function meanwhile(replicas: readonly RuleReplica[]): string {
  const faulty = replicas.filter(({ problem_count }) => problem_count > 0);
  const refused = faulty.filter(({ refused }) => refused).length;
  if (refused === faulty.length)
    return "The set from before stays in force, all of it, until the files are mended.";
  if (refused === 0) return "All other rules are in force. A faulty rule is not, until it is mended.";
  return "Some replicas keep the set from before, others have the rules without the faulty ones.";
}

/** `/srv/rules/a.yml:3:5`; a place of which nothing more is known is the file alone. */
export function placeOf({ file, line, column }: RuleFault): string {
  if (line === 0) return file;
  return column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
}

const outcomes: Readonly<Record<RuleReloadOutcome, { readonly words: string; readonly good: boolean }>> = {
  complete: { words: "The rules are in force as the files say", good: true },
  unchanged: { words: "Nothing to do: the files say what is in force", good: true },
  partial: { words: "In force, but for the rules that are faulty", good: false },
  refused: { words: "Refused: the files have faults, the set from before stays in force", good: false },
};

/** What came of a reload: in one sentence where all replicas say the same, and whether that is what was wanted. */
export interface ReloadTold {
  readonly title: string;
  readonly good: boolean;
  /** A line for each replica that is to be named. */
  readonly lines: readonly string[];
}

/** What came of a reload, in words; replicas are named only where they differ or did not answer. */
export function reloadTold({ replicas, silent }: RuleReload): ReloadTold {
  const kinds = new Set(replicas.map(({ outcome }) => outcome));
  const [only] = kinds;
  const silentLines = silentWords({ silent });
  const good = silent.length === 0 && replicas.every(({ outcome }) => outcomes[outcome].good);
  if (only === undefined)
    return { title: "No process of detection answered", good: false, lines: silentLines };
  if (kinds.size === 1) return { title: outcomes[only].words, good, lines: silentLines };
  const lines = replicas.map(({ instance, outcome }) => `${instance}: ${outcomes[outcome].words}`);
  const title = good ? outcomes.complete.words : "Not the same in all replicas";
  return { title, good, lines: [...lines, ...silentLines] };
}

/** Who did not answer, each in a sentence. */
export function silentWords({ silent }: Pick<RuleList, "silent">): string[] {
  return silent.map(
    ({ services, instance, reason }) => `${instance ?? services.join(", ")} did not answer: ${reason}`,
  );
}

function byPlace({ fault: one }: ToldFault, { fault: other }: ToldFault): number {
  const files = one.file < other.file ? -1 : one.file > other.file ? 1 : 0;
  return files || one.line - other.line || one.column - other.column;
}
