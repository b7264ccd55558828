import { read } from './documents';
import { exportedNames } from './exports';

/** Words of programming or of plain English, whose meaning here is no other than everywhere. */
const PLAIN = new Set(
  [
    'add any attach changes code create failed found get id idle initialised invalid json large logger many memory missing',
    'name no not of on option page payload previous problem raw received record request refused regex save send sql table timeout too transaction',
    'trust unknown unreadable unsupported value where with ambiguous duplicate',
  ].flatMap((line) => line.split(' ')),
);

/** `DeliveryWithAttempts` → `delivery with attempt`. */
function wordsOf(name: string): readonly string[] {
  return (name.replaceAll(/\d+/g, '').match(/[A-Z]+(?![a-z])|[A-Z][a-z]+/g) ?? []).map(singular);
}

function singular(word: string): string {
  const lower = word.toLowerCase();
  if (PLAIN.has(lower)) return lower;
  return lower.replace(/ies$/, 'y').replace(/(?<!s)s$/, '');
}

const terms = new Set(
  [...read('GLOSSARY.md').matchAll(/\*\*([^*]+)\*\*/g)]
    .flatMap(([, term = '']) => term.split(/[ -]/))
    .map(singular),
);

describe('GLOSSARY.md', () => {
  it('The glossary has the words that the names of exported types and classes are built from', () => {
    const entries = ['lib/index.ts', 'lib/receiver/index.ts', 'lib/testing/index.ts'];
    const exported = entries.flatMap(exportedNames);
    const names = exported.filter((name) => /^[A-Z][a-z]/.test(name));
    const isKnown = (word: string) => terms.has(word) || PLAIN.has(word);
    const unknown = names.map((name) => [name, wordsOf(name).filter((word) => !isKnown(word))]);
    expect(unknown.filter(([, words]) => words?.length)).toEqual([]);
    expect(names.length).toBeGreaterThan(80);
  });

  it('The glossary explains each term in one sentence', () => {
    const entries = read('GLOSSARY.md')
      .split(/^(?=- \*\*|## |\n)/m)
      .filter((entry) => entry.startsWith('- **'));
    expect(
      entries.filter((entry) => !/^[^.]*\.\s*$/.test(entry.replaceAll(/`[^`]*`/g, ''))),
    ).toEqual([]);
    expect(entries.length).toBeGreaterThan(60);
  });
});
