import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { Client, Pool } from 'pg';
import { QueryFailedError } from 'typeorm';
import { CaptureFailedError, ListenerInvalidError } from '../../lib';
import { loggable } from '../../lib/logging/loggable';
import { createDatabase, type Database } from '../support/application/database';

const CANARY = 'canary5b1f';

/** All that a logger could make of it. */
const shown = (error: unknown): string => {
  const facts = loggable(error);
  return inspect(facts, { depth: null, showHidden: true }) + JSON.stringify(facts);
};

const thrown = async (run: () => unknown): Promise<unknown> => {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
};

describe('loggable', () => {
  it('Our own errors are shown with code, facts and message, and their cause without its message', () => {
    const cause = new RangeError(CANARY);
    const error = new CaptureFailedError('person', 'RangeError was thrown', { cause });
    expect(loggable(error)).toEqual({
      name: 'CaptureFailedError',
      code: 'HOOK_CAPTURE_FAILED',
      hook: 'person',
      message: error.message,
      cause: { name: 'RangeError', stack: expect.arrayContaining([expect.stringMatching(/^at /)]) },
    });
    expect(shown(error)).not.toContain(CANARY);
    expect(loggable(new ListenerInvalidError({ url: ['must be one'] }))).toMatchObject({
      fields: { url: ['must be one'] },
    });
  });

  it.each([
    ['an error of an application', new TypeError(`bad value ${CANARY}`)],
    ['a message that looks like a stack', new Error(`x\n    at ${CANARY} (file.ts:1:1)\n    at b`)],
    ['a name of its own', Object.assign(new Error('x'), { name: CANARY.repeat(20) })],
    ['a code that is a sentence', Object.assign(new Error('x'), { code: `a ${CANARY}` })],
    ['further properties', Object.assign(new Error('x'), { row: { secret: CANARY } })],
    ['a cause', new Error('x', { cause: new Error(CANARY) })],
    ['several in one', new AggregateError([new Error(CANARY)], CANARY)],
    ['a message changed later', Object.assign(new Error(CANARY), { message: 'other' })],
    ['a text', CANARY],
    ['an object', { message: CANARY }],
  ])('loggable() shows no content of %s', (_name, error) => {
    expect(shown(error)).not.toContain(CANARY);
  });

  it.each([undefined, null, 1, 'x', {}])('Any thrown value is accepted, such as %s', (error) => {
    expect(loggable(error)).toEqual({ name: typeof error });
  });

  it.each([
    ['a message that is no text', { value: 42 }],
    ['a message that is a symbol', { value: Symbol('x') }],
    [
      'a message that cannot be read',
      {
        get: () => {
          throw new Error('no');
        },
      },
    ],
  ])('An error with %s is accepted', (_what, message) => {
    const error = Object.defineProperty(new Error('x'), 'message', message);
    expect(loggable(error)).toHaveProperty('name');
  });

  it('Causes that form a circle come to an end', () => {
    const error = new Error('x');
    error.cause = error;
    expect(shown(error)).toContain('loggable.spec.ts');
  });

  it('The code and message of an operating-system error are kept', async () => {
    expect(loggable(await thrown(() => readFile('/nowhere')))).toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining('/nowhere'),
    });
    const refused = await thrown(
      () => new Promise((_resolve, reject) => connect(1, '127.0.0.1').on('error', reject)),
    );
    expect(loggable(refused)).toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

describe('loggable of a database error', () => {
  let database: Database;
  let client: Client;

  beforeAll(async () => {
    database = await createDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      'CREATE TABLE held (name text UNIQUE NOT NULL, size int CHECK (size > 0), note text, CHECK (name <> size::text))',
    );
    await client.query('INSERT INTO held VALUES ($1, 1)', [CANARY]);
    await client.query(
      "CREATE FUNCTION refuse(said text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no %', said; END $$",
    );
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it.each<[code: string, sql: string]>([
    ['23505', 'INSERT INTO held VALUES ($1, 2)'],
    ['23502', 'INSERT INTO held (note) VALUES ($1)'],
    ['23514', 'INSERT INTO held VALUES ($1 || 2, -1)'],
    ['22P02', 'SELECT $1::text::int'],
    ['22P02', "SELECT ('{' || $1::text)::json"],
    ['22007', 'SELECT $1::text::timestamptz'],
    ['P0001', 'SELECT refuse($1)'],
  ])('A database error of code %s shows no value that it quotes', async (code, sql) => {
    const error = await thrown(() => client.query(sql, [CANARY]));
    expect(inspect(error)).toContain(CANARY);
    const wrapped = new QueryFailedError(sql, [CANARY], error as Error);
    for (const one of [error, wrapped]) {
      expect(loggable(one)).toMatchObject({ name: 'DatabaseError', code, severity: 'ERROR' });
      expect(shown(one)).not.toContain(CANARY);
    }
  });

  it('The message of a database error names the missing table', async () => {
    const error = await thrown(() => client.query('SELECT * FROM nowhere'));
    expect(loggable(error)).toMatchObject({
      code: '42P01',
      message: expect.stringMatching('nowhere'),
    });
  });

  it('The message of a database error says that the connection was lost', async () => {
    const other = new Client({ connectionString: database.url });
    await other.connect();
    const lost = thrown(() => other.query('SELECT pg_sleep(60)'));
    other.on('error', () => undefined);
    const { processID } = other as unknown as { readonly processID: number };
    await client.query('SELECT pg_terminate_backend($1)', [processID]);
    expect(loggable(await lost)).toMatchObject({
      code: '57P01',
      message: expect.stringMatching('terminat'),
    });
    const pool = new Pool({ connectionString: database.url });
    await pool.end();
    const ended = await thrown(() => pool.query('SELECT 1'));
    expect(loggable(ended)).toMatchObject({ message: expect.stringContaining('pool') });
  });
});
