import type { FilterPattern } from "@auditflow/contracts";

/** What stands between two stars: texts, and `undefined` for each `?`. */
type Segment = readonly (string | undefined)[];

/**
 * Whether a whole text fits a pattern, sign by sign as both are written. In time proportional to the lengths of
 * text and pattern multiplied, whatever they are: no step is taken back further than to the last star.
 */
export function patternMatcher(pattern: FilterPattern): (text: string) => boolean {
  const [first = [], ...others] = segmentsOf(pattern);
  const last = others.pop();
  return (text) => {
    const start = endAt(first, text, 0);
    if (start === undefined || last === undefined) return start === text.length;
    let at: number | undefined = start;
    for (const segment of others) {
      at = endAfter(segment, text, at);
      if (at === undefined) return false;
    }
    return endsWith(last, text, at);
  };
}

function segmentsOf(pattern: FilterPattern): Segment[] {
  const segments: (string | undefined)[][] = [[]];
  for (const piece of pattern) {
    if ("wild" in piece && piece.wild === "*") segments.push([]);
    else segments.at(-1)!.push("text" in piece ? piece.text : undefined);
  }
  return segments;
}

/** Where the segment ends when it stands at this very place. */
function endAt(segment: Segment, text: string, from: number): number | undefined {
  let at = from;
  for (const part of segment) {
    if (part === undefined) {
      const sign = text.codePointAt(at);
      if (sign === undefined) return undefined;
      at += sign > 0xffff ? 2 : 1;
    } else {
      if (!text.startsWith(part, at)) return undefined;
      at += part.length;
    }
  }
  return at;
}

/** Where the segment ends that stands first at or after this place. */
function endAfter(segment: Segment, text: string, from: number): number | undefined {
  const [part] = segment;
  if (segment.length === 1 && part !== undefined) {
    const at = text.indexOf(part, from);
    return at === -1 ? undefined : at + part.length;
  }
  for (let at = from; at <= text.length; at = afterSign(text, at)) {
    const end = endAt(segment, text, at);
    if (end !== undefined) return end;
  }
  return undefined;
}

/** Whether the segment stands at the end of the text, begun at or after this place. */
function endsWith(segment: Segment, text: string, from: number): boolean {
  const [part] = segment;
  if (segment.length === 0) return true;
  if (segment.length === 1 && part !== undefined) {
    return text.length - part.length >= from && text.endsWith(part);
  }
  for (let at = from; at <= text.length; at = afterSign(text, at)) {
    if (endAt(segment, text, at) === text.length) return true;
  }
  return false;
}

function afterSign(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}
