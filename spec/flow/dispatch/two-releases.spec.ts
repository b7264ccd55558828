import {
  any,
  becomes,
  type Condition,
  changed,
  gt,
  not,
  oneOf,
  startsWith,
  was,
} from '../../../lib';
import { type Release, Releases } from '../../support/application/releases';
import { until } from '../../support/application/waiting';
import { NewCoded, NewTicket, OldCoded, OldTicket } from '../../support/entities/tickets';

const CAPTURES_ONLY = { work: false } as const;

let releases: Releases;
beforeEach(async () => {
  releases = await Releases.start([NewTicket, NewCoded]);
});
afterEach(() => releases?.stop());

const save = ({ dataSource }: Release, values: object) =>
  dataSource.getRepository(NewTicket).save(dataSource.getRepository(NewTicket).create(values));

/** A listener of the hook at a path of the receiver. */
interface Listening {
  readonly pattern?: string;
  readonly ordered?: boolean;
  readonly select?: readonly string[];
}

async function listen(
  { hooks }: Release,
  path: string,
  match: Readonly<Record<string, Condition>> = {},
  { pattern, ordered = false, select }: Listening = {},
) {
  const url = releases.receiver.url + path;
  const options = { url, format: 'envelope', ordered, ...(select && { select }) } as const;
  const builder = pattern ? hooks.listen(pattern, options) : hooks.get('ticket').listener(options);
  return builder.match(match).save();
}

/** Resolves when a process has looked at everything that is stored, several times. */
async function swept({ hooks }: Release): Promise<void> {
  for (let times = 0; times < 3; times += 1) await hooks.idle();
}

/** `updated a` for each request that came at a path, sorted. */
const told = (path: string) =>
  releases
    .received(path)
    .map(({ event, data }) => `${event.slice('ticket.'.length)} ${data.name}`)
    .sort();

const unjudged = () =>
  releases.query(
    "SELECT 1 FROM model_hook_delivery WHERE status = 'waiting' AND next_at IS NULL AND chunk_id IS NULL",
  );

const deactivated = () => releases.query('SELECT 1 FROM model_hook_listener WHERE NOT active');

