import { useMemo } from "react";
import type { AlertDetailMatchedItem } from "../client/generated/auditflow.ts";
import { flattenEvent, markMatches } from "./facts-event.ts";

interface EventProps {
  readonly event: object;
  readonly matched: readonly AlertDetailMatchedItem[];
}

/** Every value of an event: first those that the rule matched, marked, then the others. */
export function EventTable({ event, matched }: EventProps) {
  const facts = useMemo(() => markedFacts(event, matched), [event, matched]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scrolls" tabIndex={0} aria-label="The event that fired it">
      <table className="event-facts">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {facts.map(({ path, stretches }) => (
            <tr key={path}>
              <th scope="row" className="mono">
                {path}
              </th>
              <td className="mono breaks">
                {stretches.map(({ text, hit }) =>
                  hit ? (
                    <mark key={text} className="hit">
                      {text}
                    </mark>
                  ) : (
                    text
                  ),
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function markedFacts(event: object, matched: readonly AlertDetailMatchedItem[]) {
  const facts = flattenEvent(event).map((fact) => ({ ...fact, stretches: markMatches(fact, matched) }));
  const isHit = ({ stretches }: (typeof facts)[number]): boolean => stretches.some(({ hit }) => hit);
  return [...facts.filter(isHit), ...facts.filter((fact) => !isHit(fact))];
}
