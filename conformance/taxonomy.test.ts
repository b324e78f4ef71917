import { expect, test } from "vitest";
import { readWindowsTaxonomy } from "./taxonomy.ts";

const appendix = `
| Product | Logsource | Description |
| windows | product: windows<br>category: process_creation | EventID: 1<br>Channel: Sysmon |
| windows | product: windows<br>category: registry_event | EventID: <br> - 12<br> - 13<br>Channel: Sysmon |
| windows | product: windows<br>category: registry_set | EventID: 13<br>Channel: Sysmon |
| windows | product: windows<br>category: file_access | ETW Provider: Kernel-File |
| windows | product: windows<br>service: sysmon | Channel: Sysmon |
| windows | product: windows<br>service: security | Channel:<br> - Security<br> - Security/Other |
| Linux | product: linux<br>category: process_creation | EventID: 1<br>service: sysmon |
`;
const logsources = (Channel: string, EventID: number) =>
  readWindowsTaxonomy(appendix)({ Channel, EventID }).map(({ product, category, service }) =>
    [product, category, service].join(),
  );

test("an event has the service of its channel and the category of its id", () => {
  expect(logsources("Sysmon", 1)).toEqual(["windows,process_creation,sysmon"]);
});

test("an event that two rows name belongs to both", () => {
  expect(logsources("Sysmon", 13)).toEqual(["windows,registry_event,sysmon", "windows,registry_set,sysmon"]);
});

test("an event of no category has the service alone, and one of an unknown channel the product", () => {
  expect(logsources("Security/Other", 1)).toEqual(["windows,,security"]);
  expect(logsources("Elsewhere", 1)).toEqual(["windows,,"]);
});

test("an appendix without tables is refused", () => {
  expect(() => readWindowsTaxonomy("# Taxonomy")).toThrow("no table");
});
