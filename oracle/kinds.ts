/**
 * The kinds of events, which are the names of the detection rules that match them, and how often each comes. `d` has its user under another name, `n` has numbers, `r` is rare, so that a rule over all of them has
 * windows that can be counted.
 */
export const kinds: Readonly<Record<string, number>> = { a: 11, b: 10, c: 9, d: 6, n: 11, r: 3 };
