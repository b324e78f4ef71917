import type { Command } from "commander";
import { explainCommand } from "./rules-explain.ts";
import { importCommand } from "./rules-import.ts";
import { lintCommand } from "./rules-lint.ts";
import { listCommand } from "./rules-list.ts";
import { reloadCommand } from "./rules-reload.ts";
import { statusCommand } from "./rules-status.ts";
import { testCommand } from "./rules-test.ts";

const examples = `
A PATH is a file or a folder; several are one set. Without any the rules are those that come along.

Examples:
  $ auditflow rules lint rules/                      every fault and warning, with its place
  $ auditflow rules list --level high,critical
  $ auditflow rules explain failed_login             what a rule reads, and when it fires
  $ auditflow rules test rules/                      plays the .test.yml files beside the rules
  $ auditflow rules import sigma/rules               which rules of others load, and why not the rest
  $ auditflow rules status                           which rules a running AuditFlow has in force
  $ auditflow rules reload                           has it look at its rule files now`;

/** \`auditflow rules …\`: checks, shows, explains and tests rules without any server, and reloads those of a running one. */
export function rulesCommand(program: Command, done: (code: number) => void): void {
  const group = program
    .command("rules")
    .description("check, show, explain and test rules, without any server; reload those of a running one");
  group.addHelpText("after", examples);
  lintCommand(group, done);
  listCommand(group, done);
  explainCommand(group, done);
  importCommand(group, done);
  testCommand(group, done);
  statusCommand(group, done);
  reloadCommand(group, done);
}
