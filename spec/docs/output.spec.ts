import { createDatabase, type Database } from '../support/application/database';
import { type CodeBlock, codeBlocks, DOCUMENTS, read } from './documents';
import { runProgram } from './run-program';

/** The programs that are followed by what they print. */
const printing = DOCUMENTS.flatMap((path) => {
  const blocks = codeBlocks(read(path));
  return blocks.flatMap((program, n): readonly (readonly [string, CodeBlock, CodeBlock])[] => {
    const printed = blocks[n + 1];
    if (program.language !== 'ts' || printed?.language !== 'text') return [];
    return [[`${path}:${program.line}`, program, printed]];
  });
});

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
    'The program at %s prints what the document says',
    async (_place, program, printed) => {
      const lines: string[] = [];
      jest.spyOn(console, 'log').mockImplementation((line: unknown) => lines.push(String(line)));
      jest.spyOn(console, 'warn').mockImplementation();
      await runProgram(program.text, require);
      expect(lines.join('\n')).toBe(printed.text.trimEnd());
    },
  );
});
