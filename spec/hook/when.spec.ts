import { ChildEntity, Column, Entity, PrimaryGeneratedColumn, TableInheritance } from 'typeorm';
import {
  allOf,
  any,
  anyOf,
  becomes,
  type Condition,
  changed,
  gt,
  is,
  like,
  ModelHook,
  type ModelHookOptions,
  not,
  startsWith,
  was,
} from '../../lib';
import { isTransition } from '../../lib/hook/when';
import { asMatcher } from '../../lib/match/matcher';
import { toStored } from '../../lib/match/operand';
import { catalogOf, dropCatalogs } from './catalog-of';

afterAll(dropCatalogs);

/** An entity class of its own for each caller, with this hook. */
function article(options: Partial<ModelHookOptions>) {
  @Entity()
  class Article {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'int' })
    pages!: number;

    @Column({ type: 'varchar', select: false })
    secret!: string;
  }
  ModelHook({ provides: ['pages'], ...options })(Article);
  return Article;
}

const attached = async (options: Partial<ModelHookOptions>) =>
  (await catalogOf(article(options))).get('article');

describe('the conditions of a hook', () => {
  it('Conditions are stored matchers on columns, provided or not, and on computed fields', async () => {
    const compute = { twice: () => 2 };
    const when = { secret: startsWith('a'), id: 1, twice: changed() };
    const hook = await attached({ compute, when });
    expect(hook.when).toMatchObject([
      {
        field: { path: 'secret', kind: 'text' },
        matcher: { operator: 'startsWith', operand: 'a' },
      },
      { field: { path: 'id', kind: 'number' }, matcher: { operator: 'is', operand: 1 } },
      { field: { path: 'twice', column: null }, matcher: { operator: 'changed', operand: null } },
    ]);
    expect([...hook.fields.keys()]).toEqual(['pages', 'twice']);
  });

  it('A hook without `when` and a defined hook have no conditions', async () => {
    expect((await attached({})).when).toEqual([]);
    expect((await catalogOf()).define('order.shipped', { provides: [] }).when).toEqual([]);
  });

  it('A condition on a field that the entity does not have is refused', async () => {
    for (const field of ['typo', '*', 'constructor', ''])
      await expect(
        attached({ compute: { twice: () => 2 }, when: { [field]: any() } }),
      ).rejects.toMatchObject({
        code: 'HOOK_UNKNOWN_FIELD',
        hook: 'article',
        field,
        known: ['id', 'pages', 'secret', 'twice'],
      });
  });

  it.each<{ when: ModelHookOptions['when']; code: string }>([
    { when: { pages: 'many' }, code: 'FILTER_OPERAND_INVALID' },
    { when: { pages: startsWith('1') }, code: 'FILTER_OPERAND_INVALID' },
    { when: { secret: becomes(gt(1)) }, code: 'FILTER_OPERAND_INVALID' },
    { when: { secret: was(changed()) }, code: 'FILTER_OPERAND_INVALID' },
    { when: { secret: like('(?=a)') }, code: 'FILTER_REGEX_UNSUPPORTED' },
    { when: [] as never, code: 'OPTION_INVALID' },
    { when: null as never, code: 'OPTION_INVALID' },
  ])('A hook with `when: $when` is refused with $code', async ({ when, code }) => {
    await expect(attached({ when: when as never })).rejects.toMatchObject({ code });
  });

  it('A condition can be on a column of a child entity, but not on a column that no child has', async () => {
    const Animals = (field: string) => {
      @Entity()
      @TableInheritance({ column: { type: 'varchar', name: 'kind' } })
      class Animal {
        @PrimaryGeneratedColumn()
        id!: number;
      }

      @ChildEntity()
      class Dog extends Animal {
        @Column({ type: 'boolean', nullable: true })
        barks!: boolean;
      }
      const options: ModelHookOptions = { provides: ['id'], when: { [field]: true } };
      ModelHook(options)(Animal);
      return [Animal, Dog];
    };
    const catalog = await catalogOf(...Animals('barks'));
    expect(catalog.get('animal').when).toMatchObject([{ field: { kind: 'boolean' } }]);
    await expect(catalogOf(...Animals('meows'))).rejects.toMatchObject({
      code: 'HOOK_UNKNOWN_FIELD',
    });
  });
});

describe('isTransition', () => {
  it.each<{ condition: Condition; expected: boolean }>([
    { condition: 'a', expected: false },
    { condition: not(anyOf('a', startsWith('b'))), expected: false },
    { condition: changed(), expected: true },
    { condition: was('a'), expected: true },
    { condition: becomes(is('a')), expected: true },
    { condition: allOf(any(), not(anyOf('a', changed()))), expected: true },
  ])('isTransition() of $condition is $expected', ({ condition, expected }) => {
    expect(isTransition(toStored('field', 'text', asMatcher(condition)))).toBe(expected);
  });
});
