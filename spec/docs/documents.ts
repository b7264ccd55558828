import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The Markdown files of the repository, by path. */
export const DOCUMENTS: readonly string[] = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
  'sample-app/README.md',
  'examples/README.md',
].filter((path) => path.endsWith('.md'));

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** Line of its first line in the document, from 1. */
  readonly line: number;
}

/** The fenced blocks of a document. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/** A document without its fenced blocks, whose text is not Markdown. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '');
}

/** A program of a document, in TypeScript. */
export interface Program {
  /** Where it stands, for people: `docs/hooks.md:12`. */
  readonly place: string;
  readonly text: string;
  /** What it prints; null if the document does not say. */
  readonly printed: string | null;
}

/** All blocks of such a document are one program, which grows from section to section. */
const WHOLE_PAGE = '<!-- program: the whole page -->';

/** The programs of a document: its blocks of TypeScript. A block of plain text that follows is what it prints. */
export function programsOf(path: string): readonly Program[] {
  const markdown = read(path);
  const blocks = codeBlocks(markdown);
  const isText = ({ language }: CodeBlock) => language === 'text';
  if (markdown.includes(WHOLE_PAGE)) {
    const printed = blocks.filter(isText).map(({ text }) => text);
    return [{ place: path, text: linesInPlace(markdown, blocks), printed: printed.join('') }];
  }
  return blocks.flatMap((block, n) => {
    const next = blocks[n + 1];
    const printed = next && isText(next) ? next.text : null;
    const { language, line, text } = block;
    return language === 'ts' ? [{ place: `${path}:${line}`, text, printed }] : [];
  });
}

/** The blocks of TypeScript, on the lines that they have in the document, so that errors name these. */
function linesInPlace(markdown: string, blocks: readonly CodeBlock[]): string {
  const lines = markdown.split('\n').map(() => '');
  for (const { language, line, text } of blocks)
    if (language === 'ts') lines.splice(line - 1, text.split('\n').length, ...text.split('\n'));
  return lines.join('\n');
}
