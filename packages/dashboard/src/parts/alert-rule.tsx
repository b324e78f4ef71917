import { Anchor, Badge, Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { AlertDetail, AlertDetailAnalysisRule } from "../client/generated/auditflow.ts";
import { Facts, Section } from "./facts.tsx";
import { safeLink } from "./facts-event.ts";
import { ruleFilter } from "./filter-search.ts";
import { tagLink } from "./tag-link.ts";

/** The rule that fired, with its author, whom the Detection Rule License asks to be named. */
export function AlertRule({ alert }: { readonly alert: AlertDetail }) {
  const { analysis_rule: rule, severity } = alert;
  return (
    <Section title="Rule">
      <Facts
        facts={[
          ["Name", <RuleLink key="name" rule={rule} />],
          ["Description", rule.rule_description],
          ["Author", rule.author],
          ["Level", severity === "INFO" ? "informational" : severity.toLowerCase()],
          [
            "Version",
            <span key="version" className="mono">
              {rule.version}
            </span>,
          ],
          [
            "Id",
            <span key="id" className="mono">
              {rule.rule_id}
            </span>,
          ],
          ["Tags", rule.tags.length === 0 ? undefined : <Tags key="tags" tags={rule.tags} />],
          [
            "References",
            rule.references.length === 0 ? undefined : <References key="r" of={rule.references} />,
          ],
        ]}
      />
    </Section>
  );
}

function RuleLink({ rule }: { readonly rule: AlertDetailAnalysisRule }) {
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => <Link to="/alerts" search={{ filter: ruleFilter(rule.rule_id) }} {...props} />}
    >
      {rule.rule_name}
    </Anchor>
  );
}

/** Tags; those that are explained somewhere, such as techniques of ATT&CK, lead there. */
function Tags({ tags }: { readonly tags: readonly string[] }) {
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

/** Only what leads to the web becomes a link; the page that it leads to does not learn where the reader came from. */
function References({ of }: { readonly of: readonly string[] }) {
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
