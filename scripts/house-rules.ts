import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { isTest, sourceFiles } from "./source-files.ts";

/** A source file as a house rule sees it. */
interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
}

/** What a rule says against a source: the node at fault, undefined for the file as a whole, and a sentence. */
interface Fault {
  readonly at?: ts.Node;
  readonly message: string;
}

// Biome and oxlint check all the rules of the house that they know; these are the others.
const rules: readonly ((source: Source) => Fault[])[] = [
  fileNames,
  interfaceNames,
  timeWithoutClock,
  deploymentWords,
  undocumentedExports,
];

/** Every fault of the TypeScript under `folder` by the rules of the house, as `path:line: sentence`. */
export function houseFaults(folder: string): string[] {
  const sources = sourceFiles(folder).map((path) => readSource(folder, path));
  const faults = sources.flatMap((source) =>
    rules.flatMap((rule) =>
      rule(source).map((fault) => `${source.path}:${line(source, fault)}: ${fault.message}`),
    ),
  );
  return [...faults, ...longFunctions(sources)];
}

function readSource(folder: string, path: string): Source {
  const text = readFileSync(join(folder, path), "utf8");
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true) };
}

function line({ tree }: Source, { at }: Fault): number {
  return at === undefined ? 1 : tree.getLineAndCharacterOfPosition(at.getStart(tree)).line + 1;
}

function nodes(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

const emptyNames = /^(?:utils?|helpers?|common|shared|misc|manager|types|interfaces)$/;

function fileNames({ path }: Source): Fault[] {
  const names = path.replace(/(?:\.test)?\.tsx?$/, "").split("/");
  const banned = names
    .filter((name) => emptyNames.test(name))
    .map((name) => ({ message: `"${name}" names nothing` }));
  const barrel = path.endsWith("/index.ts") && !/^packages\/[^/]+\/src\/index\.ts$/.test(path);
  return barrel ? [...banned, { message: "index.ts is for the public list of a package" }] : banned;
}

function interfaceNames({ tree }: Source): Fault[] {
  return nodes(tree)
    .filter((node) => ts.isInterfaceDeclaration(node))
    .filter((node) => /^I[A-Z][a-z]/.test(node.name.text))
    .map((node) => ({ at: node, message: `${node.name.text}: no I prefixes` }));
}

const knowsTheTime =
  /^packages\/dashboard\/|^packages\/server\/src\/(?:app|cli)\/|^packages\/server\/src\/(?:transport\/(?:amqp|rabbitmq|sqlite|memory)|windows\/(?:redis|sqlite|memory)|database\/(?:postgres|sqlite))|^(?:scripts|bench)\//;

// oxlint sees Date.now and Math.random; what it cannot tell apart is `new Date()` from `new Date(at)`.
function timeWithoutClock({ path, tree }: Source): Fault[] {
  if (knowsTheTime.test(path) || isTest(path)) return [];
  return nodes(tree)
    .filter((node) => ts.isNewExpression(node) && node.expression.getText(tree) === "Date")
    .filter((node) => ((node as ts.NewExpression).arguments?.length ?? 0) === 0)
    .map((at) => ({ at, message: "new Date() takes the time from nowhere: take a Clock" }));
}

// Comments may say what each shape promises; code that knows the word has a second path.
function deploymentWords({ path, tree }: Source): Fault[] {
  if (!/^packages\/server\/src\/(?!app\/)/.test(path) || isTest(path)) return [];
  return nodes(tree)
    .filter((node) => ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateHead(node))
    .filter((node) => /embedded|all-?in-?one/i.test((node as ts.Identifier).text))
    .map((at) => ({ at, message: "the shape of the deployment is known to app/ only" }));
}

function undocumentedExports({ path, tree }: Source): Fault[] {
  if (isTest(path)) return [];
  const exported = tree.statements.filter(
    (node) => ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(isExportKeyword),
  );
  const documented = exported.filter(hasSentence).flatMap(declaredNames);
  return exported
    .filter((node) => !hasSentence(node) && !isDerived(node))
    .map((at) => ({ at, names: declaredNames(at).filter((name) => !documented.includes(name)) }))
    .filter(({ names }) => names.length > 0)
    .map(({ at, names }) => ({ at, message: `${names.join(", ")}: say in a sentence what is promised` }));
}

function isExportKeyword(modifier: ts.Modifier): boolean {
  return modifier.kind === ts.SyntaxKind.ExportKeyword;
}

// `type Topic = (typeof topics)[number]` promises what the value it is taken from promises.
function isDerived(node: ts.Node): boolean {
  return ts.isTypeAliasDeclaration(node) && nodes(node.type).some(ts.isTypeQueryNode);
}

function hasSentence(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).length > 0;
}

function declaredNames(node: ts.Node): string[] {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = node as ts.DeclarationStatement;
  return name === undefined ? [] : [name.getText()];
}

// The upper limit per function is oxlint's; a median over all of them only a whole tree has.
function longFunctions(sources: readonly Source[]): string[] {
  const lengths = sources
    .filter(({ path }) => path.startsWith("packages/") && !isTest(path))
    .flatMap(({ tree }) =>
      nodes(tree)
        .filter(isNamedFunction)
        .map((node) => lineCount(node, tree)),
    )
    .sort((left, right) => left - right);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  return median < 10 ? [] : [`packages: the median function has ${median} lines; keep it under 10`];
}

function isNamedFunction(node: ts.Node): boolean {
  return ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
}

function lineCount(node: ts.Node, tree: ts.SourceFile): number {
  const at = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  return at(node.getEnd()) - at(node.getStart(tree)) + 1;
}
