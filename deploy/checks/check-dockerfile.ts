import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, report } from "./fault.ts";
import { checkout, trackedFiles } from "./tracked-files.ts";

interface Instruction {
  readonly line: number;
  readonly word: string;
  readonly rest: string;
}

type Rule = (instructions: readonly Instruction[]) => { readonly line: number; readonly message: string }[];

const rules: readonly Rule[] = [numericUser, execForm, localAdd, exactBases, noSecrets];

/** What hadolint lets pass and we do not: who the last stage runs as, how it starts, where its parts come from. */
export function dockerfileFaults(file: string, text: string): Fault[] {
  const instructions = parse(text);
  return rules.flatMap((rule) =>
    rule(instructions).map(({ line, message }) => ({ file: `${file}:${line}`, at: "", message })),
  );
}

/** Instructions with their continuation lines joined; comments between the lines are dropped, as Docker does. */
function parse(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const current: { line: number; text: string } = open ?? { line: index + 1, text: "" };
    current.text += line.replace(/\\\s*$/, " ");
    open = /\\\s*$/.test(line) ? current : undefined;
    if (open === undefined) instructions.push(instruction(current));
  }
  return instructions;
}

function instruction({ line, text }: { line: number; text: string }): Instruction {
  const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
  return { line, word: word.toUpperCase(), rest: rest.trim() };
}

function lastStage(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ word }) => word === "FROM"));
}

function numericUser(instructions: readonly Instruction[]) {
  const stage = lastStage(instructions);
  const user = stage.findLast(({ word }) => word === "USER");
  if (user !== undefined && /^[1-9]\d*(?::\d+)?$/.test(user.rest)) return [];
  const line = user?.line ?? stage[0]?.line ?? 1;
  return [
    { line, message: "USER of the last stage must be a number other than 0, which Kubernetes can prove" },
  ];
}

function execForm(instructions: readonly Instruction[]) {
  return lastStage(instructions)
    .filter(({ word }) => word === "CMD" || word === "ENTRYPOINT")
    .flatMap(({ line, word, rest }) => {
      const [program] = words(rest) ?? [""];
      if (program === "")
        return [{ line, message: `${word} must be a JSON array: a shell would keep SIGTERM to itself` }];
      if (!/(?:^|\/)(?:(?:ba|da)?sh|npm|npx|yarn|env)$/.test(program ?? "")) return [];
      return [
        { line, message: `${word} must start the program itself: ${program} does not hand SIGTERM on` },
      ];
    });
}

function words(rest: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(rest);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function localAdd(instructions: readonly Instruction[]) {
  return instructions
    .filter(({ word, rest }) => word === "ADD" && /(?:https?|git|ssh):\/\/|git@/.test(rest))
    .map(({ line }) => ({ line, message: "ADD of a URL: nothing proves what comes from there" }));
}

function exactBases(instructions: readonly Instruction[]) {
  const stages = new Set(["scratch"]);
  return instructions
    .filter(({ word }) => word === "FROM")
    .flatMap(({ line, rest }) => {
      const [image = "", , name] = rest.replace(/^(?:--\S+\s+)+/, "").split(/\s+/);
      const known = stages.has(image);
      if (name !== undefined) stages.add(name);
      if (known || /@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$/.test(image)) return [];
      return [{ line, message: `FROM ${image}: name an exact tag or a digest` }];
    });
}

function noSecrets(instructions: readonly Instruction[]) {
  return instructions
    .filter(({ word }) => word === "ARG" || word === "ENV")
    .flatMap(({ line, word, rest }) =>
      [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)/g)]
        .map((match) => match[1] ?? "")
        .filter(
          (name) => /passw|secret|token|credential|private|api_?key/i.test(name) && !name.endsWith("_FILE"),
        )
        .map((name) => ({
          line,
          message: `${word} ${name}: a secret here stays in the image for all to read`,
        })),
    );
}

if (import.meta.main) {
  const files = trackedFiles("*Dockerfile", "*Dockerfile.*", "*.dockerfile");
  report(
    `${files.length} Dockerfiles`,
    files.flatMap((file) => dockerfileFaults(file, readFileSync(join(checkout, file), "utf8"))),
  );
}
