import type { FilterTerm } from "@auditflow/contracts";
import type { AlertChange } from "../alerts/changes.ts";
import { compileFilter, type FilterSubject } from "../alerts/filter-matches.ts";
import type { AlertSelection } from "../alerts/selection.ts";
import type { Clock } from "../telemetry/clock.ts";

/** What a change is to somebody who looks at some of the alerts. */
export type Sight = "seen" | "gone" | "elsewhere";

type Matches = (subject: FilterSubject) => boolean;

/**
 * What of the stream one client sees. An alert that changed and does not fit is `gone` when it may have fitted before,
 * else `elsewhere`. The filter's `now` moves on with the clock.
 */
export class AlertView {
  readonly #ruleId: string | undefined;
  readonly #clock: Clock;
  readonly #lasting: Matches;
  readonly #passing: readonly FilterTerm[];
  #fitsNow: Matches;

  constructor({ filter, ruleId, now }: AlertSelection, clock: Clock) {
    this.#ruleId = ruleId;
    this.#clock = clock;
    this.#lasting = compileFilter({ terms: filter.terms.filter((term) => !canPass(term)) }, now);
    this.#passing = filter.terms.filter(canPass);
    this.#fitsNow = compileFilter({ terms: this.#passing }, now);
  }

  /** To be called before the changes of a page are looked at. */
  turn(): void {
    if (this.#passing.some(countsFromNow))
      this.#fitsNow = compileFilter({ terms: this.#passing }, this.#clock.now());
  }

  sight(change: AlertChange): Sight {
    const isOurs = (this.#ruleId ?? change.rule_id) === change.rule_id && this.#lasting(change);
    if (!isOurs) return "elsewhere";
    return this.#fitsNow(change) ? "seen" : "gone";
  }
}

/** What people, new events or time change of an alert. */
const changing: ReadonlySet<string> = new Set(["status", "assignee", "incident", "count"]);

function canPass(term: FilterTerm): boolean {
  return changing.has(term.field) || countsFromNow(term);
}

function countsFromNow(term: FilterTerm): boolean {
  return term.field === "time" && term.values.some((time) => "ago" in time);
}
