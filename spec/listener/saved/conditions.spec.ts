import { contains, endsWith, like, type ModelHookError, startsWith } from '../../../lib';
import type { ListenerBuilder } from '../../../lib/listener/declared/builder';
import { MAX_CONDITIONS } from '../../../lib/listener/saved/normal';
import type { Condition } from '../../../lib/match/matcher';
import { type Application, startApplication } from '../../support/application/application';
import { Person } from '../../support/entities/person';
import { Article } from './article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article, Person], attach: { work: false } });
});
afterAll(() => application.stop());

function listener(): ListenerBuilder {
  return application.hooks.for(Article).listener(URL);
}

async function refusal(builder: ListenerBuilder): Promise<ModelHookError> {
  return builder.save().then(
    ({ id }) => {
      throw new Error(`It was saved as ${id}.`);
    },
    (error: ModelHookError) => error,
  );
}

describe('the conditions of a listener', () => {
  const nothing = undefined as unknown as Condition;

  it.each<{ field: string; conditions: readonly Condition[] }>([
    { field: 'id', conditions: ['one', true, {}, contains('1')] },
    { field: 'title', conditions: [1, true, ['a'], {}, new Date(), nothing] },
    { field: 'stock', conditions: ['1', 1n, Number.NaN, startsWith('1')] },
    { field: 'price', conditions: ['cheap', true, endsWith('0')] },
    { field: 'visible', conditions: ['true', 1, like('t')] },
    { field: 'createdAt', conditions: ['yesterday', 0, startsWith('2026')] },
    { field: 'day', conditions: ['1.1.2026', new Date(), contains('-')] },
    { field: 'opensAt', conditions: ['noon', 9, contains(':')] },
    { field: 'tags', conditions: ['a', { 0: 'a' }, contains('a')] },
    { field: 'image', conditions: [1, [1], startsWith('a')] },
    { field: 'details', conditions: [nothing, startsWith(1 as unknown as string)] },
    { field: 'shout', conditions: [nothing, Number.NaN] },
  ])('A condition must fit the column of `$field`', async ({ field, conditions }) => {
    for (const condition of conditions)
      expect(await refusal(listener().match({ [field]: condition }))).toMatchObject({
        code: 'FILTER_OPERAND_INVALID',
        field,
      });
  });

  it.each(['secret', 'Title', 'title.length', 'typo', '', 'toString', '__proto__', 'constructor'])(
    'A condition on %j, which is not provided, is refused',
    async (field) => {
      const match = JSON.parse(JSON.stringify({ x: 'a' }).replace('x', field));
      expect(await refusal(listener().match(match))).toMatchObject({
        code: 'FILTER_FIELD_NOT_PROVIDED',
        field,
        provided: expect.arrayContaining(['title', 'shout']),
      });
    },
  );

  it.each(['a(?=b)', 'a(?!b)', '(?<=a)b', '(a)\\1', '('])(
    'The regular expression %s is refused',
    async (pattern) => {
      expect(await refusal(listener().match({ title: like(pattern) }))).toMatchObject({
        code: 'FILTER_REGEX_UNSUPPORTED',
        pattern,
      });
    },
  );

  it('A listener may have 64 conditions and no more', async () => {
    expect(MAX_CONDITIONS).toBe(64);
    const many = (count: number) =>
      Array.from({ length: count }).reduce<ListenerBuilder>(
        (builder, _, n) => builder.match({ stock: n }),
        listener(),
      );
    expect((await many(MAX_CONDITIONS).save()).match).toHaveLength(MAX_CONDITIONS);
    expect(await refusal(many(MAX_CONDITIONS + 1))).toMatchObject({
      fields: { match: [expect.any(String)] },
    });
  });
});

describe('ModelHooks.listen', () => {
  const listen = (pattern: string) => application.hooks.listen(pattern, URL);

  it.each(['*', 'person.*', '*.created', 'article.updated', 'not.yet.there', 'shipped'])(
    'listen() accepts the pattern %s',
    async (pattern) => {
      expect(await listen(pattern).save()).toMatchObject({ hook: null, pattern });
    },
  );

  it.each(['', '**', 'per*', 'a.*.b', '*.*', ' ', 'a b', 'a\0'])(
    'listen() refuses the pattern %j',
    async (pattern) => {
      expect(await refusal(listen(pattern))).toMatchObject({
        fields: { pattern: expect.anything() },
      });
    },
  );

  it('A pattern may filter on fields that a hook of the pattern provides', async () => {
    for (const pattern of ['*', 'article.*', '*.created', 'article.created'])
      expect((await listen(pattern).match({ title: 'a' }).save()).match).toHaveLength(1);
    for (const pattern of ['person.*', 'article.unknown', 'not.yet.there'])
      expect(await refusal(listen(pattern).match({ title: 'a' }))).toMatchObject({
        code: 'FILTER_FIELD_NOT_PROVIDED',
      });
    expect(await refusal(listen('article.*').match({ stock: '1' }))).toMatchObject({
      code: 'FILTER_OPERAND_INVALID',
    });
  });
});
