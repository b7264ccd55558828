import { TablesMissingError } from '../errors/attach-errors';
import type { Check } from './check';
import { type Finding, finding } from './finding';

const ENCODING = 'UTF8';
const MIGRATE = 'Run the migrations of `modelHookMigrations`.';

/** Our own tables: whether they exist as the migrations make them, and the role may use them. */
export const ownTables: Check = {
  name: 'the tables of the package',
  async find({ store: { upkeep } }) {
    const { encoding, missing } = await upkeep.readiness();
    const wrong =
      encoding === ENCODING
        ? []
        : [
            finding(
              null,
              'ENCODING_UNSUPPORTED',
              `The encoding of the database is ${encoding}; expected ${ENCODING}.`,
            ),
          ];
    if (missing.length === 0) return wrong;
    return [...wrong, finding(null, 'TABLES_MISSING', new TablesMissingError(missing).message)];
  },
};

/** What the existing tables lack. */
export const ownColumnsAndIndexes: Check = {
  name: 'the columns and indexes of the package',
  async find({ store: { inspection } }) {
    const columns = await inspection.missingColumns();
    const indexes = await inspection.missingIndexes();
    return [
      ...listed(columns, (names) =>
        finding(null, 'COLUMNS_MISSING', `These columns do not exist: ${names}. ${MIGRATE}`),
      ),
      ...listed(indexes, (names) =>
        finding(
          null,
          'INDEXES_MISSING',
          `These indexes do not exist or are not valid: ${names}. ${MIGRATE} If they have run, create the indexes as they do.`,
        ),
      ),
    ];
  },
};

/** The rights of the role on our tables. */
export const ownRights: Check = {
  name: 'the rights on the tables of the package',
  async find({ store: { inspection } }) {
    const missing = await inspection.missingRights();
    const places = [...new Set(missing.map(({ place }) => place))];
    const lacked = places.map((place) => {
      const rights = missing.filter((one) => one.place === place).map(({ right }) => right);
      return `${rights.join(', ')} on ${place}`;
    });
    return listed(lacked, (names) =>
      finding(null, 'RIGHTS_MISSING', `The role of this process lacks ${names}: GRANT them.`),
    );
  },
};

function listed(names: readonly string[], of: (names: string) => Finding): readonly Finding[] {
  return names.length === 0 ? [] : [of(names.join('; '))];
}