describe('an event with a field that a process does not provide', () => {
  it('An older release leaves events of the newer one to it', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    await listen(newer, '/all');
    await save(newer, { name: 'a', status: 'paid' });
    const older = await releases.run(OldTicket);
    await swept(older);
    expect(await releases.unplanned()).toEqual([{ name: 'a', status: 'paid', shout: 'PAID' }]);
    const worker = await releases.run(NewTicket);
    await worker.hooks.idle();
    expect(releases.received('/all').map(({ data }) => data)).toEqual([
      { name: 'a', status: 'paid', shout: 'PAID' },
    ]);
  });

  it('A newer release leaves events of the older one to it', async () => {
    const older = await releases.run(OldTicket, CAPTURES_ONLY);
    await listen(older, '/all');
    await older.dataSource.getRepository(OldTicket).save({ name: 'a', status: 'paid' });
    const newer = await releases.run(NewTicket);
    await swept(newer);
    expect(await releases.unplanned()).toEqual([{ name: 'a' }]);
    const worker = await releases.run(OldTicket);
    await worker.hooks.idle();
    expect(releases.received('/all').map(({ data }) => data)).toEqual([{ name: 'a' }]);
  });

  it.each([
    { capturedBy: OldTicket, plannedBy: NewTicket, sent: { name: 'a' } },
    { capturedBy: NewTicket, plannedBy: OldTicket, sent: { name: 'a' } },
  ])(
    'An event of $capturedBy.name is planned by $plannedBy.name after 20 leases by what it knows, with a warning',
    async ({ capturedBy, plannedBy, sent }) => {
      const writer = await releases.run(capturedBy, CAPTURES_ONLY);
      await listen(writer, '/all');
      await writer.dataSource.getRepository(capturedBy).save({ name: 'a', status: 'paid' });
      await releases.wait();
      const planner = await releases.run(plannedBy);
      await until('the event is sent', () => releases.received('/all').length > 0);
      expect(releases.received('/all').map(({ data }) => data)).toEqual([sent]);
      expect(planner.logged).toContainEqual({
        level: 'warn',
        message: expect.stringContaining('hold other fields than this process provides'),
      });
    },
  );

  interface Case {
    readonly what: string;
    readonly match: Readonly<Record<string, Condition>>;
    readonly pattern?: string;
    readonly ordered?: boolean;
    readonly select?: readonly string[];
    /** Those of the three events that match. */
    readonly sent: readonly string[];
  }
  const PAID = ['updated a'];
  const CASES: readonly Case[] = [
    { what: 'a value', match: { status: 'paid' }, sent: PAID },
    { what: 'a prefix', match: { status: startsWith('pa') }, sent: PAID },
    { what: 'a negation', match: { status: not('open') }, sent: PAID },
    { what: 'a range', match: { status: gt('open') }, sent: PAID },
    { what: 'one of several values', match: { status: oneOf(['paid', 'x']) }, sent: PAID },
    { what: 'a computed field', match: { shout: 'PAID' }, sent: PAID },
    { what: 'a known field and another', match: { name: 'a', status: 'paid' }, sent: PAID },
    { what: 'a transition', match: { status: becomes('paid') }, sent: PAID },
    { what: 'a past value', match: { status: was('open') }, sent: PAID },
    {
      what: 'a change',
      match: { status: changed() },
      sent: ['created a', 'updated a', 'created b'],
    },
    { what: 'any value', match: { status: any() }, sent: ['created a', 'updated a', 'created b'] },
    { what: 'a wildcard', match: { status: 'paid' }, pattern: 'ticket.*', sent: PAID },
    { what: 'an ordered listener', match: { status: 'paid' }, ordered: true, sent: PAID },
    {
      what: 'a selection of an ordered listener',
      match: { status: any() },
      ordered: true,
      select: ['name', 'shout'],
      sent: ['created a', 'updated a', 'created b'],
    },
    {
      what: 'an ordered listener that wants more',
      match: { status: not('lost') },
      ordered: true,
      sent: ['created a', 'updated a', 'created b'],
    },
  ];

  it.each(CASES)(
    'A condition is judged by the process that knows the field: $what',
    async ({ match, sent, ...of }) => {
      const newer = await releases.run(NewTicket, CAPTURES_ONLY);
      await listen(newer, '/filtered', match, of);
      await listen(newer, '/all');
      const ticket = await save(newer, { name: 'a', status: 'open' });
      await save(newer, { id: ticket.id, status: 'paid' });
      await save(newer, { name: 'b', status: 'open' });
      await releases.wait();
      const older = await releases.run(OldTicket);
      await until('the others are sent', () => releases.received('/all').length === 3);
      await swept(older);
      expect(releases.received('/filtered')).toEqual([]);
      expect((await unjudged()).length).toBeGreaterThanOrEqual(sent.length);
      const judge = await releases.run(NewTicket);
      await until('all pairs are judged', async () => (await unjudged()).length === 0);
      await until('the matching ones are sent', () => told('/filtered').length === sent.length);
      await judge.hooks.idle();
      expect(told('/filtered')).toEqual([...sent].sort());
      expect(await deactivated()).toEqual([]);
    },
  );

  it('A process that knows the field sends it with what it has judged', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    await listen(newer, '/filtered', { status: 'paid' });
    await save(newer, { name: 'a', status: 'paid' });
    await releases.wait();
    await releases.run(OldTicket);
    await until('the pair is stored', async () => (await unjudged()).length === 1);
    await releases.run(NewTicket);
    await until('it is sent', () => releases.received('/filtered').length === 1);
    expect(releases.received('/filtered')).toMatchObject([
      { data: { name: 'a', status: 'paid', shout: 'PAID' } },
    ]);
  });

  it('A pair that does not match in the end leaves no delivery', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    const { id } = await listen(newer, '/filtered', { status: 'paid' });
    await save(newer, { name: 'a', status: 'open' });
    await releases.wait();
    await releases.run(OldTicket);
    await until('the pair is stored', async () => (await unjudged()).length === 1);
    const { items } = await newer.hooks.deliveries.find({ listener: id });
    expect(items).toMatchObject([
      { status: 'waiting', reason: expect.stringContaining('"status"') },
    ]);
    expect((await newer.hooks.stats()).deliveries.waiting).toBe(1);
    await releases.run(NewTicket);
    await until('the pair is judged', async () => (await unjudged()).length === 0);
    expect((await newer.hooks.deliveries.find({ listener: id })).items).toEqual([]);
    expect(releases.received('/filtered')).toEqual([]);
  });

  it('A condition that a known field does not satisfy makes no pair', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    await listen(newer, '/filtered', { name: 'b', status: 'paid' });
    await listen(newer, '/all');
    await save(newer, { name: 'a', status: 'paid' });
    await releases.wait();
    await releases.run(OldTicket);
    await until('the event is sent', () => releases.received('/all').length === 1);
    expect(await unjudged()).toEqual([]);
  });

  it('An update of a field that only the newer release knows is sent by the older one too', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    const ticket = await save(newer, { name: 'a', status: 'open' });
    await releases.query('TRUNCATE model_hook_event');
    await listen(newer, '/all');
    await save(newer, { id: ticket.id, status: 'paid' });
    await releases.wait();
    await releases.run(OldTicket);
    await until('the update is sent', () => releases.received('/all').length === 1);
    expect(releases.received('/all')).toMatchObject([{ operation: 'update', data: { name: 'a' } }]);
  });

  it('A delivery of an event with other fields is left to another process', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    const { id } = await listen(newer, '/all');
    await save(newer, { name: 'a', status: 'paid' });
    await releases.query('UPDATE model_hook_event SET planned_at = now()');
    const [event] = await releases.query<{ id: string }>('SELECT id FROM model_hook_event');
    await releases.query(
      `INSERT INTO model_hook_chunk (id, process_id, token, lease_until, event_ids, listener_ids)
       VALUES (gen_random_uuid(), gen_random_uuid(), 1, '-infinity', ARRAY[$1::uuid], ARRAY[$2::uuid])`,
      [event?.id, id],
    );
    await releases.run(OldTicket);
    const found = async () => (await newer.hooks.deliveries.find({ listener: id })).items;
    await until('the delivery is given back', async () => (await found()).length === 1);
    expect(await found()).toMatchObject([
      { status: 'waiting', reason: expect.stringContaining('provides other fields') },
    ]);
    expect(releases.received('/all')).toEqual([]);
  });
});

