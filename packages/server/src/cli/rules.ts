import type { Command } from "commander";
import { explainCommand } from "./rules-explain.ts";
import { importCommand } from "./rules-import.ts";
import { lintCommand } from "./rules-lint.ts";
import { listCommand } from "./rules-list.ts";
import { testCommand } from "./rules-test.ts";

const examples = `
A PATH is a file or a folder; several are one set. Without any the rules are those that come along.

Examples:
  $ auditflow rules lint rules/                      every fault and warning, with its place
  $ auditflow rules list --level high,critical
  $ auditflow rules explain failed_login             what a rule reads, and when it fires
  $ auditflow rules test rules/                      plays the .test.yml files beside the rules
  $ auditflow rules import sigma/rules               which rules of others load, and why not the rest`;

/** \`auditflow rules …\`: checks, shows, explains and tests rules, without any server. */
export function rulesCommand(program: Command, done: (code: number) => void): void {
  const group = program
    .command("rules")
    .description("check, show, explain and test rules, without any server");
  group.addHelpText("after", examples);
  lintCommand(group, done);
  listCommand(group, done);
  explainCommand(group, done);
  importCommand(group, done);
  testCommand(group, done);
}
