import type { SendOutcome } from "./channel.ts";

/** What a mail server's refusal looks like: nodemailer's error, of which every field may be absent. */
export interface MailFault extends Error {
  readonly code?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly recipient?: string | undefined;
}

/** A mail that the server took, for all or for some of the addresses. */
export interface TakenMail {
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly rejectedErrors?: readonly MailFault[] | undefined;
  readonly response: string;
}

/** Faults that no later try can cure, because they lie in our settings. */
const settled: readonly string[] = ["ECONFIG", "ENOAUTH", "EENVELOPE", "EMESSAGE"];

/** What an error means for a mail that nobody got: SMTP 5xx is final, 4xx and trouble on the way are not. */
export function mailFaultOutcome(fault: MailFault, server: string): SendOutcome {
  const { responseCode: status } = fault;
  if (status === undefined) {
    const outcome = settled.includes(fault.code ?? "") ? "rejected" : "retry";
    return { outcome, detail: `${server} could not be used: ${fault.message}.` };
  }
  const outcome = isFinal(fault) ? "rejected" : "retry";
  return { outcome, status, detail: `${server} answered ${fault.response ?? status}.` };
}

/**
 * What became of a mail the server took. Addresses that it refused for now are tried again; those that it refused for
 * good are named, and do not keep the others from being delivered.
 */
export function partialOutcome(mail: TakenMail, server: string): SendOutcome {
  const faults = mail.rejectedErrors ?? [];
  const status = Number.parseInt(mail.response, 10) || 250;
  const told = `${mail.accepted.length} of ${mail.accepted.length + mail.rejected.length} addresses`;
  const [fault] = faults.filter((one) => !isFinal(one)).concat(faults);
  if (fault === undefined) return { outcome: "delivered", status, detail: `${server} took it for ${told}.` };
  const refusal = `${fault.recipient ?? "one address"} was refused: ${fault.response ?? fault.message}`;
  const detail = `${server} took it for ${told}; ${refusal}.`;
  if (isFinal(fault)) return { outcome: "delivered", status, detail };
  return {
    outcome: "retry",
    ...(fault.responseCode === undefined ? {} : { status: fault.responseCode }),
    detail,
  };
}

/** 503 says that a command came at the wrong time, which a new connection cures. */
function isFinal({ responseCode }: MailFault): boolean {
  return responseCode !== undefined && responseCode >= 500 && responseCode !== 503;
}
