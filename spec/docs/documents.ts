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
