import { createContext, useState } from "react";
import { chosenOf, extend, nothing, type Selection, toggle, toggleAll } from "./selection.ts";

/** How many match in all, and when they were counted: later alerts are left alone. */
export interface AllThatMatch {
  readonly total: number;
  readonly asOf: string;
}

/** What is chosen in the list, and the ways to choose. */
export interface ChosenAlerts {
  /** The chosen rows that are in the list, in its order. */
  readonly ids: readonly string[];
  /** All that match are chosen, also those that are not loaded. */
  readonly all: AllThatMatch | undefined;
  /** Every loaded row is chosen. */
  readonly allLoaded: boolean;
  readonly isChosen: (id: string) => boolean;
  readonly toggle: (id: string, range: boolean) => void;
  readonly toggleLoaded: () => void;
  readonly chooseAll: (all: AllThatMatch) => void;
  readonly clear: () => void;
}

/** Most alerts that one request names one by one. */
export const mostByHand = 1000;

/** The choice among the rows of the list, for their checkboxes; undefined: nothing can be chosen. */
export const Chosen = createContext<ChosenAlerts | undefined>(undefined);

/** Keeps what is chosen among the rows, ids in the order of the list; another `list` begins with nothing chosen. */
export function useSelection(rows: readonly string[], list: string): ChosenAlerts {
  const [state, setState] = useState<State>({ list, selection: nothing, all: undefined });
  const { selection, all } = state.list === list ? state : { selection: nothing, all: undefined };
  const ids = chosenOf(selection, rows);
  const present = { ...selection, ids: new Set(ids) };
  const choose = (next: Selection): void => setState({ list, selection: next, all: undefined });
  return {
    ids,
    all,
    allLoaded: ids.length > 0 && ids.length === rows.length,
    isChosen: (id) => all !== undefined || present.ids.has(id),
    toggle: (id, range) => choose(range ? extend(present, rows, id) : toggle(present, id)),
    toggleLoaded: () => choose(all === undefined ? toggleAll(present, rows) : nothing),
    chooseAll: (found) => setState({ list, selection: present, all: found }),
    clear: () => choose(nothing),
  };
}

interface State {
  readonly list: string;
  readonly selection: Selection;
  readonly all: AllThatMatch | undefined;
}
