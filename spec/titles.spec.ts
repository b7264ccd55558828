import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Begins with a capital, a quotation, a placeholder of a table or the name of something in code. */
const SUBJECT = /^(?:[A-Z]|[`'"]|\$\w|%[jps]|\w+\(\)|openssl |standardwebhooks )/;

/** Verbs without a subject, and words that begin half a sentence. A function such as `find()` is a subject. */
const BARE = new Set(
  `accepts adds answers are asks calls can cannot carries claims compares compiles counts delivers do does drops ends fails
  finds follows gets gives goes handles has have holds ignores includes is judges keeps knows leaves lets makes may names
  needs never notes opens passes puts reads refuses rejects removes reports returns runs saves says sends sets shows signs
  stays stores takes tells throws tries turns uses waits was were works writes
  after although and as because before beside by during for from if in inside into of or since so than that though till
  to under until when where which while who whose with`.split(/\s+/),
);

/** Words that STYLE.md, "Prose", replaces. */
const ARCHAIC =
  /\b(?:should|told|tells?|heard|hears?|said|whoever|whom|thereof|lest|nobody|in vain|so many|so long as|has not|is nobody's)\b/i;

interface Title {
  readonly path: string;
  readonly text: string;
}

/** Its specs run for each capture and TypeORM, in a spec file of its own each. */
const SHARED = 'flow/capture/every-write/every-write.ts';

const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.spec.ts') || path === SHARED,
);
const all = files.flatMap((path) => titlesIn(path));
const breaking = (breaks: (text: string) => boolean): readonly string[] =>
  all.filter(({ text }) => breaks(text)).map(({ path, text }) => `${path}: ${text}`);

describe('the titles of specs', () => {
  it('Every spec file has titles', () => {
    const sharing = files.filter((file) => dirname(file) === dirname(SHARED));
    const others = files.filter((file) => file === SHARED || !sharing.includes(file));
    expect(others.filter((file) => all.every(({ path }) => path !== file))).toEqual([]);
    expect(all.length).toBeGreaterThan(700);
  });

  it('Each title begins with a subject of its own', () => {
    expect(breaking((text) => !SUBJECT.test(text) || BARE.has(firstWord(text)))).toEqual([]);
  });

  it('Each title has at least three words', () => {
    expect(breaking((text) => text.trim().split(/\s+/).length < 3)).toEqual([]);
  });

  it('No title ends like a paragraph', () => {
    expect(breaking((text) => /[.:;]$/.test(text))).toEqual([]);
  });

  it('No title contains a word that STYLE.md replaces', () => {
    expect(breaking((text) => ARCHAIC.test(text))).toEqual([]);
  });
});

function firstWord(text: string): string {
  return (/^[\w'’-]+(?![\w(])/.exec(text)?.[0] ?? '').toLowerCase();
}

function titlesIn(path: string): readonly Title[] {
  const text = readFileSync(join(__dirname, path), 'utf8');
  const found: Title[] = [];
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) ? titleOf(node) : undefined;
    if (title !== undefined) found.push({ path, text: title });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return found;
}

/** The title of `it('…', …)`, `it.each(…)('…', …)` and their kind. */
function titleOf({ expression, arguments: [title] }: ts.CallExpression): string | undefined {
  if (!title || !/^it(?:\.\w+)*(?:<|\(|$)/.test(expression.getText())) return undefined;
  if (ts.isStringLiteralLike(title)) return title.text;
  return ts.isTemplateExpression(title) ? title.getText().slice(1, -1) : undefined;
}
