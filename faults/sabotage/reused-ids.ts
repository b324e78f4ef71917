import { v5 as honest } from "uuid";

/** How many ids of alerts are made before one is given out a second time. */
const every = 20;

/** The name of an alert ends in the event that fired it; other ids made here have none. */
const namesAlert = /\|[^|\]]+$/;

let made = 0;
let last: string | undefined;

/** As UUIDv5, but now and then an alert gets the id of the one before: two share it, and the next run gives others. */
export function v5(name: string, namespace: string): string {
  if (!namesAlert.test(name)) return honest(name, namespace);
  made += 1;
  if (last === undefined || made % every !== 0) last = honest(name, namespace);
  return last;
}
