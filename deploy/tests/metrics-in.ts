/** A metric that an expression asks for, with the labels that it is selected by. */
export interface AskedMetric {
  readonly name: string;
  readonly labels: readonly string[];
}

// What stands in parentheses after these words are labels, not expressions.
const groupings = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const text = /"(?:[^"\\]|\\.)*"/g;
const selector = /([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}/g;
// A function has a parenthesis behind it; the number before its unit makes a duration no word.
const bare = /(?<![\w:$.])[a-zA-Z_:][\w:]*(?![\w:]*\s*[({])/g;
const words = new Set(["and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"]);

/** Every metric that a PromQL expression asks for, in the order of their first mention with labels, then without. */
export function metricsIn(expression: string): AskedMetric[] {
  const plain = expression
    .replace(text, '""')
    .replace(groupings, " ")
    .replace(/\[[^\]]*\]/g, " ");
  const selected = [...plain.matchAll(selector)].map(([, name = "", labels = ""]) => ({
    name,
    labels: [...labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  }));
  const rest = plain.replace(selector, " ");
  const others = [...rest.matchAll(bare)].map(([name]) => name).filter((name) => !words.has(name));
  return [...selected, ...others.map((name) => ({ name, labels: [] }))];
}
