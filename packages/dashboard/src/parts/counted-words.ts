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
  const { type, at_least: least, fields, rules } = (counts ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof least !== "number" || !Array.isArray(rules) || rules.length === 0) return undefined;
  const named = rules.map(ruleOf);
  const amount = least.toLocaleString("en-GB");
  if (type === "event_count") return { words: `${amount} or more matches of`, rules: named, end: "" };
  if (type === "value_count") {
    const of = Array.isArray(fields) && fields.length > 0 ? ` of ${fields.join(" and ")}` : "";
    return { words: `${amount} or more different values${of} in matches of`, rules: named, end: "" };
  }
  if (type !== "temporal" && type !== "temporal_ordered") return undefined;
  const some = least < named.length ? `${amount} or more of` : "all of";
  const end = type === "temporal" ? ", each of which matched" : ", which matched in this order";
  return { words: some, rules: named, end };
}

function ruleOf(rule: unknown): Counted["rules"][number] {
  const { rule_name, author } = (rule ?? {}) as Readonly<Record<string, unknown>>;
  return { name: String(rule_name), ...(typeof author === "string" ? { author } : {}) };
}
