import {
  type ListedRule,
  mostRuleFaults,
  mostRuleTallies,
  RuleAnswer,
  RuleAnswerersKnown,
  RuleCommand,
  type RuleCounters,
  type RuleDetail,
  type RuleList,
  type RuleReload,
  type RuleReloadOutcome,
  type RuleReplica,
  type RuleTally,
  type Service,
} from "@auditflow/contracts";
import { Ajv } from "ajv";
import type { CommandLink } from "./command-link.ts";
import { type Answers, defaultWaits, Inquiry, type KnownProcess, type Waits } from "./inquiry.ts";
import type { Logger } from "./log.ts";

/** A rule as the process that has it tells it. */
export type ToldRule = Omit<ListedRule, "counters" | "suspended">;

/** Where a process keeps its rules. */
export interface RuleSource {
  /** What is in force and what is wrong with the files; all faults. */
  state(): Omit<RuleReplica, "instance" | "problem_count">;
  /** In the order of their files. */
  rules(): readonly ToldRule[];
  /** What the rule of that id says; undefined when none in force has it. */
  detail(ruleId: string): RuleDetail | undefined;
  /** Of each rule that has counted anything. */
  tallies(): readonly RuleTally[];
  /** Looks at the files now; what it resolves to is in force. */
  reload(): Promise<RuleReloadOutcome>;
}

/** What a desk is made with. */
export interface RuleDeskOptions {
  /** Names this process among all, as its log and its reports do. */
  readonly instance: string;
  readonly link: CommandLink;
  /** The processes that lately reported themselves; left out: those who know are asked. */
  readonly known?: (() => Promise<readonly KnownProcess[]>) | undefined;
  readonly newId: () => string;
  readonly log: Logger;
  /** How long others are waited for; by default about 2 s, and up to 10 s after a reload. */
  readonly waits?: Waits;
}

const detection: Service = "audit-log-analysis";

/** Thousands of files take seconds to read. */
const reloadWaits: Waits = { least: 150, unknown: 5_000, most: 10_000 };

/** Answers to commands of which it is still known that they were given. */
const mostObeyed = 1_000;

/** A fault may quote what stands in a file. */
const longestMessage = 1_000;

const ajv = new Ajv();
const isCommand = ajv.compile<RuleCommand>(RuleCommand);
const isAnswer = ajv.compile<RuleAnswer>(RuleAnswer);
const isKnown = ajv.compile<RuleAnswerersKnown>(RuleAnswerersKnown);

const kinds: ReadonlySet<unknown> = new Set(["rules", "rules_answer", "rules_known"]);

/** Whether something that came over a link is of a kind that only desks like this one are concerned with. */
export function isAboutRules(message: unknown): boolean {
  return kinds.has((message as { kind?: unknown } | undefined)?.kind);
}

/** One process's answer, with what an inquiry knows it by. */
type Voice = KnownProcess & { readonly answer: RuleAnswer };

interface Asking {
  readonly inquiry: Inquiry<Voice>;
  readonly tell: (known: readonly KnownProcess[]) => void;
}

/**
 * Where a process tells of its rules and reloads them on command, and where it asks all others that have rules. In a
 * process that knows who is there, others learn from it who should answer.
 */
export class RuleDesk {
  readonly #options: RuleDeskOptions;
  readonly #asking = new Map<string, Asking>();
  readonly #obeyed = new Set<string>();
  readonly #leave: () => Promise<void>;
  #source: RuleSource | undefined;
  /** Who answered last. */
  #heard: readonly KnownProcess[] = [];

  constructor(options: RuleDeskOptions) {
    this.#options = options;
    this.#leave = options.link.receive((message) => this.#take(message));
  }

  /** From now on this process has rules, those of the source. */
  serve(source: RuleSource): void {
    this.#source = source;
  }

