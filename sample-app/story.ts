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

/** One write, and the changes that it commits. A write that rolls back has no changes. */
export interface Step {
  write(dataSource: DataSource): Promise<unknown>;
  readonly changes: readonly Change[];
}

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** All chapters in order. Nothing is written before `write` of a step is called. */
export function story(): readonly Chapter[] {
  const ledger = new Ledger();
  // The order matters, because each chapter continues with the rows of the one before.
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
      changes: countries.map((country) => ledger.insert('country', country.code, country)),
    };
  };
}

function loadCapitals(ledger: Ledger): (region: string) => Step {
  return (region) => {
    const cities = capitalsOf(countriesOf(region));
    return {
      write: ({ manager }) => manager.save(City, cities.map(withSecret)),
      changes: cities.map((city) => ledger.insert('city', cityKey(city), city)),
    };
  };
}

function measureAgain(ledger: Ledger): (country: CountryFields) => Step {
  return ({ code, area }) => ({
    write: ({ manager }) => manager.save(Country, { code, area: area + 1 }),
    changes: [ledger.update('country', code, { area: area + 1 })],
  });
}

/** Only the given columns are written, but listeners get all provided fields of the row. */
function joinEuro(ledger: Ledger): Step {
  return {
    write: ({ manager }) => manager.save(Country, { code: 'BGR', currencies: EURO }),
    changes: [ledger.update('country', 'BGR', { currencies: EURO })],
  };
}

/** Three writes to two entities in one transaction. */
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
    changes: [
      ledger.update('country', 'IDN', { capital: 'Nusantara' }),
      ledger.insert('city', cityKey(nusantara), nusantara),
      ledger.update('city', cityKey(jakarta), { isCapital: false }),
    ],
  };
}

/** The events of one save are stored with one statement, for any number of entities. */
function growAsia(ledger: Ledger): Step {
  const grown = countriesOf('Asia').map(({ code, area }) => ({ code, area: area + 10 }));
  return {
    write: ({ manager }) => manager.save(Country, grown),
    changes: grown.map(({ code, area }) => ledger.update('country', code, { area })),
  };
}

/** A change of fields that are not provided makes no event. */
const changeSecrets: Step = {
  write: ({ manager }) =>
    manager.save(
      Country,
      COUNTRIES.map(({ code }) => withSecret({ code })),
    ),
  changes: [],
};

/** Inserts, updates and removals of which no event may be sent. */
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
  changes: [],
};

/** The rename in the savepoint is undone, but the removals around it are committed. */
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
    changes: [
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
