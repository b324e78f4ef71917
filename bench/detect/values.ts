import { type Random, seededRandom } from "../../packages/server/src/generate/random.ts";

/** A record of another product, as it comes out of JSON. */
export type Fields = Record<string, unknown>;

/** Members with their weights. */
export type Shares<T> = readonly (readonly [T, number])[];

/** Draws values that differ from event to event as they do in life: many people, addresses, hosts and ids. */
export interface Values extends Random {
  /** So many hex digits. */
  hex(digits: number): string;
  /** A whole number of so many decimal digits, as a text. */
  digits(length: number): string;
  uuid(): string;
  /** An address of the internet, or of the inside in one of three cases. */
  ip(): string;
  /** `given.family`, one of some 100,000. */
  person(): string;
  mail(): string;
  /** A name such as `billing-worker-3f9c2`: services, buckets, pods. */
  thing(): string;
  /** RFC 3339 with milliseconds; each is a little later than the one before. */
  time(): string;
  /** Draws one: twice the weight, twice as often. */
  share<T>(shares: Shares<T>): T;
}

/** Values that a seed decides. */
export function createValues(seed: number): Values {
  const random = seededRandom(seed);
  const { below, pick } = random;
  const hex = (digits: number): string => drawn(digits, () => below(16).toString(16));
  let at = Date.UTC(2026, 2, 2, 8);
  const values: Values = {
    ...random,
    hex,
    digits: (length) => drawn(length, () => String(below(10))),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    ip: () => `${below(3) === 0 ? "10" : below(180) + 20}.${below(256)}.${below(256)}.${below(254) + 1}`,
    person: () => `${pick(given)}.${pick(family)}${below(40) === 0 ? below(90) + 10 : ""}`,
    mail: () => `${values.person()}@${pick(domains)}`,
    thing: () => `${pick(systems)}-${pick(parts)}-${hex(5)}`,
    time: () => {
      at += below(60);
      return new Date(at).toISOString();
    },
    share: (shares) => {
      let rest = random.next() * shares.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [member, weight] of shares) {
        rest -= weight;
        if (rest < 0) return member;
      }
      return shares[0]![0];
    },
  };
  return values;
}

function drawn(length: number, draw: () => string): string {
  let text = "";
  for (let index = 0; index < length; index += 1) text += draw();
  return text;
}

const given = [
  ...["ada", "amir", "anna", "bela", "bruno", "carla", "chen", "daria", "david", "elena", "emil", "farah"],
  ...["felix", "grace", "hana", "henrik", "ines", "ivan", "jana", "joao", "karl", "kofi", "lea", "lin"],
  ...["marek", "maria", "mei", "nadia", "nils", "olga", "omar", "paul", "petra", "priya", "rosa", "sami"],
  ...["sofia", "tariq", "tomas", "uma", "vera", "viktor", "wen", "yara", "yusuf", "zofia", "łukasz", "zoë"],
];

const family = stems(
  ["ander", "berg", "casta", "dvor", "eriks", "fern", "gomes", "haber", "ito", "jans", "kowal", "lind"],
  ["sen", "mann", "ski", "ova", "ez", "son", "ari", "quist", "uk", "ini", "wala", "eau"],
);

/** Where the people are. */
export const countries = ["DE", "FR", "PL", "US", "BR"] as const;

const domains = ["example.com", "corp.example.com", "example.org", "partner.example.net", "lab.example.io"];

const systems = stems(
  ["billing", "search", "orders", "ledger", "media", "report", "payment", "catalog", "session", "metrics"],
  ["", "-api", "-eu", "-us", "-v2", "-edge", "-batch"],
);

const parts = ["worker", "web", "cache", "store", "sync", "export", "index", "proxy", "queue", "archive"];

function stems(heads: readonly string[], tails: readonly string[]): string[] {
  return heads.flatMap((head) => tails.map((tail) => head + tail));
}
