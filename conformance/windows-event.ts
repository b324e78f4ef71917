/** An event of the Windows event log as SigmaHQ records it: XML turned into JSON. */
export interface WindowsEvent {
  readonly Event: {
    readonly System: Readonly<Record<string, unknown>>;
    readonly EventData?: Readonly<Record<string, unknown>> | null;
    readonly UserData?: Readonly<Record<string, unknown>> | null;
  };
}

/** The events of a text that holds one or several behind each other. */
export function readWindowsEvents(text: string): WindowsEvent[] {
  const events = text.trim().split(/(?<=^\})\s*(?=^\{)/mu);
  return events.map((event) => JSON.parse(event) as WindowsEvent);
}

/**
 * The event under the field names that the specification gives it ("Field Usage"): the attribute of a tag is named
 * `Tag_Attribute`, and spaces in names are gone.
 */
export function flattenWindowsEvent({ Event: { System, EventData, UserData } }: WindowsEvent) {
  const record: Record<string, unknown> = {};
  for (const section of [System, EventData ?? {}, ...Object.values(UserData ?? {})]) {
    for (const [key, value] of Object.entries(section as Record<string, unknown>)) {
      const { "#attributes": attributes, "#text": text } = Object(value) as Record<string, unknown>;
      for (const [name, held] of Object.entries(Object(attributes) as object)) {
        record[`${key}_${name}`] = held;
      }
      const plain = text ?? (attributes === undefined ? value : undefined);
      if (plain !== undefined) record[key.replaceAll(" ", "")] = plain;
    }
  }
  return record;
}
