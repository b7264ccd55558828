import countries, { type Country } from 'world-countries';
import { pick, type Random, upTo } from '../../spec/support/values/random';

/**
 * Every word of the names of all countries, in 25 languages, as often as it occurs: a few hundred are common, thousands are rare, and
 * parts of words are as unevenly spread as they are in real text.
 */
export const WORDS: readonly string[] = countries.flatMap(namesOf).flatMap(wordsOf);

/** Each of them once. */
export const DISTINCT_WORDS: readonly string[] = [...new Set(WORDS)];

/** Words as they come in text, common ones often: so many characters, or a word's length less. */
export function text(length: number, random: Random): string {
  let words = pick(WORDS, random);
  for (;;) {
    const longer = `${words} ${pick(WORDS, random)}`;
    if (longer.length > length) return words;
    words = longer;
  }
}

/** What a shop puts into a text: five letters and digits. */
export function code(random: Random): string {
  return upTo(36 ** 5, random)
    .toString(36)
    .padStart(5, '0');
}

function namesOf(country: Country): readonly string[] {
  const { name, translations, demonyms, capital, altSpellings } = country;
  const named = [name, ...Object.values(name.native), ...Object.values(translations)];
  const people = Object.values(demonyms).flatMap((gendered) => Object.values(gendered));
  return [
    ...named.flatMap(({ common, official }) => [common, official]),
    ...people,
    ...capital,
    ...altSpellings,
  ];
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[^\p{L}\p{M}]+/u).filter((word) => word.length > 2);
}
