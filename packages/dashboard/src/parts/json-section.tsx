import { useMemo } from "react";
import { CopyButton } from "./copy-button.tsx";
import { Section } from "./facts.tsx";
import { JsonView } from "./json-view.tsx";

interface JsonSectionProps {
  readonly data: object;
  /** Path of the call that answers with this, such as /api/v1/alerts/<id>. */
  readonly path: string;
}

/** All that the service knows, as it answers it, and how to ask it the same from a terminal. */
export function JsonSection({ data, path }: JsonSectionProps) {
  const text = useMemo(() => JSON.stringify(data, null, 2), [data]);
  const aside = (
    <>
      <CopyButton text={text} label="Copy JSON" />
      <CopyButton text={`curl -sS '${globalThis.location.origin}${path}'`} label="Copy as curl" />
    </>
  );
  return (
    <Section title="JSON" aside={aside}>
      <JsonView data={data} label="The alert as JSON" />
    </Section>
  );
}
