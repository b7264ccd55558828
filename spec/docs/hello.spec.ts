import { createDatabase, type Database } from '../support/application/database';
import { type Receiver, startReceiver } from '../support/receivers/receiver';
import { codeBlocks, read } from './documents';
import { runProgram } from './run-program';

const [program, request] = codeBlocks(read('README.md')).map(({ text }) => text);

/** The header names and values of a request as it is printed. */
function headersOf(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n\n')[0]?.split('\n').slice(1) ?? [];
  return Object.fromEntries(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]));
}

describe('the program of the README', () => {
  let database: Database;
  let receiver: Receiver;
  const { DATABASE_URL } = process.env;

  beforeAll(async () => {
    database = await createDatabase();
    receiver = await startReceiver();
    process.env.DATABASE_URL = database.url;
  });

  afterAll(async () => {
    process.env.DATABASE_URL = DATABASE_URL;
    await receiver.close();
    await database.drop();
  });

  it('The program of the README is sample-app/hello.mts, which `npm run hello` runs', () => {
    expect(program).toBe(read('sample-app/hello.mts'));
  });

  it('The program of the README sends the request that the README shows', async () => {
    // Without encryption keys, attaching warns once.
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    await runProgram((program ?? '').replace('http://localhost:8080', receiver.url), require);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(receiver.received).toHaveLength(1);
    const [{ method, path, headers, raw } = receiver.received[0]!] = receiver.received;
    const shown = headersOf(request ?? '');
    expect(request?.split('\n')[0]).toBe(`${method} ${path} HTTP/1.1`);
    expect(Object.keys(headers)).toEqual(Object.keys(shown));
    for (const name of [
      'content-type',
      'user-agent',
      'hook-event',
      'hook-attempt',
      'content-length',
    ])
      expect(headers[name]).toBe(shown[name]);
    expect(`${raw}`).toBe(request?.trimEnd().split('\n\n')[1]);
  });
});
