import { EntitySchema } from 'typeorm';
import {
  type Condition,
  contains,
  gt,
  type HookEvent,
  type JsonValue,
  ModelHook,
  not,
  oneOf,
} from '../../../lib';
import { type Application, startApplication } from '../../support/application/application';

/** Two hooks that hold different things under one name. */
const Left = schema('Left', { total: 'numeric', code: 'bigint', at: 'timestamptz' });
const Right = schema('Right', { total: 'int', code: 'varchar', at: 'date' });

const MIDNIGHT = '2024-02-29T00:00:00.000Z';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Left, Right], attach: { work: false } });
});
afterAll(() => application?.stop());

describe('a filter on a wildcard', () => {
  it.each<{
    readonly field: string;
    readonly condition: Condition;
    readonly left: readonly [JsonValue, boolean][];
    readonly right: readonly [JsonValue, boolean][];
  }>([
    {
      field: 'total',
      condition: 5,
      left: [
        ['5.0', true],
        ['6', false],
      ],
      right: [
        [5, true],
        [6, false],
      ],
    },
    { field: 'total', condition: '5.0', left: [['5', true]], right: [[5, false]] },
    {
      field: 'total',
      condition: gt(4.5),
      left: [
        ['5', true],
        ['4.5', false],
      ],
      right: [
        [5, true],
        [4, false],
      ],
    },
    { field: 'code', condition: 5, left: [['5', true]], right: [['5', false]] },
    {
      field: 'code',
      condition: '5',
      left: [['5', true]],
      right: [
        ['5', true],
        ['5.0', false],
      ],
    },
    {
      field: 'code',
      condition: oneOf([5n, 6n]),
      left: [
        ['6', true],
        ['7', false],
      ],
      right: [['x', false]],
    },
    {
      field: 'code',
      condition: gt('5'),
      left: [['10', true]],
      right: [
        ['10', false],
        ['6', true],
      ],
    },
    { field: 'code', condition: contains('2'), left: [['123', false]], right: [['123', true]] },
    {
      field: 'code',
      condition: not(contains('2')),
      left: [['123', true]],
      right: [['123', false]],
    },
    {
      field: 'at',
      condition: new Date(MIDNIGHT),
      left: [[MIDNIGHT, true]],
      right: [['2024-02-29', false]],
    },
    {
      field: 'at',
      condition: '2024-02-29',
      left: [[MIDNIGHT, true]],
      right: [['2024-02-29', true]],
    },
  ])(
    'The condition $condition on $field is read as each column reads it',
    async ({ field, condition, left, right }) => {
      const { hooks } = application;
      const { id } = await hooks
        .listen('*', 'http://127.0.0.1:9')
        .match({ [field]: condition })
        .save();
      for (const [hook, cases] of [
        ['left', left],
        ['right', right],
      ] as const)
        for (const [value, wanted] of cases) {
          const event = created(hook, { [field]: value });
          const found = await hooks.listeners.matching(event);
          expect({ hook, value, wanted: found.some((one) => one.id === id) }).toEqual({
            hook,
            value,
            wanted,
          });
          expect((await hooks.listeners.explain(event, id)).matches).toBe(wanted);
        }
    },
  );
});

function schema(
  name: string,
  types: Readonly<
    Record<string, 'numeric' | 'bigint' | 'timestamptz' | 'int' | 'varchar' | 'date'>
  >,
): EntitySchema {
  const columns = Object.fromEntries(
    Object.entries(types).map(([field, type]) => [field, { type }]),
  );
  const entity = new EntitySchema({
    name,
    columns: { id: { type: 'int', primary: true, generated: true }, ...columns },
  }) as EntitySchema;
  ModelHook({ provides: '*' })(entity);
  return entity;
}

function created(hook: string, data: HookEvent['data']): HookEvent {
  return {
    id: '0190a0b0-0000-7000-8000-000000000000',
    hook,
    name: `${hook}.created`,
    operation: 'insert',
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(0),
    data,
    previous: null,
    changed: Object.keys(data),
  };
}
