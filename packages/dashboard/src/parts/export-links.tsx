import { Button } from "@mantine/core";
import { Download } from "lucide-react";

const formats = [
  { format: "csv", word: "CSV" },
  { format: "ndjson", word: "NDJSON" },
] as const;

/** Exactly what the list shows, all of it, as a file. */
export function ExportLinks({ filter }: { readonly filter: string }) {
  return (
    <Button.Group aria-label="Export">
      {formats.map(({ format, word }) => {
        const query = new URLSearchParams({ format, ...(filter === "" ? {} : { filter }) });
        return (
          <Button
            key={format}
            component="a"
            href={`/api/v1/alerts/export?${query}`}
            download
            size="compact-sm"
            variant="default"
            leftSection={<Download size={13} aria-hidden />}
            title={`Download all alerts that match as ${word}`}
          >
            {word}
          </Button>
        );
      })}
    </Button.Group>
  );
}
