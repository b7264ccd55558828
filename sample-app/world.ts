import { randomBytes } from 'node:crypto';
import countries from 'world-countries';
import type { Currencies } from './entities';

/** A text that is in each secret column and must never be received. It has letters and digits only, so no encoding changes it. */
export const CANARY = `canary${randomBytes(12).toString('hex')}`;

export const EURO: Currencies = { EUR: { name: 'Euro', symbol: '€' } };

/** The countries of the npm package `world-countries`, with the fields that listeners may see. */
export const COUNTRIES = countries.map((raw) => ({
  code: raw.cca3,
  name: raw.name.common,
  region: raw.region,
  capital: raw.capital[0] ?? null,
  area: raw.area,
  landlocked: raw.landlocked,
  currencies: raw.currencies as Currencies,
}));

/** The capitals of all countries. South Africa has three, and Antarctica has none. */
export const CAPITALS = countries.flatMap(({ cca3, capital }) =>
  capital.map((name) => ({ name, isCapital: true, country: { code: cca3 } })),
);

export const REGIONS: readonly string[] = [...new Set(COUNTRIES.map(({ region }) => region))];

export type CountryFields = (typeof COUNTRIES)[number];
export type CityFields = (typeof CAPITALS)[number];

export function countriesOf(region: string): readonly CountryFields[] {
  return COUNTRIES.filter((country) => country.region === region);
}

export function capitalsOf(countries: readonly CountryFields[]): readonly CityFields[] {
  const codes = new Set(countries.map(({ code }) => code));
  return CAPITALS.filter(({ country }) => codes.has(country.code));
}

/** The row with a secret of its own, as it is stored. */
export function withSecret<Row extends object>(row: Row): Row & { readonly secret: string } {
  return { ...row, secret: `${CANARY}-${randomBytes(4).toString('hex')}` };
}

/** The country is part of the key because there are two cities named Kingston. */
export function cityKey({ name, country }: CityFields): string {
  return `${name}, ${country.code}`;
}
