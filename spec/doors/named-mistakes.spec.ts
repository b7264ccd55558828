import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  anyOf,
  becomes,
  type Condition,
  ModelHook,
  ModelHooks,
  not,
  oneOf,
  secret,
  startsWith,
} from '../../lib';
import { resolveOptions } from '../../lib/attach/options';
import { type Application, startApplication } from '../support/application/application';

type Status = 'open' | 'paid' | 'cancelled';
const STATUSES: readonly Status[] = ['open', 'paid', 'cancelled'];

@Entity()
@ModelHook({ provides: '*' })
class Invoice {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'enum', enum: STATUSES, default: 'open' })
  status!: Status;

  @Column({ type: 'enum', enum: STATUSES, array: true, default: [] })
  past!: Status[];

  @Column({ type: 'varchar', default: '' })
  title!: string;
}

const TARGET = 'https://example.com/hooks';
const warnings: string[] = [];
const silent = () => undefined;
const logger = {
  debug: silent,
  info: silent,
  warn: (text: string) => void warnings.push(text),
  error: silent,
};

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Invoice], attach: { work: false, logger } });
});
beforeEach(() => warnings.splice(0));
afterAll(() => application.stop());

const listener = (options: object = {}) =>
  application.hooks.for(Invoice).listener({ url: TARGET, ...options });

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the error of a mistake', () => {
  it.each<{ mistake: string; call: () => unknown; names: readonly string[] }>([
    {
      mistake: 'an option without its unit',
      call: () => resolveOptions({ delivery: { timeout: 5_000 } } as never),
      names: ['`delivery.timeout`', '`delivery.timeoutMs`'],
    },
    {
      mistake: 'an option of a listener without its unit',
      call: () => listener({ delivery: { timeout: 5_000 } }).save(),
      names: ['delivery.timeout does not exist', '`delivery.timeoutMs`'],
    },
    {
      mistake: 'a number out of bounds',
      call: () => resolveOptions({ delivery: { retries: -1 } }),
      names: ['`delivery.retries`', 'a whole number from 0 to', 'got -1'],
    },
    {
      mistake: 'a number of a listener out of bounds',
      call: () => listener({ delivery: { retries: -1 } }).save(),
      names: ['delivery.retries', 'a whole number from 0 to', 'got -1'],
    },
    {
      mistake: 'a field that is not provided',
      call: () =>
        listener()
          .match({ statsu: 'paid' } as never)
          .save(),
      names: ['"statsu"', 'Did you mean "status"?'],
    },
    {
      mistake: 'a hook that does not exist',
      call: () => application.hooks.get('invoise'),
      names: ['"invoise"', 'Did you mean "invoice"?'],
    },
    {
      mistake: 'an operation that does not exist',
      call: () =>
        listener()
          .on('inserts' as never)
          .save(),
      names: ['"inserts"', 'Did you mean "insert"?'],
    },
    {
      mistake: 'no concurrency of a worker',
      call: () => application.hooks.work({ concurrency: 0 }),
      names: ['`concurrency`', 'a whole number of at least 1', 'got 0'],
    },
    {
      mistake: 'a deadline without its unit',
      call: () => application.hooks.runOnce({ deadline: 5_000 } as never),
      names: ['`deadline`', '`deadlineMs`'],
    },
    {
      mistake: 'another second attach',
      call: () => ModelHooks.attach(application.dataSource, { sweepMs: 7 }),
      names: ['`sweepMs`', 'as in the first attach()'],
    },
  ])('The error of $mistake names what is probably meant', async ({ call, names }) => {
    const message = await messageOf(call);
    for (const name of names) expect(message).toContain(name);
  });

  it.each([
    { header: 'X Y', why: 'characters that the name of a header cannot have' },
    { header: 'Größe', why: 'characters that the name of a header cannot have' },
    { header: '', why: 'characters that the name of a header cannot have' },
    { header: 'Host', why: 'reserved' },
    { header: 'content-length', why: 'reserved' },
    { header: 'Hook-Custom', why: 'reserved' },
    { header: 'X-Lines', value: 'a\r\nHost: b', why: 'characters that a header cannot hold' },
    { header: 'X-Number', value: 7, why: 'must be a text or secret(text)' },
    { header: 'X-Long', value: 'x'.repeat(1_025), why: 'longer than 1024' },
    { header: 'X-Shown', value: { secret: null }, why: 'must be given again' },
    { header: 'X-Secret', value: secret('a\nb'), why: 'characters that a header cannot hold' },
  ])(
    'The error names the header $header among thirty',
    async ({ header, value = 'canary', why }) => {
      const others = Array.from({ length: 29 }, (_, n) => [`X-Other-${n}`, 'canary']);
      const headers = Object.fromEntries([...others, [header, value]]);
      const message = await messageOf(() => listener({ headers }).save());
      expect(message).toContain(`headers: "${header}" `);
      expect(message).toContain(why);
      expect(message).not.toMatch(/X-Other|canary|a\\n/);
    },
  );

  it.each<{ condition: Condition; operator: string }>([
    { condition: 'payed', operator: 'is' },
    { condition: oneOf(['open', 'payed']), operator: 'oneOf' },
    { condition: not('payed'), operator: 'is' },
    { condition: anyOf('open', 'payed'), operator: 'is' },
    { condition: becomes('payed'), operator: 'is' },
  ])(
    'A value that the enum does not have is refused: $condition',
    async ({ condition, operator }) => {
      const status = { status: condition } as never;
      for (const attempt of [
        () => listener().match(status).save(),
        () => application.hooks.listen('invoice.*', TARGET).match(status).save(),
      ])
        await expect(attempt()).rejects.toMatchObject({
          code: 'FILTER_OPERAND_INVALID',
          message: `The filter "status" ${operator}(…) expects one of "open", "paid", "cancelled", probably "paid"; got "payed".`,
        });
    },
  );

  it('Members of an enum, null and parts of texts are accepted', async () => {
    for (const status of ['paid', oneOf(['open', 'paid']), null, startsWith('pay')])
      expect(
        (
          await listener()
            .match({ status } as never)
            .save()
        ).match,
      ).toHaveLength(1);
    expect(
      (
        await listener()
          .match({ past: ['paid'] })
          .save()
      ).match,
    ).toHaveLength(1);
  });
});

