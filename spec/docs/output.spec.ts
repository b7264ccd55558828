import { createDatabase, type Database } from '../support/application/database';
import { DOCUMENTS, programsOf } from './documents';
import { runProgram } from './run-program';

/** The programs that are followed by what they print. */
const printing = DOCUMENTS.flatMap(programsOf).filter(({ printed }) => printed !== null);

describe('the programs of the documents that are followed by their output', () => {
  let database: Database;
  const { DATABASE_URL } = process.env;

  beforeEach(async () => {
    database = await createDatabase();
    process.env.DATABASE_URL = database.url;
  });

  afterEach(async () => {
    process.env.DATABASE_URL = DATABASE_URL;
    jest.restoreAllMocks();
    await database.drop();
  });

  it.each(printing)(
    'The program at $place prints what the document says',
    async ({ text, printed }) => {
      const lines: string[] = [];
      jest.spyOn(console, 'log').mockImplementation((line: unknown) => lines.push(String(line)));
      jest.spyOn(console, 'warn').mockImplementation();
      await runProgram(text, require);
      expect(lines.join('\n')).toBe(printed?.trimEnd());
    },
  );
});
