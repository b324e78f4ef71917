import { findProgram } from "./servers/find-program.ts";
import { installMissing } from "./servers/install.ts";
import type { Installable } from "./servers/local-server.ts";

const chromium: Installable = {
  name: "Chromium",
  variable: "AUDITFLOW_TEST_CHROMIUM",
  aptPackage: "chromium",
  installed: () => findProgram("chromium") !== undefined,
};

/**
 * The variable that tells browser tests which program to start: what is set already, else Debian's Chromium, installed
 * by apt where it is missing. Rejects with a sentence that says what to do where that is not possible.
 */
export async function chromiumEnvironment(): Promise<Readonly<Record<string, string>>> {
  const set = process.env[chromium.variable];
  if (set !== undefined && set !== "") return {};
  await installMissing([chromium]);
  return { [chromium.variable]: findProgram("chromium") ?? "chromium" };
}
