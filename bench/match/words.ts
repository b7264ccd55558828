import countries, { type Country } from 'world-countries';
import { pick, type Random, upTo } from '../../spec/support/values/random';

/**
 * The words of the names of all countries in 25 languages, as often as they occur. A few hundred are common and thousands are rare,
 * so parts of words are spread as unevenly as in real text.
 */
export const WORDS: readonly string[] = countries.flatMap(namesOf).flatMap(wordsOf);

/** Each word once. */
export const DISTINCT_WORDS: readonly string[] = [...new Set(WORDS)];

/** A text of at most `length` characters, in which common words are frequent. */
export function text(length: number, random: Random): string {
  let words = pick(WORDS, random);
  for (;;) {
    const longer = `${words} ${pick(WORDS, random)}`;
    if (longer.length > length) return words;
    words = longer;
  }
}

/** A code of five letters and digits, as shops put it into texts. */
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
