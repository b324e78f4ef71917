import { useState } from "react";
import { faultsOf } from "./query-text.ts";

/** What stands in the query bar, and the filter that is asked. */
export interface QueryText {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** The filter that the list shows; the text may be ahead of it. */
  readonly applied: string;
  /** Asks for what stands in the bar, or for another text; answers whether it is sound. */
  readonly apply: (text?: string) => boolean;
  /** Changes the filter by a click: in the text of the bar, or, while that has a fault, in the filter that is asked. */
  readonly edit: (change: (text: string) => string) => void;
}

/** Keeps the text of the query bar apart from the filter in the address, which only ever is asked when it is sound. */
export function useQueryText(applied: string, commit: (filter: string) => void): QueryText {
  const [state, setState] = useState({ applied, text: applied });
  // The address changed by another way, such as going back: the bar follows.
  if (state.applied !== applied) setState({ applied, text: applied });
  const { text } = state;
  const setText = (next: string): void => setState({ applied, text: next });
  const apply = (next = text): boolean => {
    const isSound = faultsOf(next).length === 0;
    const filter = isSound ? next.trim() : next;
    setState({ applied, text: filter });
    if (isSound && filter !== applied) commit(filter);
    return isSound;
  };
  const edit = (change: (text: string) => string): void => {
    apply(change(faultsOf(text).length === 0 ? text : applied));
  };
  return { text, setText, applied, apply, edit };
}
