import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOCUMENTS, proseOf, ROOT, read } from './documents';

interface Link {
  readonly from: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** The relative links of a document; a path is that from the root. */
function linksOf(document: string): readonly Link[] {
  const targets = [...proseOf(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, to = '']) => to,
  );
  return targets
    .filter((to) => !/^\w+:/.test(to))
    .map((to) => {
      const [path = '', anchor] = to.split('#');
      return { from: document, path: path ? join(dirname(document), path) : document, anchor };
    });
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(document: string): ReadonlySet<string> {
  const headings = [...proseOf(read(document)).matchAll(/^#+ (.+)$/gm)].map(
    ([, text = '']) => text,
  );
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const links = DOCUMENTS.flatMap(linksOf);

describe('the links of the documents', () => {
  it('All relative links lead to files that exist', () => {
    expect(links.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(links.length).toBeGreaterThan(50);
  });

  it('All anchors lead to headings that exist', () => {
    const anchored = links.filter(({ path, anchor }) => anchor && path.endsWith('.md'));
    const broken = anchored.filter(({ path, anchor = '' }) => !anchorsOf(path).has(anchor));
    expect(broken).toEqual([]);
    expect(anchored).not.toEqual([]);
  });

  it('The README links to every page of docs/ and every other document', () => {
    const linked = new Set(linksOf('README.md').map(({ path }) => path));
    const others = DOCUMENTS.filter((path) => path !== 'README.md');
    expect(others.filter((path) => !linked.has(path))).toEqual([]);
  });
});
