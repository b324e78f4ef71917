import { JsonView as Tree } from "react-json-view-lite";
import "./json-view.css";

const classes = {
  container: "json",
  basicChildStyle: "json-child",
  label: "json-label",
  clickableLabel: "json-label json-clickable",
  nullValue: "json-null",
  undefinedValue: "json-null",
  numberValue: "json-number",
  booleanValue: "json-number",
  stringValue: "json-string",
  otherValue: "json-string",
  punctuation: "json-punctuation",
  expandIcon: "json-icon json-expand",
  collapseIcon: "json-icon json-collapse",
  collapsedContent: "json-collapsed",
  childFieldsContainer: "json-children",
  ariaLables: { collapseJson: "Collapse", expandJson: "Expand" },
  quotesForFieldNames: false,
  stringifyStringValues: true,
};

interface JsonProps {
  readonly data: object;
  readonly label: string;
}

/** A value as a tree that opens and closes by click and by keyboard; open to the second level. */
export function JsonView({ data, label }: JsonProps) {
  return (
    <div className="json-box">
      <Tree
        data={data}
        style={classes}
        shouldExpandNode={(level) => level < 2}
        clickToExpandNode
        aria-label={label}
      />
    </div>
  );
}
