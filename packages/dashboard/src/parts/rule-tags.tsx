import { Badge, Group } from "@mantine/core";
import { tagLink } from "./tag-link.ts";

/** Tags; those that are explained somewhere, such as techniques of ATT&CK, lead there. */
export function RuleTags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <Group gap={4}>
      {[...new Set(tags)].map((tag) => (
        <Tag key={tag} tag={tag} page={tagLink(tag)} />
      ))}
    </Group>
  );
}

const tagLook = { variant: "default", size: "sm", tt: "none", fw: 500, maw: "100%" } as const;

function Tag({ tag, page }: { readonly tag: string; readonly page: string | undefined }) {
  if (page === undefined) return <Badge {...tagLook}>{tag}</Badge>;
  return (
    <Badge {...tagLook} component="a" href={page} target="_blank" rel="noreferrer" className="tag-link">
      {tag}
    </Badge>
  );
}
