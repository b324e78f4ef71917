import { basename, dirname } from "node:path";
import type { WatchedFolder } from "../telemetry/folder-watch.ts";
import { nextEdition, noRules, type RuleEdition } from "./rule-edition.ts";
import { listRuleFiles, type RuleListing, type RuleReading, readRuleFiles } from "./rule-files.ts";

/** Files that change while they are read are read again so often before they are a fault. */
const mostReadings = 5;

/** Keeps the rules of some folders as their files say, over all changes of these. */
export class RuleKeeper {
  readonly #folders: readonly string[];
  #edition: RuleEdition = noRules;
  #seen: string | undefined;
  #listed: readonly string[] = [];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** What is in force. */
  get edition(): RuleEdition {
    return this.#edition;
  }

  /** Where changes are to be looked for, as of the last look; the folders themselves may come and go. */
  watched(): WatchedFolder[] {
    const parents = this.#folders.map((path) => ({ path: dirname(path), entry: basename(path) }));
    return [...parents, ...this.#listed.map((path) => ({ path }))];
  }

  /**
   * Reads the files if any has changed since the last look, or in any case with `anew`, and returns the edition that is
   * in force now; undefined: all is as it was. Not to be called while it is under way.
   */
  async look({ anew = false } = {}): Promise<RuleEdition | undefined> {
    const listing = await this.#list();
    const seen = sightOf(listing);
    if (seen === this.#seen && !anew) return undefined;
    const { reading, sight } = await this.#read(listing);
    // What could not be read is tried again at the next look.
    this.#seen = sight;
    if (reading.problems.length === 0 && this.#isInForce(reading.texts)) return undefined;
    const before = this.#edition;
    this.#edition = await nextEdition(before, reading);
    return saysTheSame(before, this.#edition) ? undefined : this.#edition;
  }

  async #list(): Promise<RuleListing> {
    const listing = await listRuleFiles(this.#folders);
    this.#listed = listing.folders;
    return listing;
  }

  /** All files as they were at one moment: a link that is swapped meanwhile would give some of each set. */
  async #read(first: RuleListing): Promise<{ reading: RuleReading; sight: string | undefined }> {
    let listing = first;
    for (let n = 0; n < mostReadings; n += 1) {
      const reading = await readRuleFiles(listing);
      const after = await this.#list();
      const sight = sightOf(after);
      if (sight === sightOf(listing))
        return { reading, sight: reading.problems.length === after.problems.length ? sight : undefined };
      listing = after;
    }
    const { texts, problems } = await readRuleFiles(listing);
    const restless = this.#folders.map((file) => ({ ...{ file, line: 0, column: 0, field: "" }, message }));
    return { reading: { texts, problems: [...problems, ...restless] }, sight: undefined };
  }

  /** Whether the files hold exactly what is in force, without a fault. */
  #isInForce(texts: ReadonlyMap<string, string>): boolean {
    return this.#edition.problems.length === 0 && isEqual(texts, this.#edition.texts);
  }
}

const message = "its files change again and again while they are read; it is tried again within seconds";

/** So it is at every look while a file cannot be read, or when a faulty one is written again as it was. */
function saysTheSame(one: RuleEdition, other: RuleEdition): boolean {
  const said = ({ version, problems, refused }: RuleEdition): string =>
    JSON.stringify([version, problems, refused]);
  return said(one) === said(other) && isEqual(one.texts, other.texts);
}

function isEqual(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([file, text]) => other.get(file) === text);
}

function sightOf({ stamps, problems }: RuleListing): string {
  return JSON.stringify([[...stamps], problems]);
}