describe('the warning of an unlikely value', () => {
  it.each([
    { pattern: 'invoice.Created', nearest: 'invoice.created' },
    { pattern: 'invoice.create', nearest: 'invoice.created' },
    { pattern: 'invoices.*', nearest: 'invoice.*' },
    { pattern: '*.creatd', nearest: '*.created' },
  ])('The warning of the pattern $pattern names $nearest', async ({ pattern, nearest }) => {
    for (let n = 0; n < 2; n += 1) await application.hooks.listen(pattern, TARGET).save();
    expect(warnings).toEqual([
      `No hook that is attached here makes events of the name "${pattern}". Did you mean "${nearest}"?`,
    ]);
  });

  it('A pattern that nothing is near to is warned of, and one that matches is not', async () => {
    await application.hooks.listen('zzz', TARGET).save();
    expect(warnings.splice(0)).toEqual([expect.not.stringContaining('Did you mean')]);
    for (const pattern of ['*', 'invoice.*', '*.created', 'invoice.updated'])
      await application.hooks.listen(pattern, TARGET).save();
    expect(warnings).toEqual([]);
  });

  it.each([
    { secret: 'mysecret', warning: 'can be guessed' },
    { secret: 'whsec_c2VjcmV0', warning: 'can be guessed' },
    { secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', warning: 'base64 without the prefix "whsec_"' },
  ])('The secret $secret is warned of once, and not shown', async ({ secret: given, warning }) => {
    warnings.splice(0);
    const other = await startApplication({
      entities: [Invoice],
      attach: { work: false, logger },
      url: application.url,
    });
    for (let n = 0; n < 2; n += 1)
      await other.hooks.for(Invoice).listener({ url: TARGET, secret: given }).save();
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(warnings[0]).not.toContain(given);
    await other.stop();
  });

  it('A long secret of any form and a generated one are not warned of', async () => {
    await listener().save();
    await listener({ secret: 'a secret of many words' }).save();
    await listener({ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }).save();
    expect(warnings).toEqual([]);
  });
});
