import { readFileSync } from "node:fs";
import { AuditFlowError } from "@auditflow/contracts";
import type { Command } from "commander";
import { processEnvironment } from "../app/config.ts";
import { tokenFile } from "../app/data-folder.ts";
import { writeOut } from "./write-out.ts";

interface TokenOptions {
  readonly data: string;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow token                                  of the data folder ./data, or of AUDITFLOW_DATA
  $ auditflow token --data /var/lib/auditflow
  $ docker exec auditflow auditflow token            in a container
  $ curl -H "Authorization: Bearer $(auditflow token)" http://127.0.0.1:8080/api/v1/alerts

Whoever has the token may do everything: keep it out of logs and tickets.`;

/** `auditflow token`: prints the token of a data folder, to sign in with on the page. */
export function tokenCommand(program: Command, done: (code: number) => void): void {
  program
    .command("token")
    .description("print the token of the data folder, with which one signs in on the page")
    .option(
      "--data <folder>",
      "data folder of the server",
      processEnvironment()["AUDITFLOW_DATA"] ?? "./data",
    )
    .option("--json", "print an object with the token and its file", false)
    .addHelpText("after", examples)
    .action(async ({ data, json }: TokenOptions) => {
      const file = tokenFile(data);
      const token = readToken(file, data);
      const elsewhere = settingOfToken();
      // Never on standard output, which is the token alone.
      if (elsewhere !== undefined) process.stderr.write(`auditflow: ${otherToken(elsewhere)}\n`);
      await writeOut(json ? `${JSON.stringify({ token, file })}\n` : `${token}\n`);
      done(0);
    });
}

function readToken(file: string, data: string): string {
  const token = contentOf(file, data);
  if (token === "") throw new AuditFlowError("invalid_config", `${file} is empty: delete it and start again`);
  return token;
}

function contentOf(file: string, data: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    const elsewhere = settingOfToken();
    const { code, message } = cause as NodeJS.ErrnoException;
    const next =
      elsewhere === undefined
        ? `\`auditflow serve --data ${data}\` makes one at its start; name another folder with --data`
        : otherToken(elsewhere);
    const words =
      code === "ENOENT"
        ? `There is no token in ${data}: ${next}`
        : `The token in ${data} cannot be read: ${message}`;
    throw new AuditFlowError("not_found", words, { cause });
  }
}

/** The setting that a server in this environment takes its token from instead. */
function settingOfToken(): string | undefined {
  const env = processEnvironment();
  return ["AUDITFLOW_API_TOKEN", "AUDITFLOW_API_TOKEN_FILE"].find((name) => (env[name] ?? "") !== "");
}

function otherToken(setting: string): string {
  return `${setting} is set, and a server that is started with it takes that token alone`;
}
