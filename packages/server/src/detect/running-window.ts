/**
 * A window that moves on over the members of a run, from the oldest on. Members are told by their positions in the run:
 * each enters once, those of one time together, and leaves at most once, after it has entered.
 */
export interface RunningWindow {
  /** Takes in the members from position `from` to before `to`, which have one time, and are the last ones now. */
  enter(from: number, to: number): void;
  /** Lets the first one go. */
  leave(position: number): void;
  /** Whether the condition holds over the members since `begin`, which are those that have not left. */
  holds(begin: number): boolean;
  /** The number that the last `holds` compared, of conditions about numbers. */
  value?(): number;
}
