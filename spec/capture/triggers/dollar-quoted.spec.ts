import fc from 'fast-check';
import { Client } from 'pg';
import { literal } from '../../../lib/capture/entity/literal';
import { dollarQuoted } from '../../../lib/capture/triggers/dollar-quoted';

let client: Client;
beforeAll(async () => {
  client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
});
afterAll(() => client.end());

const texts = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom("'", '\\', '$', '_', 'model_hook', 'n') }),
  )
  .filter((text) => !text.includes('\0') && text.isWellFormed());

async function readBack(sql: string): Promise<unknown> {
  const { rows } = await client.query(`SELECT ${sql} AS text`);
  return rows[0].text;
}

describe('literal', () => {
  it.each(['on', 'off'])(
    'PostgreSQL reads each text back with standard_conforming_strings = %s',
    async (setting) => {
      await client.query(`SET standard_conforming_strings = ${setting}`);
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          expect(await readBack(literal(text))).toBe(text);
        }),
      );
    },
  );
});

describe('dollarQuoted', () => {
  it('PostgreSQL reads each text back, whatever dollars it has', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await readBack(dollarQuoted(text))).toBe(text);
        expect(await readBack(dollarQuoted(dollarQuoted(text)))).toBe(dollarQuoted(text));
      }),
    );
  });
});
