import { type Branches, hexSource, type RegexNode } from "./regex-syntax.ts";

/** So many steps a native expression may take at one place of a text, at the very most. */
const mostSteps = 10_000;

/**
 * The same search for the engine of JavaScript, which is many times faster; undefined where it might find something else,
 * or take more than a fixed number of steps at a place. Taken are ASCII, classes, groups, anchors at the ends of the text
 * and repetitions with an upper bound; a repetition without one counts as its least number where the expression begins or ends
 * with it, because whether there is a match does not depend on how long it is.
 */
export function nativeRegex(branches: Branches): RegExp | undefined {
  const plain = branches.map(withoutLooseEnds);
  const { source, ways, length } = readBranches(plain);
  if (source === undefined || ways * length > mostSteps) return undefined;
  return new RegExp(source, "u");
}

function withoutLooseEnds(nodes: readonly RegexNode[]): readonly RegexNode[] {
  return nodes.map((node, index) => {
    const isEnd = index === 0 || index === nodes.length - 1;
    return isEnd && node.kind === "repeat" ? { ...node, max: node.min } : node;
  });
}

/** How a part reads natively, undefined where it cannot be written. */
interface Native {
  readonly source: string | undefined;
  /** In how many ways it can match at a place. */
  readonly ways: number;
  /** How many characters it takes at most. */
  readonly length: number;
}

const impossible: Native = { source: undefined, ways: 0, length: 0 };

function readBranches(branches: Branches): Native {
  const read = branches.map(readSequence);
  if (read.some(({ source }) => source === undefined)) return impossible;
  return {
    source: `(?:${read.map(({ source }) => source).join("|")})`,
    ways: read.reduce((sum, { ways }) => sum + ways, 0),
    length: Math.max(...read.map(({ length }) => length)),
  };
}

/** What follows a part is tried again for each way through the part. */
function readSequence(nodes: readonly RegexNode[]): Native {
  const read = nodes.map(readNode);
  if (read.some(({ source }) => source === undefined)) return impossible;
  return {
    source: read.map(({ source }) => source).join(""),
    ways: read.reduce((product, { ways }) => product * ways, 1),
    length: read.reduce((sum, { length }) => sum + length, 1),
  };
}

function readNode(node: RegexNode): Native {
  switch (node.kind) {
    case "char":
      return { source: hexSource(node.char), ways: 1, length: 1 };
    case "class":
      return node.source === undefined ? impossible : { source: `[${node.source}]`, ways: 1, length: 1 };
    case "start":
      return { source: "^", ways: 1, length: 0 };
    case "end":
      return { source: "$", ways: 1, length: 0 };
    case "group":
      return readBranches(node.branches);
    case "repeat":
      return readRepeat(node);
    default:
      return impossible;
  }
}

function readRepeat({ of, min, max }: { of: RegexNode; min: number; max: number }): Native {
  const { source, ways, length } = readNode(of);
  if (source === undefined || max === Number.POSITIVE_INFINITY) return impossible;
  return {
    source: `(?:${source}){${min},${max}}`,
    ways: (max - min + 1) * ways ** max,
    length: length * max,
  };
}
