import { Anchor } from "@mantine/core";
import { safeLink } from "./facts-event.ts";

/** Only what leads to the web becomes a link; the page that it leads to does not learn where the reader came from. */
export function RuleReferences({ of }: { readonly of: readonly string[] }) {
  return [...new Set(of)].map((reference) => {
    const href = safeLink(reference);
    return (
      <div key={reference}>
        {href === undefined ? (
          reference
        ) : (
          <Anchor href={href} target="_blank" rel="noreferrer" size="sm">
            {reference}
          </Anchor>
        )}
      </div>
    );
  });
}
