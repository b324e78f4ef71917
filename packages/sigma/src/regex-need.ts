import { fold } from "./fold.ts";
import { allNeeds, anyNeed, type MaybeNeed } from "./need.ts";
import type { Branches, RegexNode } from "./regex-syntax.ts";

/**
 * What a value of the field holds when the expression is found in it: the texts that every way through it has. Whatever
 * is not plain is taken to say nothing, so that the answer may be weak but is never wrong.
 */
export function needOfRegex(
  field: string | null,
  branches: Branches,
  { ignoreCase }: { readonly ignoreCase: boolean },
): MaybeNeed {
  return new Needs(field, ignoreCase).ofBranches(branches);
}

class Needs {
  readonly #field: string | null;
  #ignoreCase: boolean;

  constructor(field: string | null, ignoreCase: boolean) {
    this.#field = field;
    this.#ignoreCase = ignoreCase;
  }

  ofBranches(branches: Branches): MaybeNeed {
    return anyNeed(branches.map((branch) => this.#ofSequence(branch)));
  }

  #ofSequence(nodes: readonly RegexNode[]): MaybeNeed {
    const needs: MaybeNeed[] = [];
    let run = "";
    const endRun = (): void => {
      if (run !== "") needs.push({ field: this.#field, place: "inside", text: fold(run) });
      run = "";
    };
    for (const node of nodes) {
      const char = this.#charOf(node.kind === "repeat" && node.min > 0 ? node.of : node);
      if (char !== undefined) run += char;
      if (char === undefined || node.kind === "repeat") endRun();
      if (char === undefined) needs.push(this.#ofNode(node));
    }
    endRun();
    return allNeeds(needs);
  }

  #ofNode(node: RegexNode): MaybeNeed {
    if (node.kind === "flags") this.#ignoreCase ||= node.ignoreCase;
    if (node.kind === "group") return this.ofBranches(node.branches);
    if (node.kind !== "repeat") return undefined;
    const inner = this.#ofNode(node.of);
    return node.min > 0 ? inner : undefined;
  }

  /** Not every character has one lower-case form only: under `i` an s may be a long one. */
  #charOf(node: RegexNode): string | undefined {
    const char = node.kind === "char" ? node.char : node.kind === "class" ? node.letter : undefined;
    return char !== undefined && this.#ignoreCase && fold(char) === "s" ? undefined : char;
  }
}
