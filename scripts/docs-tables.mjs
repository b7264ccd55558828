// Writes the tables of options, of error codes and of findings into docs/*.md, between markers:
//
//   <!-- options: DeliveryOptions AttemptOptions -->   …   <!-- /options -->
//   <!-- codes -->   …   <!-- /codes -->
//   <!-- findings -->   …   <!-- /findings -->
//
// Their text is that of the docstrings in lib/. `node scripts/docs-tables.mjs` writes, `--check` only says what is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const ROOT = new URL('../', import.meta.url);
const MARKED =
  /(<!-- (options: [\w ]+|codes|findings) -->\n)[\s\S]*?(<!-- \/(?:options|codes|findings) -->)/g;

/** @param {string} path */
const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');

const sources = readdirSync(new URL('lib', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ts.createSourceFile(path, read(`lib/${path}`), ts.ScriptTarget.ES2022, true));

const isCheck = process.argv.includes('--check');
const outdated = readdirSync(new URL('docs', ROOT))
  .filter((name) => name.endsWith('.md'))
  .filter((name) => !writePage(`docs/${name}`));
if (outdated.length > 0 && isCheck) {
  console.error(`Out of date: ${outdated.join(', ')}. Run node scripts/docs-tables.mjs.`);
  process.exitCode = 1;
}

/**
 * Whether the page was current.
 *
 * @param {string} path
 */
function writePage(path) {
  const page = read(path);
  const written = page.replace(
    MARKED,
    (_all, start, what, end) => `${start}\n${tableOf(what)}\n\n${end}`,
  );
  if (written !== page && !isCheck) writeFileSync(new URL(path, ROOT), written);
  return written === page;
}

/** @param {string} what */
function tableOf(what) {
  if (what === 'codes') return codesTable();
  if (what === 'findings') return findingsTable();
  const [, ...names] = what.split(' ');
  const rows = names.flatMap((name) => membersOf(name).map(optionRow));
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

/** @param {string} name */
function membersOf(name) {
  const [declared, ...others] = sources.flatMap(({ statements }) =>
    statements
      .filter((one) => ts.isInterfaceDeclaration(one))
      .filter((one) => one.name.text === name),
  );
  if (declared === undefined) throw new Error(`lib/ declares no interface ${name}.`);
  if (others.length > 0) throw new Error(`lib/ declares several interfaces ${name}.`);
  return declared.members.filter(ts.isPropertySignature);
}

/** @param {ts.PropertySignature} member */
function optionRow(member) {
  const name = member.name.getText();
  const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
  const meaning = textOf(doc?.comment) || typeOf(member);
  return `| \`${name}\` | ${meaning} | ${defaultOf(member, doc)} |`;
}

/**
 * @param {ts.PropertySignature} member
 * @param {ts.JSDoc | undefined} doc
 */
function defaultOf(member, doc) {
  const tag = doc?.tags?.find(({ tagName }) => tagName.text === 'defaultValue');
  if (tag) return numbered(textOf(tag.comment));
  if (!member.questionToken) return 'required';
  const isNested = /^(Delivery|Retention|Recipient)Options\b/.test(member.type?.getText() ?? '');
  return isNested && !textOf(doc?.comment).startsWith('Overrides') ? 'its own defaults' : 'none';
}

/**
 * What stands in the place of a docstring.
 *
 * @param {ts.PropertySignature} member
 */
function typeOf(member) {
  return `\`${(member.type?.getText() ?? '').replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``;
}

/** @param {Parameters<typeof ts.getTextOfJSDocComment>[0]} comment */
function textOf(comment) {
  const text = ts.getTextOfJSDocComment(comment) ?? '';
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

/**
 * A long whole number as people write it.
 *
 * @param {string} text
 */
function numbered(text) {
  const [, digits] = /^`(\d+)`$/.exec(text) ?? [];
  return digits === undefined ? text : Number(digits).toLocaleString('en').replaceAll(',', ' ');
}

function codesTable() {
  const rows = entriesOf('errors/codes.ts').flatMap(([code, value]) =>
    ts.isStringLiteralLike(value) ? `| \`${code}\` | ${value.text} |` : [],
  );
  return ['| code | when |', '|---|---|', ...rows].join('\n');
}

function findingsTable() {
  const rows = entriesOf('doctor/finding-codes.ts').flatMap(([code, value]) => {
    const cells = ts.isArrayLiteralExpression(value) ? [...value.elements] : [];
    const [level, meaning] = cells.filter(ts.isStringLiteralLike).map(({ text }) => text);
    return `| \`${code}\` | ${level} | ${meaning} |`;
  });
  return ['| code | level | meaning |', '|---|---|---|', ...rows].join('\n');
}

/**
 * The members of the object that a file declares.
 *
 * @param {string} path
 */
function entriesOf(path) {
  const source = sources.find(({ fileName }) => fileName.endsWith(path));
  /** @type {[string, ts.Expression][]} */
  const entries = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isPropertyAssignment(node)) entries.push([node.name.getText(), node.initializer]);
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return entries;
}
