const hidden = "***";

/** A shorter secret would blank out ordinary words. */
const shortestSecret = 8;

/** Names of fields whose value is nobody's business, alone or as the end of a longer name such as `smtp_password`. */
const secretName =
  /(?:^|[_.-])(?:authorization|cookie|passw(?:or)?d|passphrase|secrets?|tokens?|api[_-]?key|private[_-]?key|credentials?)$/i;

/** Whether the value of a field of this name must not be shown. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** What stands for the value of such a field. */
export const maskedValue = hidden;

/**
 * What stands between `://` and `@`, in text or in JSON text. With a colon in it also the characters that an URL would
 * have to escape, unless what follows the colon is a port: a path may hold an `@` as well.
 */
const credentials =
  /:\/\/(?:([^\s:/?#"\\]*):(?!\d{1,5}(?:[/?#"\s]|$))(?:[^\s"\\]|\\["\\/u])*@|(?:[^\s/?#"\\]|\\["\\/u])*@)/g;

/** The text without the credentials of the URLs in it: `amqp://user:***@host`. */
function maskUrls(text: string): string {
  if (!text.includes("://")) return text;
  return text.replace(credentials, (_all, user: string | undefined) =>
    user === undefined || user === "" ? `://${hidden}@` : `://${user}:${hidden}@`,
  );
}

/** Makes a function that blanks out URL credentials and these very words, however they got into the text. */
export function masker(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap(formsOf))].filter(
    // A word that every line holds would take the line apart.
    (secret) => secret.length >= shortestSecret && !everyLine.includes(secret),
  );
  if (known.length === 0) return maskUrls;
  const words = new RegExp(
    // The longest first: a part of it blanked out before would leave the rest readable.
    known
      .toSorted((a, b) => b.length - a.length)
      .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
      .join("|"),
    "g",
  );
  return (text) => maskUrls(text).replace(words, hidden);
}

const everyLine =
  '"severity_text":"severity_number":"timestamp":"service.name":"service.version":"service.instance.id":"module":"event.name":"body":"error":{"type":"message":"code":"stack":"repeated":"trace_id":"span_id":auditflow audit-event-generator audit-event-gateway audit-log-analysis audit-event-archive notification-service event-audit-dashboard';

/** A secret as it is, as an URL writes it, and each as JSON text does. */
function formsOf(secret: string): string[] {
  const forms = [secret];
  try {
    forms.push(decodeURIComponent(secret), encodeURIComponent(secret));
  } catch {
    // A lone surrogate or percent sign: the secret itself is all there is.
  }
  return forms.flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
}