  /** What every replica has in force and has counted, and the rules of this process. Resolves within about 2 s. */
  async list(): Promise<RuleList> {
    const { processes, silent } = await this.#ask("tell", this.#options.waits ?? defaultWaits);
    const answers = processes.map(({ answer }) => answer);
    const counters = countersOf(answers);
    const suspended = new Set(answers.flatMap(({ replica }) => replica.suspended));
    const rules = (this.#source?.rules() ?? []).map((rule) => ({
      ...{ ...rule, suspended: suspended.has(rule.rule_id) },
      counters: counters.get(rule.rule_id) ?? [],
    }));
    return { replicas: answers.map(({ replica }) => replica), rules, silent: [...silent] };
  }

  /** What the rule of that id says in this process; undefined when none in force has it. */
  detail(ruleId: string): RuleDetail | undefined {
    return this.#source?.detail(ruleId);
  }

  /** Has every replica look at its files now. Resolves within about 10 s. */
  async reload(): Promise<RuleReload> {
    const { processes, silent } = await this.#ask("reload", this.#options.waits ?? reloadWaits);
    const replicas = processes.map(({ answer: { replica, outcome = "unchanged" as const } }) => ({
      ...replica,
      outcome,
    }));
    return { replicas, silent: [...silent] };
  }

  /**
   * Has this process alone look at its files now; `by` says in the log who asked, and what fails is there too. undefined:
   * it has no rules.
   */
  async reloadHere(by: string): Promise<RuleReloadOutcome | undefined> {
    const { log } = this.#options;
    const asked = { "event.name": "rules.reload_asked", by };
    if (this.#source === undefined) {
      log.info(asked, "rules are to be reloaded; this process has none");
      return undefined;
    }
    log.info(asked, "the rule files are looked at now");
    try {
      const outcome = await this.#source.reload();
      if (outcome === "unchanged")
        log.info({ "event.name": "rules.unchanged" }, "the rule files say what is in force");
      return outcome;
    } catch (error) {
      log.error({ "event.name": "rules.reload_failed", error }, "the rules stay as they were");
      throw error;
    }
  }

  /** Obeys nothing more. */
  async stop(): Promise<void> {
    await this.#leave();
  }

  async #ask(action: RuleCommand["action"], waits: Waits): Promise<Answers<Voice>> {
    const { link, newId, instance } = this.#options;
    const command: RuleCommand = { kind: "rules", command_id: newId(), action };
    this.#remember(command.command_id);
    const inquiry = new Inquiry<Voice>([], { wanted: [detection], isAll: false });
    const told = Promise.withResolvers<readonly KnownProcess[]>();
    this.#asking.set(command.command_id, { inquiry, tell: told.resolve });
    const timer = setTimeout(() => told.resolve(this.#heard), waits.unknown);
    this.#options.known?.().then(told.resolve, () => undefined);
    const own = this.#source === undefined ? [] : [{ instance, services: [detection] }];
    try {
      const answers = await inquiry.settle({
        sent: bothOf(link.send(command), this.#answerHere(command, inquiry)),
        known: told.promise.then((known) => [...own, ...known.filter((one) => one.instance !== instance)]),
        waits,
      });
      this.#heard = answers.processes.map(({ instance, services }) => ({ instance, services }));
      return { ...answers, processes: answers.processes.toSorted(byName) };
    } finally {
      clearTimeout(timer);
      this.#asking.delete(command.command_id);
    }
  }

  async #answerHere(command: RuleCommand, inquiry: Inquiry<Voice>): Promise<void> {
    const answer = await this.#answer(command);
    if (answer !== undefined) inquiry.take(voiceOf(answer));
  }

  #take(message: unknown): void {
    if (isCommand(message)) void this.#obey(message);
    else if (isAnswer(message)) this.#asking.get(message.command_id)?.inquiry.take(voiceOf(message));
    else if (isKnown(message)) this.#asking.get(message.command_id)?.tell(message.processes);
  }

  async #obey(command: RuleCommand): Promise<void> {
    const { command_id } = command;
    if (this.#obeyed.has(command_id)) return;
    this.#remember(command_id);
    const { link, log } = this.#options;
    try {
      const [answer, known] = await Promise.all([this.#answer(command), this.#tellKnown(command_id)]);
      for (const message of [known, answer]) if (message !== undefined) await link.send(message);
    } catch (error) {
      log.debug({ "event.name": "commands.unanswered", error }, "an answer to a command could not be sent");
    }
  }

  /** What this process says to a command; undefined when it has no rules. */
  async #answer({ command_id, action }: RuleCommand): Promise<RuleAnswer | undefined> {
    const source = this.#source;
    if (source === undefined) return undefined;
    const outcome = action === "reload" ? await this.reloadHere("command") : undefined;
    return {
      ...{ kind: "rules_answer", command_id, replica: this.#replica(source) },
      ...(outcome === undefined ? { tallies: mostCounting(source.tallies()) } : { outcome }),
    };
  }

  async #tellKnown(command_id: string): Promise<RuleAnswerersKnown | undefined> {
    const known = await this.#options.known?.().catch(() => undefined);
    const processes = known
      ?.filter(({ services }) => services.includes(detection))
      .map(({ instance, services }) => ({ instance, services: [...services] }));
    return processes && { kind: "rules_known", command_id, processes };
  }

  #replica(source: RuleSource): RuleReplica {
    const { problems, ...state } = source.state();
    const told = problems
      .slice(0, mostRuleFaults)
      .map((problem) => ({ ...problem, message: problem.message.slice(0, longestMessage) }));
    return { instance: this.#options.instance, ...state, problems: told, problem_count: problems.length };
  }

  #remember(id: string): void {
    this.#obeyed.add(id);
    const [oldest] = this.#obeyed;
    if (this.#obeyed.size > mostObeyed && oldest !== undefined) this.#obeyed.delete(oldest);
  }
}

/** Rejects at once when the message cannot be sent, else resolves when the process itself has answered too. */
async function bothOf(sent: Promise<void>, here: Promise<void>): Promise<void> {
  const [link, own] = await Promise.allSettled([sent, here]);
  const failed = [link, own].find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
}

function voiceOf(answer: RuleAnswer): Voice {
  return { instance: answer.replica.instance, services: [detection], answer };
}

function byName({ instance: one }: Voice, { instance: other }: Voice): number {
  return one < other ? -1 : 1;
}

/** A message is read by every process. */
function mostCounting(tallies: readonly RuleTally[]): RuleTally[] {
  if (tallies.length <= mostRuleTallies) return [...tallies];
  return tallies.toSorted((a, b) => (b.matches ?? 0) - (a.matches ?? 0)).slice(0, mostRuleTallies);
}

const zeros = { matches: 0, alerts: 0, late: 0, skipped: 0, duplicates: 0, suppressed: 0 } as const;

function countersOf(answers: readonly RuleAnswer[]): ReadonlyMap<string, RuleCounters[]> {
  const counters = new Map<string, RuleCounters[]>();
  for (const { replica, tallies = [] } of answers) {
    for (const { rule_id, ...counted } of tallies) {
      const of = counters.get(rule_id) ?? [];
      of.push({ instance: replica.instance, ...zeros, ...counted });
      counters.set(rule_id, of);
    }
  }
  return counters;
}
