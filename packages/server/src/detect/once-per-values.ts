/** Of one rule no more than these many values are remembered at a time. */
const mostValues = 10_000;

/** Longer values, which hardly come again, are not remembered. */
const longestValue = 256;

interface Branch<T> {
  made: T | undefined;
  readonly branches: Map<string, Branch<T>>;
}

interface Tree<T> extends Branch<T> {
  size: number;
}

/**
 * Remembers what `make` made of a rule and some values, so that what is the same for all events of a group is worked out
 * once and not for each of them. It forgets a rule with its last user, and values when there are many. `make` is handed
 * values that hold on to no larger text which they were cut out of.
 */
export function oncePerValues<R extends object, T extends object | string>(
  make: (rule: R, values: readonly string[]) => T,
): (rule: R, values: readonly string[]) => T {
  const trees = new WeakMap<R, Tree<T>>();
  return (rule, values) => {
    const known = find(trees.get(rule), values);
    if (known !== undefined) return known;
    const own = JSON.parse(JSON.stringify(values)) as string[];
    const made = make(rule, own);
    if (own.every(({ length }) => length <= longestValue)) remember(treeOf(rule, trees), own, made);
    return made;
  };
}

function find<T>(tree: Branch<T> | undefined, values: readonly string[]): T | undefined {
  let branch = tree;
  for (const value of values) branch = branch?.branches.get(value);
  return branch?.made;
}

/** The rule's tree: a new one when there is none, or it is full. */
function treeOf<R extends object, T>(rule: R, trees: WeakMap<R, Tree<T>>): Tree<T> {
  const known = trees.get(rule);
  if (known !== undefined && known.size < mostValues) return known;
  const tree = { size: 0, made: undefined, branches: new Map() };
  trees.set(rule, tree);
  return tree;
}

function remember<T>(tree: Tree<T>, values: readonly string[], made: T): void {
  let branch: Branch<T> = tree;
  for (const value of values) {
    const next = branch.branches.get(value) ?? { made: undefined, branches: new Map() };
    branch.branches.set(value, next);
    branch = next;
  }
  branch.made = made;
  tree.size += 1;
}
