import type { AlertSeverity, ChannelInput, ChannelKindName } from "@auditflow/contracts";
import type { FieldFault } from "../client/call.ts";

/** What a person wrote into the form of a new channel. */
export interface ChannelDraft {
  readonly kind: ChannelKindName;
  readonly name: string;
  readonly min_severity: AlertSeverity;
  /** Slack, webhook: where it is posted to. */
  readonly url: string;
  /** E-mail: the addresses, separated by commas, spaces or lines. */
  readonly to: string;
  readonly from: string;
}

/** The form before anything is written into it. */
export const emptyDraft: ChannelDraft = {
  kind: "slack",
  name: "",
  min_severity: "HIGH",
  url: "",
  to: "",
  from: "",
};

/** The request that a draft stands for; fields of other kinds are left out. */
export function inputOf(draft: ChannelDraft): ChannelInput {
  const { kind, min_severity } = draft;
  const name = draft.name.trim();
  return { ...(name === "" ? {} : { name }), kind, min_severity, settings: settingsOf(draft) };
}

function settingsOf({ kind, url, to, from }: ChannelDraft): Record<string, unknown> {
  if (kind === "log") return {};
  if (kind !== "email") return { url: url.trim() };
  return {
    to: addressesOf(to),
    ...(from.trim() === "" ? {} : { from: from.trim() }),
  };
}

function addressesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((address) => address !== ""))];
}

const address = /^[^\s@<>,;:"'()[\]\\]+@[^\s@<>,;:"'()[\]\\]+$/;

/** What is plainly wrong with a draft, in words, before the service is asked; the service may find more. */
export function draftFaults(draft: ChannelDraft): Partial<Record<DraftField, string>> {
  const { kind, url, to, from } = draft;
  if (kind === "log") return {};
  if (kind !== "email") {
    const parsed = URL.parse(url.trim());
    if (url.trim() === "") return { url: "Give the address that it is posted to" };
    return parsed === null || !/^https?:$/.test(parsed.protocol)
      ? { url: "This is no address that begins with https:// or http://" }
      : {};
  }
  const addresses = addressesOf(to);
  const wrong = addresses.filter((one) => !address.test(one));
  return {
    ...(addresses.length === 0 ? { to: "Give at least one address" } : {}),
    ...(addresses.length > 20 ? { to: `These are ${addresses.length} addresses; 20 are the most` } : {}),
    ...(wrong.length === 0
      ? {}
      : { to: `${wrong.join(", ")}: no mail ${wrong.length === 1 ? "address" : "addresses"}` }),
    ...(from.trim() === "" || address.test(from.trim()) ? {} : { from: "This is no mail address" }),
  };
}

/** A name that no channel has yet: the kind's own, or with a number. */
export function freeName(kind: ChannelKindName, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  let name: string = kind;
  for (let n = 2; used.has(name); n += 1) name = `${kind}-${n}`;
  return name;
}

/** The fields of the form that a fault can be shown at. */
export const draftFields = ["name", "url", "to", "from", "min_severity"] as const;
export type DraftField = (typeof draftFields)[number];

/** What the service found wrong, by the field of the form it belongs to; the rest belongs to the form as a whole. */
export function faultsByField(errors: readonly FieldFault[]): {
  readonly fields: Partial<Record<DraftField, string>>;
  readonly others: readonly string[];
} {
  const fields: Partial<Record<DraftField, string>> = {};
  const others: string[] = [];
  for (const { pointer, detail } of errors) {
    const parts = pointer.split("/");
    const field = draftFields.find((one) => parts.includes(one));
    if (field === undefined) others.push(detail);
    else if (fields[field] === undefined) fields[field] = detail;
    else if (!fields[field].includes(detail)) fields[field] += `; ${detail}`;
  }
  return { fields, others };
}
