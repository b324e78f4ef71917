/** RFC 9562 UUID of any version, lower or upper case. */
export const uuidPattern: string =
  "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/** The one form in which AuditFlow writes time: UTC, milliseconds, `Z` and nothing after it. */
export const timestampPattern: string = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$";
