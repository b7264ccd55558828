import type { DataSource, EntityManager } from 'typeorm';
import { City, Country } from './entities';
import { type Change, Ledger } from './ledger';
import {
  COUNTRIES,
  type CountryFields,
  capitalsOf,
  cityKey,
  countriesOf,
  EURO,
  REGIONS,
  withSecret,
} from './world';

/** One write, and what it tells. Where it holds a transaction that rolls back, it tells nothing. */
export interface Step {
  write(dataSource: DataSource): Promise<unknown>;
  readonly tells: readonly Change[];
}

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** All that happens to the world, in order. Nothing is written before a step is taken. */
export function story(): readonly Chapter[] {
  const ledger = new Ledger();
  // Each chapter goes on from the world that the one before it left: the order counts.
  return [
    { title: 'countries, one array a region', steps: REGIONS.map(loadCountries(ledger)) },
    { title: 'their capitals, one array a region', steps: REGIONS.map(loadCapitals(ledger)) },
    { title: 'one save, one country', steps: countriesOf('Oceania').map(measureAgain(ledger)) },
    { title: 'some columns only', steps: [joinEuro(ledger), moveCapital(ledger)] },
    { title: 'the whole of Asia in one save', steps: [growAsia(ledger)] },
    { title: 'secrets only', steps: [changeSecrets] },
    { title: 'a transaction that rolls back', steps: [rollBack] },
    { title: 'a savepoint that rolls back, and removals', steps: [meltAntarctica(ledger)] },
  ];
}

function loadCountries(ledger: Ledger): (region: string) => Step {
  return (region) => {
    const countries = countriesOf(region);
    return {
      write: ({ manager }) => manager.save(Country, countries.map(withSecret)),
      tells: countries.map((country) => ledger.insert('country', country.code, country)),
    };
  };
}

function loadCapitals(ledger: Ledger): (region: string) => Step {
  return (region) => {
    const cities = capitalsOf(countriesOf(region));
    return {
      write: ({ manager }) => manager.save(City, cities.map(withSecret)),
      tells: cities.map((city) => ledger.insert('city', cityKey(city), city)),
    };
  };
}

function measureAgain(ledger: Ledger): (country: CountryFields) => Step {
  return ({ code, area }) => ({
    write: ({ manager }) => manager.save(Country, { code, area: area + 1 }),
    tells: [ledger.update('country', code, { area: area + 1 })],
  });
}

/** Only what is named is written, but listeners get the whole row: name, area and all. */
function joinEuro(ledger: Ledger): Step {
  return {
    write: ({ manager }) => manager.save(Country, { code: 'BGR', currencies: EURO }),
    tells: [ledger.update('country', 'BGR', { currencies: EURO })],
  };
}

/** Two entities in one transaction, three writes. */
function moveCapital(ledger: Ledger): Step {
  const jakarta = { name: 'Jakarta', isCapital: true, country: { code: 'IDN' } };
  const nusantara = { name: 'Nusantara', isCapital: true, country: { code: 'IDN' } };
  return {
    write: ({ manager }) =>
      manager.transaction(async (transaction) => {
        await transaction.save(Country, { code: 'IDN', capital: 'Nusantara' });
        await transaction.save(City, withSecret(nusantara));
        const old = await transaction.findOneByOrFail(City, { name: 'Jakarta' });
        await transaction.save(City, Object.assign(old, { isCapital: false }));
      }),
    tells: [
      ledger.update('country', 'IDN', { capital: 'Nusantara' }),
      ledger.insert('city', cityKey(nusantara), nusantara),
      ledger.update('city', cityKey(jakarta), { isCapital: false }),
    ],
  };
}

/** However many entities a save holds, their events are stored with one statement. */
function growAsia(ledger: Ledger): Step {
  const grown = countriesOf('Asia').map(({ code, area }) => ({ code, area: area + 10 }));
  return {
    write: ({ manager }) => manager.save(Country, grown),
    tells: grown.map(({ code, area }) => ledger.update('country', code, { area })),
  };
}

/** No listener may see a secret, so a change of it is no news. */
const changeSecrets: Step = {
  write: ({ manager }) =>
    manager.save(
      Country,
      COUNTRIES.map(({ code }) => withSecret({ code })),
    ),
  tells: [],
};

/** Inserts, updates and removes of which nothing may be heard. */
const rollBack: Step = {
  write: (dataSource) =>
    undone(
      dataSource.transaction(async (transaction) => {
        await transaction.save(Country, withSecret(atlantis()));
        await transaction.save(Country, { code: 'FRA', name: 'Gaul' });
        await transaction.remove(await transaction.findBy(City, { country: { region: 'Europe' } }));
        throw new Undo();
      }),
    ),
  tells: [],
};

/** The savepoint's rename is undone, what the transaction around it does is not. */
function meltAntarctica(ledger: Ledger): Step {
  const countries = countriesOf('Antarctic');
  return {
    write: (dataSource) =>
      dataSource.transaction(async (transaction) => {
        await undone(transaction.transaction(renameTheSouth));
        const region = 'Antarctic';
        await transaction.remove(await transaction.findBy(City, { country: { region } }));
        await transaction.remove(await transaction.findBy(Country, { region }));
      }),
    tells: [
      ...capitalsOf(countries).map((city) => ledger.remove('city', cityKey(city))),
      ...countries.map(({ code }) => ledger.remove('country', code)),
    ],
  };
}

async function renameTheSouth(savepoint: EntityManager): Promise<void> {
  await savepoint.save(
    Country,
    countriesOf('Antarctic').map(({ code, name }) => ({ code, name: `${name}, melting` })),
  );
  throw new Undo();
}

function atlantis(): CountryFields {
  return {
    code: 'ATL',
    name: 'Atlantis Islands',
    region: 'Europe',
    capital: null,
    area: 1,
    landlocked: false,
    currencies: EURO,
  };
}

/** Thrown on purpose, to make a transaction roll back. */
class Undo extends Error {}

async function undone(transaction: Promise<unknown>): Promise<void> {
  try {
    await transaction;
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
}