describe('a listener with a condition that a process does not know', () => {
  it('A listener on a field that the hook lost stays active, with a warning and a reason in stale()', async () => {
    const newer = await releases.run(NewTicket, CAPTURES_ONLY);
    const { id } = await listen(newer, '/filtered', { status: 'paid' });
    const older = await releases.run(OldTicket);
    expect(await deactivated()).toEqual([]);
    expect(older.logged).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('"status"'),
    });
    expect(await older.hooks.listeners.stale()).toMatchObject([
      { id, active: true, staleReason: expect.stringContaining('does not provide "status"') },
    ]);
    expect(await newer.hooks.listeners.stale()).toEqual([]);
  });

  it.each([
    { what: 'an operator', condition: { operator: 'sounds', operand: 'paid' } },
    {
      what: 'an operator inside another',
      condition: { operator: 'not', operand: { operator: 'sounds', operand: 'paid' } },
    },
    { what: 'an operand', condition: { operator: 'oneOf', operand: { list: ['paid'] } } },
    { what: 'a regular expression', condition: { operator: 'like', operand: '(?<=x)' } },
  ])('$what of a newer release stops nothing, and makes a pair wait', async ({ condition }) => {
    const writer = await releases.run(NewTicket, CAPTURES_ONLY);
    const { id } = await listen(writer, '/filtered', { status: 'paid' });
    await listen(writer, '/all');
    await releases.query('UPDATE model_hook_filter SET operator = $1, operand = $2', [
      condition.operator,
      JSON.stringify(condition.operand),
    ]);
    await releases.query('UPDATE model_hook_listener SET filters = $2 WHERE id = $1', [
      id,
      JSON.stringify([{ field: 'status', ...condition }]),
    ]);
    await releases.query("UPDATE model_hook_plan SET operator = 'sounds' WHERE operator = 'is'");
    await releases.query('UPDATE model_hook_listener SET key_version = 2 WHERE id = $1', [id]);
    await save(writer, { name: 'a', status: 'paid' });
    const worker = await releases.run(NewTicket);
    await until('the others are sent', () => releases.received('/all').length === 1);
    expect(await unjudged()).toHaveLength(1);
    await writer.hooks.listeners.explain(releases.received('/all')[0]?.id ?? '', id);
    expect(await worker.hooks.listeners.reindex()).toBe(2);
    expect(await deactivated()).toEqual([]);
    await writer.hooks.listeners.pause(id, 'no process knows its condition');
    await until('the pair has ended', async () => {
      const { items } = await writer.hooks.deliveries.find({ listener: id, status: 'skipped' });
      return items.length === 1;
    });
  });
});

