/** What a correlation rule counts, as its alert tells. */
export interface Counted {
  /** In words, up to the names of the rules, such as `at least 5 matches of`. */
  readonly words: string;
  readonly rules: readonly { readonly name: string; readonly author?: string }[];
  /** What stands after the names. */
  readonly end: string;
}

/** Reads `metadata.counts` of an alert; undefined where that is missing or means nothing here. */
export function countedWords(counts: unknown): Counted | undefined {
  const { rules, words, ...said } = (counts ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(rules) || rules.length === 0) return undefined;
  const named = rules.map(ruleOf);
  if (typeof words === "string") return { words: `${words}, of`, rules: named, end: inOrder(said["type"]) };
  const amount = amountOf(said);
  if (amount === undefined) return undefined;
  const of =
    Array.isArray(said["fields"]) && said["fields"].length > 0 ? ` of ${said["fields"].join(" and ")}` : "";
  switch (said["type"]) {
    case "event_count":
      return { words: `${amount} matches of`, rules: named, end: "" };
    case "value_count":
      return { words: `${amount} different values${of} in matches of`, rules: named, end: "" };
    case "temporal":
    case "temporal_ordered": {
      const some = said["at_least"] === named.length ? "all of" : `${amount} of`;
      return { words: some, rules: named, end: `, ${ends[said["type"]]}` };
    }
    default: {
      const number = numbers[String(said["type"])];
      if (number === undefined) return undefined;
      const which = number.replace("N", String(said["percentile"]));
      return { words: `${which}${of} to be ${amount} in matches of`, rules: named, end: "" };
    }
  }
}

const ends = { temporal: "each of which matched", temporal_ordered: "which matched in this order" } as const;

function inOrder(type: unknown): string {
  return type === "temporal_ordered" ? ", in this order" : "";
}

const numbers: Readonly<Record<string, string>> = {
  value_sum: "the sum",
  value_avg: "the average",
  value_median: "the median",
  value_percentile: "percentile N",
};

const bounding: Readonly<Record<string, string>> = {
  gt: "more than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  eq: "exactly",
  neq: "other than",
};

/** `5 or more`, or what the bounds say one by one. */
function amountOf({ at_least: least, bounds }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof least === "number") return `${numberText(least)} or more`;
  const said = Object.entries((bounds ?? {}) as Readonly<Record<string, unknown>>).flatMap(
    ([operator, bound]) =>
      typeof bound === "number" && bounding[operator] ? [`${bounding[operator]} ${numberText(bound)}`] : [],
  );
  return said.length === 0 ? undefined : said.join(" and ");
}

/** A number as people write it, with all of its digits. */
export function numberText(number: number): string {
  return number.toLocaleString("en-GB", { maximumFractionDigits: 20 });
}

function ruleOf(rule: unknown): Counted["rules"][number] {
  const { rule_name, author } = (rule ?? {}) as Readonly<Record<string, unknown>>;
  return { name: String(rule_name), ...(typeof author === "string" ? { author } : {}) };
}
