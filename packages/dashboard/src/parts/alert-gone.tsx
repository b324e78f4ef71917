import { Button } from "@mantine/core";
import { useState } from "react";
import { PageLink } from "./page-link.tsx";

/** Most ids that one filter takes. */
const mostShown = 50;

/** Says of rows that left the list why they did, and leads to them. */
export function AlertGone({ gone }: { readonly gone: readonly string[] }) {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const left = gone.filter((id) => !seen.has(id));
  const count = left.length === 1 ? "1 alert" : `${left.length.toLocaleString("en-GB")} alerts`;
  return (
    <div role="status">
      {left.length === 0 ? null : (
        <p className="alert-gone">
          <span>
            {count} no longer {left.length === 1 ? "matches" : "match"} the filter and left the list
          </span>
          {left.length > mostShown ? null : (
            <PageLink to="/alerts" search={{ filter: `id:${left.join(",")}` }} size="sm">
              Show {left.length === 1 ? "it" : "them"}
            </PageLink>
          )}
          <Button size="compact-xs" variant="subtle" onClick={() => setSeen(new Set(gone))}>
            Dismiss
          </Button>
        </p>
      )}
    </div>
  );
}
