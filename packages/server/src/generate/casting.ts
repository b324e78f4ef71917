import type { Cast } from "./scenarios.ts";

const firstNames =
  "aaron bella cyrus delia edgar fiona gavin helga isaac julia kevin laura mason nadia oscar petra".split(
    " ",
  );
const lastNames =
  "abbot baker cohen drake evans frost grant hayes ingram jones kerr lopez moss nolan owens price".split(" ");

/** Networks that are set aside for documentation, so that no address is anybody's. */
const networks = ["192.0.2", "198.51.100", "203.0.113"];
const hostsPerNetwork = 254;

/** How many runs there are until somebody plays again. */
export const distinctRuns: number = firstNames.length * lastNames.length;

/**
 * Who plays in a run, by its number. Two runs in a row share neither users nor addresses, and nobody is one of the
 * company's people, so that the background changes nothing about what must fire.
 */
export function castOf(run: number): Cast {
  const host = hostOf(run * hostsStep);
  return {
    user: userOf(run),
    address: addressOf(run),
    host,
    others: Array.from({ length: 10 }, (_none, index) => `${userOf(run)}${index + 1}`),
    hosts: Array.from({ length: 10 }, (_none, index) => hostOf(run * hostsStep + index)),
  };
}

const hostsStep = 7;

function userOf(run: number): string {
  const at = run % distinctRuns;
  const last = lastNames[Math.floor(at / firstNames.length)]!;
  return `${firstNames[at % firstNames.length]!}.${last}`;
}

function addressOf(run: number): string {
  const network = networks[run % networks.length]!;
  return `${network}.${1 + (Math.floor(run / networks.length) % hostsPerNetwork)}`;
}

function hostOf(number: number): string {
  return `prod-web-${String(1 + (number % 10)).padStart(2, "0")}`;
}