describe('a listener with an option that a process does not know', () => {
  it.each([
    { column: 'format', value: 'batch' },
    { column: 'digest', value: 'sha3' },
    { column: 'content_type', value: 'application/cbor' },
    { column: 'target', value: 'pigeon:coop' },
  ])('Its deliveries wait for a newer release: $column', async ({ column, value }) => {
    const writer = await releases.run(NewTicket, CAPTURES_ONLY);
    const { id } = await listen(writer, '/newer');
    await listen(writer, '/all');
    await releases.query(`UPDATE model_hook_listener SET ${column} = $2 WHERE id = $1`, [
      id,
      value,
    ]);
    await save(writer, { name: 'a', status: 'paid' });
    await releases.run(NewTicket);
    await until('the others are sent', () => releases.received('/all').length === 1);
    const found = async () => (await writer.hooks.deliveries.find({ listener: id })).items;
    await until('the delivery has an outcome', async () => (await found()).length === 1);
    expect(await found()).toMatchObject([
      { status: 'waiting', reason: expect.stringContaining('does not know') },
    ]);
    expect(await deactivated()).toEqual([]);
  });
});

describe('an event that a process cannot read', () => {
  const write = ({ dataSource }: Release, codes: readonly string[]) =>
    dataSource.getRepository(NewCoded).save(codes.map((code) => ({ code })));

  async function listenTo({ hooks }: Release): Promise<void> {
    await hooks
      .get('coded')
      .listener({ url: `${releases.receiver.url}/coded`, format: 'envelope' })
      .save();
  }
  const received = () => releases.received('/coded').map(({ data }) => data.code);

  it('Events that a process cannot read are left to one that can, and stop no others', async () => {
    const newer = await releases.run(NewCoded, CAPTURES_ONLY);
    await listenTo(newer);
    await write(newer, ['new:1', 'old', 'new:2']);
    const older = await releases.run(OldCoded);
    await until('the readable one is sent', () => received().length === 1);
    await swept(older);
    expect(received()).toEqual(['old']);
    expect((await older.hooks.stats()).foreign).toEqual({ coded: 2 });
    expect(older.logged.filter(({ message }) => message.includes('left to other'))).toHaveLength(1);
    await releases.run(NewCoded);
    await until('the others are sent', () => received().length === 3);
    expect([...received()].sort()).toEqual(['new:1', 'new:2', 'old']);
  });

  it('An event that no process could read for 20 leases is skipped with an error', async () => {
    const newer = await releases.run(NewCoded, CAPTURES_ONLY);
    await listenTo(newer);
    await write(newer, ['new:1']);
    const older = await releases.run(OldCoded);
    await until('the event is left', async () => (await older.hooks.stats()).foreign.coded === 1);
    await releases.wait();
    await until('the event is skipped', async () => (await releases.unplanned()).length === 0);
    const rows = await releases.query('SELECT skipped FROM model_hook_event');
    expect(rows).toEqual([{ skipped: 'unreadable' }]);
    expect(older.logged).toContainEqual({
      level: 'error',
      message: expect.stringContaining('cannot be read and is skipped'),
    });
  });
});
