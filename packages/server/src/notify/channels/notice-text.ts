import { AlertSummary, type Notice, NoticeIncident } from "@auditflow/contracts";

/** Bytes that the JSON of a notice stays under, whatever the events held: what Standard Webhooks asks for. */
const noticeBytes = 20_000;

/** How long a text may be, in characters, from the most generous; the first that makes the whole fit is taken. */
const textLimits = [4096, 2048, 1024, 512, 256, 128, 64] as const;

const longestLink = 2000;

/**
 * The notice with the fields of its schema alone, in the schema's order, and its texts cut so that its JSON is under
 * `noticeBytes`. The same notice gives the same bytes each time.
 */
export function fittingNotice(notice: Notice): Notice {
  const { url, ...incident } = pick(NoticeIncident.properties, notice.incident);
  const whole: Notice = {
    type: notice.type,
    delivery_id: notice.delivery_id,
    incident: isLink(url) ? { ...incident, url } : incident,
    alert: notice.alert === null ? null : pick(AlertSummary.properties, notice.alert),
  };
  for (const limit of textLimits) {
    const shorter = shortened(whole, limit);
    if (fits(shorter)) return shorter;
  }
  // Only an alert with a multitude of inner fields comes here; the incident says the same in short.
  return shortened({ ...whole, alert: null }, 64);
}

/** A link is as it was or it is not there: a cut one leads somewhere else. */
function shortened(notice: Notice, limit: number): Notice {
  const { url } = notice.incident;
  const shorter = cutTexts(notice, limit);
  return url === undefined ? shorter : { ...shorter, incident: { ...shorter.incident, url } };
}

function fits(notice: Notice): boolean {
  return Buffer.byteLength(JSON.stringify(notice)) < noticeBytes;
}

function pick<T extends object>(properties: object, value: T): T {
  const entries = Object.keys(properties).map((key) => [key, (value as Record<string, unknown>)[key]]);
  return Object.fromEntries(entries.filter(([, part]) => part !== undefined)) as T;
}

function cutTexts<T>(value: T, limit: number): T {
  if (typeof value === "string") return cut(value, limit) as T;
  if (Array.isArray(value)) return value.map((part) => cutTexts<unknown>(part, limit)) as T;
  if (typeof value !== "object" || value === null) return value;
  const parts = Object.entries(value).map(([key, part]) => [key, cutTexts<unknown>(part, limit)]);
  return Object.fromEntries(parts) as T;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  // A pair cut in half would become a replacement character before the ellipsis.
  const end = /[\uD800-\uDBFF]/.test(text[limit - 2] ?? "") ? limit - 2 : limit - 1;
  return `${text.slice(0, end).toWellFormed()}…`;
}

/** Whether the text is a web address that people can be sent to: http or https, ASCII, at most 2,000 characters. */
export function isLink(text: string | undefined): text is string {
  return text !== undefined && text.length <= longestLink && /^https?:\/\/[!#-;=?-~]+$/i.test(text);
}

/**
 * The text as one line of at most `limit` characters: control characters, line ends and what turns the direction of
 * writing become a space, so that an event cannot make up lines of its own.
 */
export function oneLine(text: string, limit: number): string {
  // Cut first as well: white space is looked for in a text of bounded length.
  const bounded = text.slice(0, limit * 4);
  const plain = bounded.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\s]+/gu, " ");
  return cut(plain.trim(), limit);
}
