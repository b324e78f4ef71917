import { type MadeEvent, madeStream } from "./made-stream.ts";
import type { MadeRecord } from "./provoke.ts";
import type { CorpusRule } from "./rules.ts";
import { createValues, type Fields, type Values } from "./values.ts";
import { type WindowsProgram, windowsPrograms } from "./windows-programs.ts";

/** The logsource of Sysmon's event 1 and of 4688 in the Security log. */
export const processCreation = { product: "windows", category: "process_creation" } as const;

/** Makes a stream of starts of Windows processes, as Sysmon tells of them. */
export function windowsStream(count: number, rules: readonly CorpusRule[]): Generator<MadeEvent> {
  const values = createValues(1);
  const start = (): MadeRecord => ({
    record: processStart(values.pick(windowsPrograms), values),
    logsource: processCreation,
  });
  const { product, category } = processCreation;
  const meant = rules.filter(
    ({ rule: { logsource } }) => logsource.product === product && logsource.category === category,
  );
  return madeStream({ count, values, rules: meant, ordinary: start, fitting: start });
}

/** Sysmon's event 1, flattened: what stands under System and under EventData beside each other. */
function processStart(program: WindowsProgram, values: Values): Fields {
  const domain = "EXAMPLE";
  const user = values.person();
  const time = values.time();
  const written = (text: string): string => filled(text, user, values);
  const image = written(program.image);
  const parent = written(values.pick(program.parents));
  const guid = (): string => `{${values.uuid().toUpperCase()}}`;
  return {
    ...{ Provider_Name: "Microsoft-Windows-Sysmon", Provider_Guid: "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}" },
    ...{ EventID: 1, Version: 5, Level: 4, Task: 1, Opcode: 0, Keywords: "0x8000000000000000" },
    ...{
      TimeCreated_SystemTime: time,
      EventRecordID: values.below(9e8),
      Execution_ProcessID: values.below(9000),
    },
    ...{ Execution_ThreadID: values.below(9000), Channel: "Microsoft-Windows-Sysmon/Operational" },
    ...{ Computer: `${values.thing()}.corp.example.com`, Security_UserID: "S-1-5-18", RuleName: "-" },
    ...{
      UtcTime: time.replace("T", " ").replace("Z", ""),
      ProcessGuid: guid(),
      ProcessId: values.below(30_000),
    },
    ...{
      Image: image,
      FileVersion: `10.0.${values.below(30_000)}.${values.below(4000)} (WinBuild.160101.0800)`,
    },
    ...{ Description: written(program.description), Product: productOf(program), Company: program.company },
    ...{
      OriginalFileName: written(program.original),
      CommandLine: `"${image}" ${written(values.pick(program.commands))}`,
    },
    ...{
      CurrentDirectory: written("C:\\Users\\{user}\\{thing}\\"),
      User: `${domain}\\${user}`,
      LogonGuid: guid(),
    },
    ...{ LogonId: `0x${values.hex(6)}`, TerminalSessionId: values.below(4) },
    IntegrityLevel: values.share([
      ["Medium", 5],
      ["System", 4],
      ["High", 1],
      ["Low", 1],
    ]),
    Hashes: `SHA1=${hash(values, 40)},MD5=${hash(values, 32)},SHA256=${hash(values, 64)},IMPHASH=${hash(values, 32)}`,
    ...{ ParentProcessGuid: guid(), ParentProcessId: values.below(30_000), ParentImage: parent },
    ...{
      ParentCommandLine: `"${parent}" --session ${values.uuid()} --from ${values.thing()} -p ${values.below(9000)}`,
      ParentUser: `${domain}\\${user}`,
    },
  };
}

function productOf({ company, description }: WindowsProgram): string {
  return company.startsWith("Microsoft") ? "Microsoft® Windows® Operating System" : description;
}

function hash(values: Values, digits: number): string {
  return values.hex(digits).toUpperCase();
}

function filled(text: string, user: string, values: Values): string {
  return text.replace(/\{(user|thing|hex|n|guid)\}/g, (_mark, word: string) => {
    if (word === "user") return user;
    if (word === "thing") return values.thing();
    if (word === "guid") return values.uuid();
    return word === "hex" ? values.hex(12) : values.digits(values.below(7) + 1);
  });
}
