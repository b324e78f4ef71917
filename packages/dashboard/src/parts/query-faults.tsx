import type { FilterFault } from "@auditflow/contracts";
import { CircleX } from "lucide-react";

interface FaultsProps {
  readonly id: string;
  readonly text: string;
  readonly faults: readonly FilterFault[];
}

/** What is wrong with a filter, each with the words that it is about. */
export function QueryFaults({ id, text, faults }: FaultsProps) {
  return (
    <div id={id} role="alert">
      {faults.map(({ from, to, message }) => (
        <p key={from} className="query-fault">
          <CircleX size={14} aria-hidden />
          <span>
            {names(message, text.slice(from, to)) ? null : <code>{text.slice(from, to)}: </code>}
            {inWords(message)}
          </span>
        </p>
      ))}
    </div>
  );
}

/** Whether a message says itself what it is about. */
function names(message: string, token: string): boolean {
  return token === "" || message.includes(token);
}

/** Messages name what to write in backticks. */
function inWords(message: string) {
  return message.split("`").map((part, position) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one message do not move
    position % 2 === 1 ? <code key={position}>{part}</code> : part,
  );
}
